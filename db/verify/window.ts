import { formatYuan } from '../../domain/money';
import type { Database } from '../connect';
import { cancelledTogether } from './cancelled-parts';
import { rowsOfFiles } from './files';
import { FINDINGS_FETCHED, verdict, type Invariant } from './invariant';

async function query<Row>(database: Database, sql: string, region: string): Promise<Row[]> {
  const { rows } = await database.raw<{ rows: Row[] }>(sql, { region, limit: FINDINGS_FETCHED });
  return rows;
}

interface Finding {
  finding: string;
}

/** Parts that count: of statements that were not taken back, whose payment was not cancelled. */
const LIVE_PARTS = `
  select e.* from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
   where e.region = :region and e.cancelled_on is null and s.reversed_on is null`;

const LINE_FINDINGS = `
  with line as (
    select l.line, l.period, l.body, l.enterprise, w.line_id is not null as withdrawn, d.line_id is not null as disputed,
           s.line_id is not null as settled, s.period as settled_in, s.institution as settled_by, s.enterprise as settled_with,
           p.region is not null as has_statement,
           count(s.line_id) over (partition by l.line) as times,
           count(*) filter (where w.line_id is null)
             over (partition by l.line order by l.period rows between 1 following and unbounded following) > 0 as applied_again
      from settle.application_lines l
      left join settle.settled_lines s using (line_id)
      left join settle.line_withdrawals w using (line_id)
      left join settle.line_disputes d using (line_id)
      left join (${LIVE_PARTS}) p
        on p.period = s.period and p.institution = s.institution and p.revision = s.revision and p.enterprise = s.enterprise
     where l.region = :region),
  found as (
    select line, period, case
             when withdrawn::int + disputed::int + settled::int > 1 then 'is in more than one state'
             when times > 1 then 'is settled more than once'
             when settled and (settled_by, settled_with) is distinct from (body, enterprise) then 'is settled between other parties'
             when settled and settled_in < period then 'is settled before it was applied for'
             when settled and not has_statement then 'is settled by no statement'
             when applied_again and not disputed and not withdrawn then 'was applied for again while it was neither disputed nor withdrawn'
           end as reason
      from line)
  select 'line ' || line || ' of ' || period || ' ' || reason as finding from found where reason is not null order by 1 limit :limit`;

const STRAY_LINES = `
  select s.kind || ' line ' || s.line_id || ' is not an accepted one' as finding
    from (select 'settled' as kind, line_id from settle.settled_lines where region = :region
          union all select 'unsettled', line_id from settle.unsettled_lines where region = :region) s
   where not exists (select from settle.application_lines l where l.line_id = s.line_id) order by 1 limit :limit`;

const eachLineOnce: Invariant = {
  name: 'each line settles at most once and is in one state',
  async check(database, region) {
    const findings = [
      ...(await query<Finding>(database, LINE_FINDINGS, region)),
      ...(await query<Finding>(database, STRAY_LINES, region)),
    ];
    const [row] = await query<{ lines: bigint; settled: bigint }>(
      database,
      `select count(*) as lines, count(s.line_id) as settled from settle.application_lines l left join settle.settled_lines s using (line_id)
        where l.region = :region`,
      region,
    );
    return verdict(
      findings.map(({ finding }) => finding),
      `${row!.lines} lines, ${row!.settled} settled`,
    );
  },
};

