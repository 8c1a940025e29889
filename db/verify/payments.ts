import { formatYuan } from '../../domain/money';
import type { Database } from '../connect';
import { FINDINGS_FETCHED, verdict, type Invariant } from './invariant';

async function findings(database: Database, sql: string, region: string): Promise<string[]> {
  const { rows } = await database.raw<{ rows: { finding: string }[] }>(sql, { region, limit: FINDINGS_FETCHED });
  return rows.map(({ finding }) => finding);
}

async function count(database: Database, sql: string, region: string): Promise<bigint> {
  const { rows } = await database.raw<{ rows: { count: bigint }[] }>(sql, { region });
  return rows[0]!.count;
}

/** Recomputed from what the request contained, not from the hash that was written down. */
const releasedHasApprovals: Invariant = {
  name: 'each released batch has its approvals on its hash',
  async check(database, region) {
    const found = await findings(
      database,
      `with released as (
         select r.*, l.person as cashier, l.content_sha256 as released_sha256, jsonb_array_length(r.levels) as needed,
                (select encode(sha256(convert_to(string_agg(i.content, E'\\n' order by i.payment_id collate "C"), 'UTF8')), 'hex')
                   from settle.approval_items i where i.request_id = r.request_id) as actual_sha256
           from settle.approval_requests r join settle.cases c using (case_id)
           left join settle.releases l using (request_id)
          where c.region = :region
            and (r.state = 'released' or l.request_id is not null or exists (
                  select from settle.payments p where p.request_id = r.request_id
                     and p.state in ('released', 'sent', 'unknown', 'succeeded', 'failed', 'returned')))
       ), decisions as (
         select d.request_id, count(*) as decided, count(distinct d.person) as people,
                bool_and(d.decision = 'approve') as approved, array_agg(d.person) as persons,
                bool_and(d.level = r.levels -> (d.level_no - 1) ->> 'level') as in_order,
                bool_and(d.content_sha256 = r.actual_sha256) as on_hash
           from settle.approval_decisions d join released r using (request_id) group by d.request_id)
       select request_id || ': ' || case
                when cashier is null then 'paid without a release'
                when actual_sha256 is distinct from content_sha256 or released_sha256 <> content_sha256 then 'its content is not what was approved'
                when decided is distinct from needed or not approved or not in_order then 'a level is missing or out of order'
                when people <> decided or prepared_by = any (persons) then 'one person decided twice, or the preparer did'
                when not on_hash then 'an approval is for other content'
                else 'the cashier approved or prepared it' end as finding
         from released left join decisions using (request_id)
        where cashier is null or actual_sha256 is distinct from content_sha256 or released_sha256 <> content_sha256
           or decided is distinct from needed or not approved or not in_order or people <> decided
           or prepared_by = any (persons) or not on_hash or cashier = any (persons) or cashier = prepared_by
        order by 1 limit :limit`,
      region,
    );
    const released = await count(
      database,
      `select count(*) from settle.releases join settle.approval_requests using (request_id) join settle.cases using (case_id) where region = :region`,
      region,
    );
    return verdict(found, `${released} released batches`);
  },
};

/** The pointer is the last change, every change starts where the one before ended, and each attempt succeeds once. */
const statesAreAStory: Invariant = {
  name: 'each payment is in the state that its changes lead to',
  async check(database, region) {
    const found = await findings(
      database,
      `with changes as (
         select s.*, lag(s.to_state, 1, 'new') over (partition by s.payment_id order by s.seq) as before,
                row_number() over (partition by s.payment_id order by s.seq) as nth
           from settle.payment_states s join settle.payments p using (payment_id) where p.region = :region
       ), last as (
         select distinct on (payment_id) payment_id, to_state, attempt, seq from changes order by payment_id, seq desc)
       select payment_id || ': a change from ' || from_state || ' follows ' || before as finding
         from changes where from_state <> before or seq <> nth
       union all
       select payment_id || ': ' || from_state || ' cannot become ' || to_state from changes
        where not exists (select from settle.payment_transitions t where t.from_state = changes.from_state and t.to_state = changes.to_state)
       union all
       select p.payment_id || ' says ' || p.state || ', its changes say ' || coalesce(last.to_state, 'new')
         from settle.payments p left join last using (payment_id)
        where p.region = :region and (p.state, p.changes, p.attempt) is distinct from (coalesce(last.to_state, 'new'), coalesce(last.seq, 0), coalesce(last.attempt, 1))
       union all
       select payment_id || ': attempt ' || attempt || ' succeeded ' || count(*) || ' times' from changes
        where to_state = 'succeeded' group by payment_id, attempt having count(*) > 1
       union all
       select payment_id || ': attempt ' || attempt || ' was sent without a stored message id' from changes c
        where to_state = 'sent' and not exists (select from settle.payment_attempts a where a.payment_id = c.payment_id and a.attempt = c.attempt)
        order by 1 limit :limit`,
      region,
    );
    return verdict(
      found,
      `${await count(database, 'select count(*) from settle.payments where region = :region', region)} payments`,
    );
  },
};

