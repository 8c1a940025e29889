import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PlainDate } from '../domain/plain-date';
import { refusing } from './refusals';

/** Every line of the bank and every cash entry of the ledger is in exactly one of these. */
export type ReconciliationClass = 'matched' | 'bank-only' | 'ledger-only' | 'amount-differs' | 'payee-differs';

export interface ReconciliationLine {
  account: string;
  class: ReconciliationClass;
  bankReference: string | null;
  bankAmountFen: bigint | null;
  bankDetail: string | null;
  ledgerKey: string | null;
  ledgerAmountFen: bigint | null;
}

export interface RunRecord {
  runId: bigint;
  accounts: { account: string; bankAccount: string; bankClosingFen: bigint; ledgerClosingFen: bigint }[];
  counts: Record<ReconciliationClass, number>;
}

/** The newest run of a day, or undefined. */
export async function loadLastRun(db: Knex, region: string, date: PlainDate): Promise<RunRecord | undefined> {
  const row = await db('settle.reconciliation_runs')
    .where({ region, on_date: date })
    .orderBy('run_id', 'desc')
    .first<{ run_id: bigint } | undefined>('run_id');
  return row && loadRun(db, row.run_id);
}

export async function loadRun(db: Knex, runId: bigint): Promise<RunRecord> {
  const accounts = await db('settle.reconciliation_accounts').where({ run_id: runId.toString() }).orderBy('account');
  const { rows } = await db.raw<{ rows: { class: ReconciliationClass; count: bigint }[] }>(
    'select class, count(*) as count from settle.reconciliation_lines where run_id = ? group by class',
    [runId.toString()],
  );
  const counts = { matched: 0, 'bank-only': 0, 'ledger-only': 0, 'amount-differs': 0, 'payee-differs': 0 };
  for (const row of rows) counts[row.class] = Number(row.count);
  return {
    runId,
    accounts: accounts.map((row) => ({
      account: row.account,
      bankAccount: row.bank_account,
      bankClosingFen: row.bank_closing_fen,
      ledgerClosingFen: row.ledger_closing_fen,
    })),
    counts,
  };
}

/** The lines of a run in their order. */
export async function loadLines(db: Knex, runId: bigint): Promise<ReconciliationLine[]> {
  const rows = await db('settle.reconciliation_lines').where({ run_id: runId.toString() }).orderBy('line_no');
  return rows.map(lineOf);
}

function lineOf(row: Record<string, never>): ReconciliationLine {
  return {
    account: row['account']!,
    class: row['class']!,
    bankReference: row['bank_reference']!,
    bankAmountFen: row['bank_amount_fen']!,
    bankDetail: row['bank_detail']!,
    ledgerKey: row['ledger_key']!,
    ledgerAmountFen: row['ledger_amount_fen']!,
  };
}

export interface ReconciliationException extends ReconciliationLine {
  exceptionId: bigint;
  region: string;
  date: PlainDate;
  closed: { person: string; reason: string; on: PlainDate } | null;
}

export async function loadExceptions(
  db: Knex,
  filter: { region?: string; date?: PlainDate; exceptionId?: bigint; open?: boolean },
): Promise<ReconciliationException[]> {
  const query = db('settle.reconciliation_exceptions as e')
    .leftJoin('settle.reconciliation_closings as c', 'c.exception_id', 'e.exception_id')
    .orderBy(['e.on_date', 'e.exception_id'])
    .select('e.*', 'c.person', 'c.reason', 'c.closed_on');
  if (filter.region !== undefined) void query.where('e.region', filter.region);
  if (filter.exceptionId !== undefined) void query.where('e.exception_id', filter.exceptionId.toString());
  if (filter.date !== undefined) void query.where('e.on_date', filter.date);
  if (filter.open) void query.whereNull('c.exception_id');
  return (await query).map((row) => ({
    ...lineOf(row as never),
    exceptionId: row.exception_id,
    region: row.region,
    date: row.on_date,
    closed: row.person === null ? null : { person: row.person, reason: row.reason, on: row.closed_on },
  }));
}

/** @throws Refusal `NotFound`, `ReasonMissing`, `PersonUnknown`, `AccountantRoleMissing`, `AccountantIsCashier` */
export async function insertClosing(
  db: Knex,
  input: { exceptionId: bigint; person: string; reason: string; at: BusinessMoment },
): Promise<boolean> {
  const result = await refusing(
    db.raw<{ rowCount: number }>(
      `insert into settle.reconciliation_closings (exception_id, person, reason, closed_on, at_time) values (?, ?, ?, ?, ?)
       on conflict do nothing`,
      [input.exceptionId.toString(), input.person, input.reason, input.at.date, input.at.time],
    ),
  );
  return result.rowCount === 1;
}

/** @throws Refusal `ReconciliationOpen`, `PersonUnknown`, `AccountantRoleMissing`, `AccountantIsCashier` */
export async function insertSignOff(
  db: Knex,
  input: { region: string; date: PlainDate; runId: bigint; person: string; at: BusinessMoment },
): Promise<boolean> {
  const result = await refusing(
    db.raw<{ rowCount: number }>(
      `insert into settle.reconciliation_sign_offs (region, on_date, run_id, person, signed_on, at_time)
       values (?, ?, ?, ?, ?, ?) on conflict do nothing`,
      [input.region, input.date, input.runId.toString(), input.person, input.at.date, input.at.time],
    ),
  );
  return result.rowCount === 1;
}

export interface SignOff {
  person: string;
  on: PlainDate;
  runId: bigint;
}

export async function loadSignOff(db: Knex, region: string, date: PlainDate): Promise<SignOff | undefined> {
  const row = await db('settle.reconciliation_sign_offs')
    .where({ region, on_date: date })
    .first<{ person: string; signed_on: PlainDate; run_id: bigint } | undefined>();
  return row && { person: row.person, on: row.signed_on, runId: row.run_id };
}

/** How far the reconciliation of a region has come. */
export interface ReconciliationStanding {
  region: string;
  /** The last day that an accountant has signed off. */
  signedOffUntil: PlainDate | null;
  openExceptions: number;
  /** Days from the first with cash to yesterday that nobody has reconciled; `first` is null where there is none. */
  notReconciled: { days: number; first: PlainDate | null };
}

/** One row a region whose books have begun, as it stands on the morning of a day. */
export async function loadReconciliationStandings(db: Knex, today: PlainDate): Promise<ReconciliationStanding[]> {
  const { rows } = await db.raw<{
    rows: { region: string; signed: PlainDate | null; open: number; days: number; first: PlainDate | null }[];
  }>(
    `select j.region,
            (select max(on_date) from settle.reconciliation_sign_offs s where s.region = j.region) as signed,
            (select count(*)::int from settle.reconciliation_exceptions e
              where e.region = j.region
                and not exists (select from settle.reconciliation_closings c where c.exception_id = e.exception_id)) as open,
            d.days, d.first
       from (select region, min(date) as begun from ledger.journal group by region) j
       cross join lateral (
         select count(*)::int as days, min(day)::date as first
           from generate_series(j.begun::timestamp, ?::timestamp - interval '1 day', interval '1 day') day
          where not exists (select from settle.reconciliation_runs r where r.region = j.region and r.on_date = day::date)) d
      order by j.region`,
    [today],
  );
  return rows.map(({ region, signed, open, days, first }) => ({
    region,
    signedOffUntil: signed,
    openExceptions: open,
    notReconciled: { days, first },
  }));
}
