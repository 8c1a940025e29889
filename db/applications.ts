import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { Period, PlainDate } from '../domain/plain-date';
import type { WindowPolicy } from '../domain/policy';
import { dayInPeriod } from '../domain/plain-date';
import type { LineFacts, RejectionCode } from '../domain/window/line-check';
import { decideStagedRows } from './application-fates';
import { takeRows, type StagedRow } from './application-stage';

/** What the rules of lines are asked against, and the settlement body of each institution. */
export interface ImportFacts extends LineFacts {
  /** Itself, where the institution settles for itself; undefined for one that is not registered. */
  bodyOf(institution: string): string | undefined;
}

/** Reads the registers of a region as they are now; a suspension counts on the day of application. */
export async function loadImportFacts(
  db: Knex,
  region: string,
  period: Period,
  window: WindowPolicy,
): Promise<ImportFacts> {
  const applicationFrom = dayInPeriod(period, window.application.fromDay);
  const applicationTo = dayInPeriod(period, window.application.toDay);
  const institutions = await db('settle.institutions').where({ region }).select('institution', 'settles_through');
  const bodies = new Map<string, string>(
    institutions.map((row) => [row.institution, row.settles_through ?? row.institution]),
  );
  const enterprises = new Set(await db('settle.enterprises').where({ region }).pluck<string[]>('enterprise'));
  const suspended = await suspendedDays(db, region, applicationFrom, applicationTo);
  return {
    period,
    firstPeriod: window.firstPeriod,
    applicationFrom,
    applicationTo,
    orderedFrom: window.orderedFrom,
    categories: new Set(window.categories),
    isListed: await loadCatalogue(db, region),
    bodyOf: (institution) => bodies.get(institution),
    isInstitution: (id) => bodies.has(id),
    isEnterprise: (id) => enterprises.has(id),
    isSuspended: suspended.size === 0 ? () => false : (enterprise, on) => suspended.has(`${on} ${enterprise}`),
  };
}

async function suspendedDays(db: Knex, region: string, from: PlainDate, to: PlainDate): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { day: string; enterprise: string }[] }>(
    `select d::date as day, s.enterprise
       from generate_series(?::date, ?::date, interval '1 day') d, settle.suspended_enterprises(?, d::date) s`,
    [from, to, region],
  );
  return new Set(rows.map(({ day, enterprise }) => `${day} ${enterprise}`));
}

async function loadCatalogue(db: Knex, region: string): Promise<LineFacts['isListed']> {
  const rows = await db('settle.catalogue')
    .where({ region })
    .select<{ drug: string; category: string; valid_from: string; valid_to: string | null }[]>('*');
  if (rows.length === 0) return () => true;
  const listings = new Map<string, typeof rows>();
  for (const row of rows) {
    const key = `${row.drug}\n${row.category}`;
    const known = listings.get(key);
    if (known) known.push(row);
    else listings.set(key, [row]);
  }
  return (drug, category, on) =>
    listings
      .get(`${drug}\n${category}`)
      ?.some(({ valid_from: from, valid_to: to }) => from <= on && (to === null || on <= to)) ?? false;
}

export interface FileIdentity {
  readonly region: string;
  readonly period: Period;
  readonly sha256: string;
}

/** The counts of an imported file. `rows` is their sum. */
export interface FileCounts {
  readonly rows: number;
  readonly accepted: number;
  /** Accepted before with the same content. */
  readonly repeated: number;
  readonly rejected: number;
}

export interface ImportedFile extends FileCounts {
  readonly fileId: number;
  readonly name: string;
  readonly importedOn: PlainDate;
  readonly person: string;
}

interface StoredFile extends FileCounts {
  readonly file_id: bigint;
  readonly name: string;
  readonly imported_on: PlainDate;
  readonly person: string;
}

