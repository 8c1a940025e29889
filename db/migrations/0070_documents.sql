-- Documents that the agency issues (新医保发〔2025〕50号 四(二), 五; DESIGN 5.2, 5.5, 5.6). What one says is stored as data with its hash
-- before it is drawn; the drawn files keep theirs.
create table settle.documents (
  number         text primary key,
  region         text not null references settle.regions,
  kind           text not null,
  -- What it is about, once a kind: `statement/650500/2026-04/H65050200001#1`, `breach/H65050200001/not-settled/2026-04`.
  about          text not null,
  year           int not null,
  serial         int not null,
  -- Institution or enterprise; empty where it is about the region.
  subject        text not null default '',
  period         text not null,
  dated          date not null,
  -- The text that the hash is taken of: JSON, as it was written.
  content        text not null,
  content_sha256 text not null,
  constraint documents_content_check check (content_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
  unique (region, kind, about),
  unique (region, kind, year, serial)
);
create index documents_subject on settle.documents (region, period, subject);

create table settle.document_files (
  number  text not null references settle.documents,
  format  text not null check (format in ('pdf', 'xlsx')),
  sha256  text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes   bytea not null,
  made_on date not null,
  primary key (number, format),
  constraint document_files_bytes_check check (sha256 = encode(sha256(bytes), 'hex'))
);

do $$
declare t text;
begin
  foreach t in array array['documents', 'document_files'] loop
    execute format('grant select, insert on settle.%I to %I', t, current_database() || '_app');
    execute format('create trigger %I before update or delete on settle.%I for each row execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
  end loop;
end $$;