/** What a payment's state says about money is what the books say: in transit while sent, booked when it succeeded. */
const booksFollowPayments: Invariant = {
  name: 'each payment is in the books as its state says',
  async check(database, region) {
    const found = await findings(
      database,
      `with booked as (
         select j.reference, j.book, split_part(j.key, '/', array_length(string_to_array(j.key, '/'), 1)) as stage, sum(t.amount_fen) as fen
           from ledger.journal j join ledger.transfer t using (region, sequence)
           join ledger.account a on a.region = t.region and a.account_id = t.debit_account_id
          -- Held money is a memorandum beside the payment that releases it.
          where j.region = :region and a.path not like 'fund/memo/%' group by 1, 2, 3
       ), stages as (
         select reference, sum(fen) filter (where stage = 'sent') / count(distinct book) filter (where stage = 'sent') as sent,
                sum(fen) filter (where stage = 'failed') / nullif(count(distinct book) filter (where stage = 'failed'), 0) as failed,
                sum(fen) filter (where stage = 'booked') / nullif(count(distinct book) filter (where stage = 'booked'), 0) as booked,
                sum(fen) filter (where stage = 'returned') / nullif(count(distinct book) filter (where stage = 'returned'), 0) as returned
           from booked where stage in ('sent', 'failed', 'booked', 'returned') group by reference having count(*) filter (where stage = 'sent') > 0)
       select p.payment_id || ' is ' || p.state || ' over ' || p.amount_fen || ' fen; the books have sent ' || coalesce(s.sent, 0)
              || ', failed ' || coalesce(s.failed, 0) || ', booked ' || coalesce(s.booked, 0) || ', returned ' || coalesce(s.returned, 0) as finding
         from settle.payments p left join stages s on s.reference = p.payment_id
        where p.region = :region
          -- A transfer between the fund's own accounts is in the books when the bank has booked it, and not before.
          and p.payment_id not like 'fund/%/transfer/%'
          and (coalesce(s.booked, 0) - coalesce(s.returned, 0) <> case when p.state = 'succeeded' then p.amount_fen else 0 end
            or coalesce(s.sent, 0) - coalesce(s.failed, 0) - coalesce(s.booked, 0) <> case when p.state in ('sent', 'unknown') then p.amount_fen else 0 end)
        order by 1 limit :limit`,
      region,
    );
    const { rows } = await database.raw<{ rows: { fen: bigint }[] }>(
      `select coalesce(sum(amount_fen), 0)::bigint as fen from settle.payments where region = :region and state = 'succeeded'`,
      { region },
    );
    return verdict(found, `${formatYuan(rows[0]!.fen)} succeeded`);
  },
};

/** What institutions returned and the agency has not moved on lies in their ledgers; plans add up to what was disbursed. */
const returnsAddUp: Invariant = {
  name: 'returns add up to prepayments and to the ledger',
  async check(database, region) {
    const found = await findings(
      database,
      `with plan as (
         select institution, year, sum(amount_fen) as planned from settle.return_plan where region = :region group by 1, 2
       ), disbursed as (
         select s.institution, s.year, coalesce(sum(s.amount_fen) filter (where p.state = 'succeeded'), 0) as fen,
                bool_and(p.state in ('succeeded', 'cancelled')) as complete
           from settle.prepayment_pools s join settle.payments p using (payment_id) where s.region = :region group by 1, 2
       ), lying as (
         select c.institution, sum(s.amount_fen) as fen
           from settle.return_receipts c join settle.return_receipt_pools s using (receipt_id) left join settle.payments p on p.payment_id = s.payment_id
          where c.region = :region and (p.payment_id is null or p.state not in ('sent', 'unknown', 'succeeded')) group by 1
       ), ledger as (
         select split_part(a.path, '/', 3) as institution, -b.balance_fen as fen from ledger.account a join ledger.balance b using (region, account_id)
          where a.region = :region and a.path like 'supervised/ledger/%/returning')
       select coalesce(d.institution, plan.institution) || ', ' || coalesce(d.year, plan.year) || ': disbursed ' || coalesce(d.fen, 0)
              || ' fen, planned returns ' || coalesce(plan.planned, 0) as finding
         from disbursed d full join plan using (institution, year)
        where (coalesce(d.complete, true) or plan.planned is not null) and coalesce(plan.planned, 0) <> coalesce(d.fen, 0)
       union all
       select coalesce(lying.institution, ledger.institution) || ': ' || coalesce(lying.fen, 0) || ' fen have come and are not moved, the ledger has ' || coalesce(ledger.fen, 0)
         from lying full join ledger using (institution) where coalesce(lying.fen, 0) <> coalesce(ledger.fen, 0)
       union all
       select c.receipt_id || ': its pools do not add up to what counts' from settle.return_receipts c
        where c.region = :region and c.from_unused_fen + c.paid_in_fen - c.excess_fen
              <> coalesce((select sum(s.amount_fen) from settle.return_receipt_pools s where s.receipt_id = c.receipt_id), 0)
        order by 1 limit :limit`,
      region,
    );
    return verdict(
      found,
      `${await count(database, 'select count(*) from settle.return_receipts where region = :region', region)} receipts`,
    );
  },
};

export const PAYMENT_INVARIANTS: readonly Invariant[] = [
  releasedHasApprovals,
  statesAreAStory,
  booksFollowPayments,
  returnsAddUp,
];