/** The import of these very bytes in this period, if there was one. */
export async function findImportedFile(db: Knex, identity: FileIdentity): Promise<ImportedFile | undefined> {
  const row = await db('settle.application_files')
    .where({ ...identity })
    .first<StoredFile | undefined>();
  return (
    row && {
      fileId: Number(row.file_id),
      name: row.name,
      importedOn: row.imported_on,
      person: row.person,
      rows: row.rows,
      accepted: row.accepted,
      repeated: row.repeated,
      rejected: row.rejected,
    }
  );
}

/**
 * Takes the rows of one file by COPY, decides those that are not simply new over all lines at once, and writes what becomes of
 * each. All in the caller's transaction, under the lock of the window.
 */
export async function takeFile(
  trx: Knex,
  file: FileIdentity & { readonly name: string; readonly person: string; readonly at: BusinessMoment },
  batches: AsyncIterable<readonly StagedRow[]>,
): Promise<ImportedFile> {
  const { region, period, sha256, name, person, at } = file;
  const { rows: ids } = await trx.raw<{ rows: { file_id: number }[] }>(
    `select nextval(pg_get_serial_sequence('settle.application_files', 'file_id'))::int as file_id`,
  );
  const fileId = ids[0]!.file_id;
  const rows = await takeRows(trx, { fileId, region, period }, batches);
  const { repeated, rejected } = await decideStagedRows(trx, { fileId, region, period });
  const counts = { rows, accepted: rows - repeated - rejected, repeated, rejected };
  await trx.raw(
    `insert into settle.application_files (file_id, region, period, name, sha256, rows, accepted, repeated, rejected, imported_on, at_time, person)
     overriding system value values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      fileId,
      region,
      period,
      name,
      sha256,
      counts.rows,
      counts.accepted,
      counts.repeated,
      counts.rejected,
      at.date,
      at.time,
      person,
    ],
  );
  return { fileId, name, person, importedOn: at.date, ...counts };
}

/** A rejected row of a file. */
export interface RejectedRow {
  readonly period: string;
  readonly file: string;
  readonly rowNo: number;
  readonly line: string;
  readonly code: RejectionCode;
  readonly detail: string;
  readonly amountFen: bigint | null;
}

const REJECTED_PAGE = 5_000;

/** The rows that the import of a file found wrong, its own and those of earlier files, page by page. */
export async function* rejectedBy(db: Knex, fileId: number): AsyncGenerator<RejectedRow[]> {
  let after: [number, number] = [0, 0];
  for (;;) {
    const { rows } = await db.raw<{ rows: RawRejected[] }>(
      `select r.period, f.name as file, r.file_id::int, r.row_no, r.line, r.code, r.detail, r.amount_fen
         from settle.rejected_lines r left join settle.application_files f using (file_id)
        where r.found_by = ? and (r.file_id, r.row_no) > (?, ?) order by r.file_id, r.row_no limit ?`,
      [fileId, ...after, REJECTED_PAGE],
    );
    if (rows.length === 0) return;
    yield rows.map(rejectedRow);
    const last = rows.at(-1)!;
    after = [last.file_id, last.row_no];
  }
}

interface RawRejected {
  period: string;
  file: string;
  file_id: number;
  row_no: number;
  line: string;
  code: RejectionCode;
  detail: string;
  amount_fen: bigint | null;
}

function rejectedRow(row: RawRejected): RejectedRow {
  const { period, file, line, code, detail } = row;
  return { period, file, rowNo: row.row_no, line, code, detail, amountFen: row.amount_fen };
}

/** What the import of a file rejected: its own rows by code, and how many rows of earlier files. */
export async function countRejected(
  db: Knex,
  fileId: number,
): Promise<{ own: Partial<Record<RejectionCode, number>>; earlier: number }> {
  const { rows } = await db.raw<{ rows: { own: boolean; code: RejectionCode; n: number }[] }>(
    `select file_id = found_by as own, code, count(*)::int as n
       from settle.rejected_lines where found_by = ? group by 1, 2 order by 2`,
    [fileId],
  );
  return {
    own: Object.fromEntries(rows.filter(({ own }) => own).map(({ code, n }) => [code, n])),
    earlier: rows.filter(({ own }) => !own).reduce((total, { n }) => total + n, 0),
  };
}
