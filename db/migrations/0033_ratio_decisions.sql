-- Another prepayment ratio for one settlement body and year (鼓励…调整医保基金预付比例, 新医保发〔2025〕50号 四(一)): proposed by one person,
-- approved by the director, with its reason and document, before the year's prepayment is prepared.
create table settle.ratio_decisions (
  region      text not null,
  institution text not null,
  year        int not null,
  ratio       text not null check (ratio ~ '^(0(\.\d{1,10})?|1(\.0{1,10})?)$'),
  reason      text not null check (btrim(reason) <> ''),
  -- 批复文号
  document    text not null check (btrim(document) <> ''),
  proposed_by text not null,
  proposed_on date not null,
  approved_by text,
  approved_on date,
  primary key (region, institution, year),
  foreign key (region, institution) references settle.institutions
);

create function settle.check_ratio_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    if new.approved_by is not null or new.approved_on is not null then
      perform settle.refuse('ApprovalIncomplete', format('the ratio of %s is proposed first, and approved by another person', new.institution));
    end if;
    if not settle.has_role(new.region, new.proposed_by, 'business-head', new.proposed_on) then
      perform settle.refuse('ApprovalRoleMissing', format('%s has not the role business-head on %s', new.proposed_by, new.proposed_on));
    end if;
  else
    if old.approved_by is not null
       or (new.region, new.institution, new.year, new.ratio, new.reason, new.document, new.proposed_by, new.proposed_on)
          is distinct from (old.region, old.institution, old.year, old.ratio, old.reason, old.document, old.proposed_by, old.proposed_on) then
      perform settle.refuse('AppendOnly', format('the decision on the ratio of %s in %s stands as it is', old.institution, old.year));
    end if;
    if new.approved_by = new.proposed_by then
      perform settle.refuse('ApprovalByPreparer', format('%s proposed the ratio and does not approve it', new.approved_by));
    end if;
    if not settle.has_role(new.region, new.approved_by, 'director', new.approved_on) then
      perform settle.refuse('ApprovalRoleMissing', format('%s has not the role director on %s', new.approved_by, new.approved_on));
    end if;
  end if;
  if exists (select from settle.prepayments p join settle.prepayment_pools s using (region, year, institution) join settle.payments y using (payment_id)
              where p.region = new.region and p.institution = new.institution and p.year = new.year
                and y.state not in ('new', 'prepared', 'cancelled')) then
    perform settle.refuse('PaymentStateInvalid', format('the prepayment of %s for %s is approved or paid already', new.institution, new.year));
  end if;
  return new;
end $$;
create trigger check_ratio_decision before insert or update on settle.ratio_decisions
  for each row execute function settle.check_ratio_decision();
create trigger ratio_decisions_kept before delete on settle.ratio_decisions
  for each row execute function settle.append_only();
create trigger ratio_decisions_no_truncate before truncate on settle.ratio_decisions
  for each statement execute function settle.append_only();

do $$
begin
  execute format('grant select, insert on settle.ratio_decisions to %I', current_database() || '_app');
  execute format('grant update (approved_by, approved_on) on settle.ratio_decisions to %I', current_database() || '_app');
end $$;