/** The lines of a part: those it settles, or those it settled before it was taken back or cancelled. */
const PARTS_AND_LINES = `
  with line as (
    select 'settled' as kind, x.period, x.institution, x.revision, x.enterprise, l.amount_fen
      from settle.settled_lines x join settle.application_lines l using (line_id) where x.region = :region
    union all
    select 'unsettled', x.period, x.institution, x.revision, x.enterprise, l.amount_fen
      from settle.unsettled_lines x join settle.application_lines l using (line_id) where x.region = :region),
  summed as (
    select kind, period, institution, revision, enterprise, sum(amount_fen) as net,
           coalesce(sum(amount_fen) filter (where amount_fen > 0), 0) as gross
      from line group by 1, 2, 3, 4, 5),
  part as (
    select e.*, case when e.cancelled_on is null and s.reversed_on is null then 'settled' else 'unsettled' end as kind
      from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision) where e.region = :region)
  select coalesce(p.institution, s.institution) || ' to ' || coalesce(p.enterprise, s.enterprise) || ' in ' || coalesce(p.period, s.period) as part,
         coalesce(p.net_fen, 0)::bigint as "partFen", coalesce(s.net, 0)::bigint as "linesFen"
    from part p full join summed s using (kind, period, institution, revision, enterprise)
   where p.net_fen is distinct from s.net or p.gross_fen is distinct from s.gross or p.credits_fen is distinct from s.net - s.gross
   order by 1 limit :limit`;

const PAYMENTS_AND_PARTS = `
  select p.payment_id as payment, p.amount_fen as "paymentFen", coalesce(e.net_fen, 0)::bigint as "partFen"
    from settle.payments p
    left join settle.statement_enterprises e
      on e.region = p.region and e.period = p.period and e.institution = p.institution and e.enterprise = p.enterprise
     and p.payment_id = concat_ws('/', 'payment', e.region, e.period, e.institution, e.enterprise) || case e.revision when 1 then '' else '#' || e.revision end
   where p.region = :region and p.kind = 'payment' and p.amount_fen is distinct from e.net_fen order by 1 limit :limit`;

const paymentsAndLines: Invariant = {
  name: 'each payment = sum of its lines',
  async check(database, region) {
    const parts = await query<{ part: string; partFen: bigint; linesFen: bigint }>(database, PARTS_AND_LINES, region);
    const payments = await query<{ payment: string; paymentFen: bigint; partFen: bigint }>(
      database,
      PAYMENTS_AND_PARTS,
      region,
    );
    const findings = [
      ...parts.map((row) => `${row.part}: ${formatYuan(row.partFen)}, its lines are ${formatYuan(row.linesFen)}`),
      ...payments.map((row) => `${row.payment} is ${formatYuan(row.paymentFen)}, its part ${formatYuan(row.partFen)}`),
    ];
    const [row] = await query<{ parts: bigint; fen: bigint }>(
      database,
      `select count(*) as parts, coalesce(sum(net_fen), 0)::bigint as fen from (${LIVE_PARTS}) p`,
      region,
    );
    return verdict(findings, `${row!.parts} payments, ${formatYuan(row!.fen)}`);
  },
};

/** What was posted under the key of each statement and of each cancelled payment, by the ledger that it touches. */
const STATEMENT_FINDINGS = `
  with posted as (
    select j.key, j.event,
           sum(t.amount_fen) as net,
           coalesce(sum(t.amount_fen) filter (where d.kind = 'supervised/ledger/prepayment'), 0) as prepayment
      from ledger.journal j join ledger.transfer t using (region, sequence)
      join ledger.account d on d.region = t.region and d.account_id = t.debit_account_id
     where j.region = :region and j.event in ('confirm', 'confirm-reversal') group by 1, 2),
  statement as (
    select s.*, concat_ws('/', 'statement', s.region, s.period, s.institution) || '#' || s.revision as id,
           (select (sum(e.gross_fen), sum(e.credits_fen), sum(e.net_fen), sum(e.from_prepayment_fen), sum(e.from_own_fen))
                   is not distinct from (s.gross_fen::numeric, s.credits_fen::numeric, s.net_fen::numeric, s.from_prepayment_fen::numeric, s.from_own_fen::numeric)
              from settle.statement_enterprises e
             where (e.region, e.period, e.institution, e.revision) = (s.region, s.period, s.institution, s.revision)) as adds_up
      from settle.statements s where s.region = :region),
  found as (
    select s.id, case
             when not s.adds_up then 'is not the sum of its payments'
             when c.net is distinct from s.net_fen or c.prepayment is distinct from s.from_prepayment_fen then 'was posted with other money than it has'
             when s.reversed_on is not null and r.net is distinct from s.net_fen then 'was taken back, and its money was not'
             when s.reversed_on is null and r.key is not null then 'was not taken back, but its money was'
           end as reason
      from statement s
      left join posted c on c.key = s.id || '/confirm'
      left join posted r on r.key = s.id || '/confirm-reversal')
  select id || ' ' || reason as finding from found where reason is not null
  union all
  select p.key || ' belongs to no statement' from posted p
   where not exists (select from statement s where p.key in (s.id || '/confirm', s.id || '/confirm-reversal'))
  order by 1 limit :limit`;

