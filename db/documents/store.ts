import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { documentNumber, type DocumentKind, type DocumentModel } from '../../domain/documents/model';
import { yearOf, type PlainDate } from '../../domain/plain-date';

/** A document that is to be there: what it is about, once a kind, and what it says. */
export interface DueDocument {
  region: string;
  about: string;
  /** Institution or enterprise; empty where it is about the region. */
  subject: string;
  period: string;
  model: DocumentModel;
}

export interface DocumentRecord {
  number: string;
  region: string;
  kind: DocumentKind;
  about: string;
  subject: string;
  period: string;
  dated: PlainDate;
  contentSha256: string;
}

export const FORMATS = ['pdf', 'xlsx'] as const;
export type DocumentFormat = (typeof FORMATS)[number];

/**
 * Gives each document its number, counted by region, kind and year in the order given, and stores what it says. One that is
 * there keeps its number and its content: what was issued is not rewritten.
 *
 * @returns those that are new
 */
export async function issueDocuments(
  db: Knex,
  region: string,
  due: readonly DueDocument[],
): Promise<(DocumentRecord & { model: DocumentModel })[]> {
  if (due.length === 0) return [];
  return db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`documents/${region}`]);
    const issued: (DocumentRecord & { model: DocumentModel })[] = [];
    for (const each of due) {
      const { kind, date: dated } = each.model;
      const known = await trx('settle.documents').where({ region, kind, about: each.about }).first('number');
      if (known) continue;
      const year = yearOf(dated);
      const last = await trx('settle.documents').where({ region, kind, year }).max<{ max: number | null }[]>('serial');
      const serial = (last[0]!.max ?? 0) + 1;
      const content = JSON.stringify(each.model);
      const record = {
        number: documentNumber(region, kind, year, serial),
        region,
        kind,
        about: each.about,
        subject: each.subject,
        period: each.period,
        dated,
        contentSha256: createHash('sha256').update(content).digest('hex'),
      };
      const { contentSha256, ...row } = record;
      await trx('settle.documents').insert({ ...row, year, serial, content, content_sha256: contentSha256 });
      issued.push({ ...record, model: each.model });
    }
    return issued;
  });
}

/** What the documents of a region are about, as `kind` and `about` with a blank between. */
export async function issuedAlready(db: Knex, region: string): Promise<Set<string>> {
  const rows = await db('settle.documents')
    .where({ region })
    .select<{ kind: string; about: string }[]>('kind', 'about');
  return new Set(rows.map(({ kind, about }) => `${kind} ${about}`));
}

export async function saveFile(
  db: Knex,
  file: { number: string; format: DocumentFormat; bytes: Buffer; madeOn: PlainDate },
): Promise<void> {
  await db('settle.document_files')
    .insert({
      number: file.number,
      format: file.format,
      bytes: file.bytes,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
      made_on: file.madeOn,
    })
    .onConflict(['number', 'format'])
    .ignore();
}

export interface DocumentsWanted {
  region?: string;
  kind?: string;
  period?: string;
  subject?: string;
  about?: string;
  number?: string;
}

export interface ListedDocument extends DocumentRecord {
  /** `pdf:<sha256>`, `xlsx:<sha256>`. */
  files: string[];
  /** Since when the statement that it is about is taken back; the document itself stays as it was issued. */
  withdrawnOn: PlainDate | null;
}

export async function listDocuments(db: Knex, wanted: DocumentsWanted, limit: number): Promise<ListedDocument[]> {
  const rows = await db('settle.documents as d')
    .joinRaw(
      `left join settle.statements s on d.kind = 'pre-settlement-statement'
          and (s.region, s.period, s.institution) = (d.region, d.period, d.subject)
          and d.about = settle.statement_key(s.region, s.period, s.institution, s.revision)`,
    )
    .where(Object.fromEntries(Object.entries(wanted).map(([column, value]) => [`d.${column}`, value])))
    .orderBy(['d.region', 'd.dated', 'd.number'])
    .limit(limit)
    .select<ListedDocument[]>(
      'd.number',
      'd.region',
      'd.kind',
      'd.about',
      'd.subject',
      'd.period',
      'd.dated',
      'd.content_sha256 as contentSha256',
      's.reversed_on as withdrawnOn',
      db.raw(
        `array(select f.format || ':' || f.sha256 from settle.document_files f where f.number = d.number order by f.format) as files`,
      ),
    );
  return rows;
}

export async function loadFile(
  db: Knex,
  number: string,
  format: DocumentFormat,
): Promise<{ bytes: Buffer; sha256: string } | undefined> {
  return db('settle.document_files')
    .where({ number, format })
    .first<{ bytes: Buffer; sha256: string }>('bytes', 'sha256');
}

/** Documents that were issued and not drawn in a format yet: a fault between the two is made good by the next run. */
export async function undrawn(
  db: Knex,
  region: string,
  limit: number,
): Promise<{ number: string; model: DocumentModel; missing: DocumentFormat[] }[]> {
  const { rows } = await db.raw<{ rows: { number: string; model: DocumentModel; drawn: DocumentFormat[] }[] }>(
    `select d.number, d.content::json as model, array(select f.format from settle.document_files f where f.number = d.number) as drawn
       from settle.documents d
      where d.region = ? and (select count(*) from settle.document_files f where f.number = d.number) < ?
      order by d.number limit ?`,
    [region, FORMATS.length, limit],
  );
  return rows.map(({ number, model, drawn }) => ({
    number,
    model,
    missing: FORMATS.filter((format) => !drawn.includes(format)),
  }));
}
