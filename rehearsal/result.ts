import type { Knex } from 'knex';
import { loadAlerts, loadEvents } from '../db/cases';
import { balances, journalRows } from '../db/ledger';
import { loadReturns } from '../db/prepayments';
import { loadCalendar } from '../db/register';
import type { Bank } from '../activities/bank/port';
import { verify } from '../db/verify';
import type { Calendar } from '../domain/calendar';
import { formatYuan } from '../domain/money';
import { firstDayOf, lastDayOf, periodsBetween, yearOf, type Period, type PlainDate } from '../domain/plain-date';
import { poolFen, type PoolFen } from '../domain/pools';
import { returnState } from '../domain/return-plan';
import { bankAgrees } from './bank-agrees';
import { breachRows, enterpriseCaseRows } from './result/breaches';
import { fundRows } from './result/fund';
import { paymentRows } from './result/payments';
import { lineSums, rejectedLineRows } from './result/lines';
import { statementRows } from './result/statements';
import type { JournalCsvRow, PoolAmounts, PrepaymentRow, ReturnRow, Summary, TimelineRow } from './summary';

export interface ResultInput {
  db: Knex;
  bank: Bank;
  region: string;
  policies: readonly { id: string; version: string; sha256: string }[];
  from: Period;
  to: Period;
}

/** What happened in a region between two months, as `summary.json` has it. */
export async function summarize(input: ResultInput): Promise<Summary> {
  const { db, region, from, to } = input;
  const first = firstDayOf(from);
  const last = lastDayOf(to);
  const calendar = await loadCalendar(db, region);
  const years = [...new Set(periodsBetween(from, to).map(yearOf))];
  return {
    policies: [...input.policies].sort((a, b) => (a.id + a.version < b.id + b.version ? -1 : 1)),
    region,
    from,
    to,
    calendar: {
      source: years.map((year) => sourceOf(calendar, year)).join('; '),
      provisional: years.some((year) => calendar.isProvisional(`${year}-01-01` as PlainDate)),
    },
    prepayments: await prepaymentRows(db, region, first, last),
    returns: await returnRows(db, region, from, to),
    rejectedLines: await rejectedLineRows(db, region, from, to),
    lines: await lineSums(db, region, from, to),
    statements: await statementRows(db, region, from, to),
    payments: await paymentRows(db, region, from, to),
    breaches: await breachRows(db, region, { first, last }),
    enterpriseCases: await enterpriseCaseRows(db, region, { first, last }),
    alerts: sorted(
      await loadAlerts(db, region, { first, last }),
      ({ kind, case: caseId, on }) => `${kind}\n${caseId}\n${on}`,
    ),
    ...(await fundRows(db, region, from, to)),
    balances: sorted(
      (await balances(db, region)).map(({ book, account, balanceFen }) => ({
        book,
        account,
        balance: formatYuan(balanceFen),
      })),
      ({ book, account }) => `${book}\n${account}`,
    ),
    invariants: [...(await verify(db, region)), await bankAgrees(db, input.bank, region, last)],
  };
}

function sourceOf(calendar: Calendar, year: number): string {
  const january = `${year}-01-01` as PlainDate;
  return calendar.covers(january) || calendar.isProvisional(january)
    ? calendar.sourceOf(year)
    : `${year}: not published`;
}

/** Prepayments disbursed in the months reported; one that is not disbursed yet counts where its case began. */
async function prepaymentRows(db: Knex, region: string, first: PlainDate, last: PlainDate): Promise<PrepaymentRow[]> {
  const { rows } = await db.raw<{ rows: RawPrepayment[] }>(
    `select * from (select p.institution, p.base_fen, p.ratio, p.amount_fen, c.opened_on,
            (select jsonb_object_agg(s.pool, s.amount_fen::text) from settle.prepayment_pools s
              where (s.region, s.year, s.institution) = (p.region, p.year, p.institution)) as pools,
            (select case when bool_and(pay.paid_on is not null) filter (where pay.state <> 'cancelled') then max(pay.paid_on) end
               from settle.prepayment_pools s join settle.payments pay using (payment_id)
              where (s.region, s.year, s.institution) = (p.region, p.year, p.institution)) as disbursed_on
       from settle.prepayments p join settle.cases c using (case_id)
      where p.region = ?) prepaid
      where coalesce(disbursed_on, opened_on) between ? and ?`,
    [region, first, last],
  );
  return sorted(
    rows.map((row) => ({
      institution: row.institution,
      base: formatYuan(row.base_fen),
      ratio: row.ratio,
      amount: formatYuan(row.amount_fen),
      pools: amounts(poolFen((pool) => BigInt(row.pools[pool] ?? 0))),
      disbursedOn: row.disbursed_on,
    })),
    ({ institution, disbursedOn }) => `${institution}\n${disbursedOn}`,
  );
}

interface RawPrepayment {
  institution: string;
  base_fen: bigint;
  ratio: string;
  amount_fen: bigint;
  pools: Record<string, string>;
  disbursed_on: PlainDate | null;
}

async function returnRows(db: Knex, region: string, from: Period, to: Period): Promise<ReturnRow[]> {
  const returns = (await loadReturns(db, { region })).filter(({ period }) => from <= period && period <= to);
  return sorted(
    returns.map((each) => ({
      institution: each.institution,
      period: each.period,
      dueOn: each.dueOn,
      amount: formatYuan(each.amountFen),
      pools: amounts(each.pools),
      fromUnused: formatYuan(each.fromUnusedFen),
      receivedOn: each.completeOn,
      state: returnState(each, each.completeOn ?? undefined),
      toFundOn: each.toFundOn,
    })),
    ({ institution, period }) => `${institution}\n${period}`,
  );
}

function amounts(pools: PoolFen): PoolAmounts {
  return {
    employee: formatYuan(pools.employee),
    resident: formatYuan(pools.resident),
    'employee-large': formatYuan(pools['employee-large']),
  };
}

/** By code units, which is the same order on every machine and in every locale. */
function sorted<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** The rows of `journal.csv`: sorted by date, book, business key and account; nothing of the order of posting in them. */
export async function journalCsvRows({ db, region, from, to }: ResultInput): Promise<JournalCsvRow[]> {
  const rows = await journalRows(db, region, firstDayOf(from), lastDayOf(to));
  return sorted(
    rows.map((row) => ({
      date: row.date,
      book: row.book,
      journal: row.journal,
      event: row.event,
      reference: row.reference,
      account: row.account,
      debit: row.debitFen === 0n ? '' : formatYuan(row.debitFen),
      credit: row.creditFen === 0n ? '' : formatYuan(row.creditFen),
    })),
    ({ date, book, journal, account, debit }) => [date, book, journal, account, debit === '' ? '2' : '1'].join('\n'),
  );
}

/** What happened, in the order of the clock; what one case did in one phase is told in the order in which it did it. */
export async function timelineRows({ db, region, from, to }: ResultInput): Promise<TimelineRow[]> {
  const events = await loadEvents(db, region, { first: firstDayOf(from), last: lastDayOf(to) });
  return events.map(({ caseId, at, event, actor, detail }) => ({
    date: at.date,
    time: at.time,
    region,
    case: caseId,
    event,
    actor,
    detail,
  }));
}