const statementsAndJournals: Invariant = {
  name: 'statement = sum of its payments = its journal',
  async check(database, region) {
    const findings = await query<Finding>(database, STATEMENT_FINDINGS, region);
    const [row] = await query<{ statements: bigint; fen: bigint }>(
      database,
      `select count(*) as statements, coalesce(sum(net_fen), 0)::bigint as fen from settle.statements where region = :region and reversed_on is null`,
      region,
    );
    return verdict(
      findings.map(({ finding }) => finding),
      `${row!.statements} statements, ${formatYuan(row!.fen)}`,
    );
  },
};

/** What is reserved and not given back lies in the payable, is on its way, or is paid; nothing else lies there. */
const RESERVED = `
  with moved as (
    select a.institution, a.enterprise, a.kind, j.event, -t.amount_fen as fen
      from ledger.transfer t join ledger.journal j using (region, sequence)
      join ledger.account a on a.region = t.region and a.account_id = t.debit_account_id
     where t.region = :region and a.kind in ('supervised/payable', 'supervised/transit/enterprise')
    union all
    select a.institution, a.enterprise, a.kind, j.event, t.amount_fen
      from ledger.transfer t join ledger.journal j using (region, sequence)
      join ledger.account a on a.region = t.region and a.account_id = t.credit_account_id
     where t.region = :region and a.kind in ('supervised/payable', 'supervised/transit/enterprise')),
  books as (
    select institution, enterprise, sum(fen) as waiting,
           coalesce(-sum(fen) filter (where event in ('payment-booked', 'payment-returned', 'suspense-resolved')), 0) as paid
      from moved group by 1, 2),
  reserved as (select institution, enterprise, sum(net_fen) as fen from (${LIVE_PARTS}) p group by 1, 2)
  select institution || ' to ' || enterprise as parties, coalesce(r.fen, 0)::bigint as "reservedFen",
         coalesce(b.waiting, 0)::bigint as "waitingFen", coalesce(b.paid, 0)::bigint as "paidFen"
    from reserved r full join books b using (institution, enterprise)
   where coalesce(r.fen, 0) <> coalesce(b.waiting, 0) + coalesce(b.paid, 0) order by 1 limit :limit`;

const reservedMoney: Invariant = {
  name: 'reserved = payable, on its way and paid',
  async check(database, region) {
    const rows = await query<{ parties: string; reservedFen: bigint; waitingFen: bigint; paidFen: bigint }>(
      database,
      RESERVED,
      region,
    );
    const [sums] = await query<{ fen: bigint }>(
      database,
      `select coalesce(sum(net_fen), 0)::bigint as fen from (${LIVE_PARTS}) p`,
      region,
    );
    return verdict(
      rows.map(
        (row) =>
          `${row.parties}: ${formatYuan(row.reservedFen)} reserved, ${formatYuan(row.waitingFen)} waits and ${formatYuan(row.paidFen)} is paid`,
      ),
      `${formatYuan(sums!.fen)} reserved`,
    );
  },
};

/** What must hold of lines, statements and their money (DESIGN 6), recomputed from the rows. */
export const WINDOW_INVARIANTS: readonly Invariant[] = [
  rowsOfFiles,
  eachLineOnce,
  paymentsAndLines,
  cancelledTogether,
  statementsAndJournals,
  reservedMoney,
];
