import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PlainDate } from '../domain/plain-date';

export interface StatementLine {
  /** Of the ledger's account: `fund/cash/employee`. */
  account: string;
  bankReference: string;
  /** Signed: what came in is positive. */
  amountFen: bigint;
  endToEndId: string | null;
  /** Whether the bank gives back a payment that it had booked. */
  returned: boolean;
  text: string | null;
  counterpartyName: string | null;
  counterpartyAccount: string | null;
}

export interface StatementAccount {
  account: string;
  bankAccount: string;
  openingFen: bigint;
  closingFen: bigint;
}

/**
 * What the bank's line is by the engine's own keys: the payment and attempt of its end-to-end id; else of the bank's
 * reference that a payment's state or money in suspense carries; else the receipt or reference that the payer wrote into the text. Lines of one
 * key are paired amount for amount, then each with what is left of its key; incoming money without a key goes with an entry
 * of the same amount and institution. What the bank says it credited to another account than was approved is no match
 * (错付; 新医保发〔2025〕50号 六(三)).
 */
const MATCH = `
with ledger as materialized (
  select account, ledger_key as key, amount_fen as amount, institution from settle.cash_entries(:region, :date)
), statement as materialized (
  select * from unnest(cast(:accounts as text[]), cast(:references as text[]), cast(:amounts as bigint[]),
                       cast(:endToEndIds as text[]), cast(:returned as boolean[]), cast(:texts as text[]),
                       cast(:names as text[]), cast(:counterparts as text[]))
    i (account, reference, amount, end_to_end_id, returned, text, name, counterpart)
), by_reference as materialized (
  select distinct on (s.bank_reference) s.bank_reference as reference,
         s.payment_id || '#' || s.attempt || case s.to_state when 'returned' then '/returned' else '/booked' end as key
    from settle.payment_states s join settle.payments p using (payment_id)
   where p.region = :region and s.bank_reference in (select reference from statement where end_to_end_id is null)
   order by s.bank_reference, s.to_state desc
), by_suspense as materialized (
  select account, bank_reference as reference, suspense_id as key from settle.suspense_items where region = :region
  union all
  select e.account, e.bank_reference, r.suspense_id
    from settle.suspense_resolutions r join settle.reconciliation_exceptions e using (exception_id) where e.region = :region
), bank as materialized (
  select i.*, case when i.amount < 0 and not i.returned then p.payee_account end as payee, coalesce(a.payment_id || '#' || a.attempt || case when i.returned then '/returned' else '/booked' end,
                       s.key, u.key, r.key) as key
    from statement i
    left join (settle.payment_attempts a join settle.payments p on p.payment_id = a.payment_id and p.region = :region)
      on a.end_to_end_id = i.end_to_end_id
    left join by_reference s on s.reference = i.reference and i.end_to_end_id is null
    left join by_suspense u on u.account = i.account and u.reference = i.reference
    left join lateral (
      select token as key from regexp_split_to_table(i.text, '[\\s,;，；。]+') token
       where a.payment_id is null and s.key is null and u.key is null and token in (select key from ledger) limit 1) r on true
), bank_with_opening as materialized (
  select account, reference, amount, key, text, name, counterpart from bank
  union all
  select o.account, 'opening', o.amount, 'opening', null, null, null
    from unnest(cast(:openingAccounts as text[]), cast(:openingAmounts as bigint[])) o (account, amount)
    join ledger l on l.account = o.account and l.key = 'opening'
), misplaced as materialized (
  select account, reference, payee from bank where payee <> counterpart
), exact as materialized (
  select b.account, b.reference, b.amount, b.key
    from (select *, row_number() over (partition by account, key, amount order by reference) as n
            from bank_with_opening where key is not null) b
    join (select *, row_number() over (partition by account, key, amount) as n from ledger) l using (account, key, amount, n)
), bank_rest as materialized (
  select b.*, row_number() over (partition by account, key order by reference) as n from bank_with_opening b
   where not exists (select from exact e where e.account = b.account and e.reference = b.reference)
), ledger_rest as materialized (
  select l.*, row_number() over (partition by account, key order by amount) as n from ledger l
   where not exists (select from exact e where e.account = l.account and e.key = l.key and e.amount = l.amount)
), differing as materialized (
  select b.account, b.reference, b.amount as bank_amount, b.key, l.amount as ledger_amount
    from bank_rest b join ledger_rest l using (account, key, n)
), bank_placeless as materialized (
  select b.account, b.reference, b.amount, i.institution,
         row_number() over (partition by b.account, b.amount, i.institution order by b.reference) as n
    from bank_rest b join settle.institutions i on i.region = :region
     and (i.account = b.counterpart or i.name = b.name or i.institution = b.name)
   where b.key is null and b.amount > 0
), ledger_placeless as materialized (
  select l.*, row_number() over (partition by account, amount, institution order by key) as m from ledger_rest l
   where institution is not null and not exists (select from settle.payments p where p.payment_id = split_part(l.key, '#', 1))
     and not exists (select from differing d where d.account = l.account and d.key = l.key and d.ledger_amount = l.amount)
), placed as materialized (
  select b.account, b.reference, b.amount, l.key
    from bank_placeless b join ledger_placeless l
      on l.account = b.account and l.amount = b.amount and l.institution = b.institution and l.m = b.n
), found as (
  select e.account, case when m.reference is null then 'matched' else 'payee-differs' end as class, e.reference,
         e.amount as bank_amount, e.key, e.amount as ledger_amount
    from exact e left join misplaced m using (account, reference)
  union all select account, 'matched', reference, amount, key, amount from placed
  union all select account, 'amount-differs', reference, bank_amount, key, ledger_amount from differing
  union all select account, 'bank-only', reference, amount, null, null from bank_rest b
   where not exists (select from differing d where d.account = b.account and d.reference = b.reference)
     and not exists (select from placed p where p.account = b.account and p.reference = b.reference)
  union all select account, 'ledger-only', null, null, key, amount from ledger_rest l
   where not exists (select from differing d where d.account = l.account and d.key = l.key and d.ledger_amount = l.amount)
     and not exists (select from placed p where p.account = l.account and p.key = l.key and p.amount = l.amount)
)
insert into settle.reconciliation_lines
  (run_id, line_no, account, class, bank_reference, bank_amount_fen, bank_detail, ledger_key, ledger_amount_fen)
select :run, row_number() over (order by f.account, coalesce(f.reference, ''), coalesce(f.key, '')), f.account, f.class,
       f.reference, f.bank_amount,
       nullif(concat_ws(' · ', b.name, 'credited to ' || b.counterpart || ', approved was ' || m.payee, b.text), ''), f.key, f.ledger_amount
  from found f left join bank_with_opening b on b.account = f.account and b.reference = f.reference
  left join misplaced m on m.account = f.account and m.reference = f.reference`;

const KEEP_EXCEPTIONS = `
insert into settle.reconciliation_exceptions
  (run_id, region, on_date, account, class, bank_reference, bank_amount_fen, bank_detail, ledger_key, ledger_amount_fen)
select run_id, :region, :date, account, class, bank_reference, bank_amount_fen, bank_detail, ledger_key, ledger_amount_fen
  from settle.reconciliation_lines where run_id = :run and class <> 'matched' order by line_no
on conflict do nothing`;

/** Writes one run: its lines, each in one class, and those that do not agree as exceptions. In a transaction. */
export async function insertRun(
  trx: Knex,
  input: {
    region: string;
    date: PlainDate;
    person: string;
    at: BusinessMoment;
    accounts: readonly StatementAccount[];
    lines: readonly StatementLine[];
  },
): Promise<bigint> {
  const { region, date, person, at, accounts, lines } = input;
  const { rows } = await trx.raw<{ rows: { run_id: bigint }[] }>(
    `insert into settle.reconciliation_runs (region, on_date, run_by, run_on, at_time, ledger_entries)
     select :region, :date, :person, :runOn, :time, coalesce(sum(postings), 0) from settle.cash_entries(:region, :date) returning run_id`,
    { region, date, person, runOn: at.date, time: at.time },
  );
  const run = rows[0]!.run_id;
  await insertAccounts(trx, run, region, date, accounts);
  await trx.raw(MATCH, {
    run: run.toString(),
    region,
    date,
    accounts: lines.map(({ account }) => account),
    references: lines.map(({ bankReference }) => bankReference),
    amounts: lines.map(({ amountFen }) => amountFen.toString()),
    endToEndIds: lines.map(({ endToEndId }) => endToEndId),
    returned: lines.map(({ returned }) => returned),
    texts: lines.map(({ text }) => text),
    names: lines.map(({ counterpartyName }) => counterpartyName),
    counterparts: lines.map(({ counterpartyAccount }) => counterpartyAccount),
    openingAccounts: accounts.map(({ account }) => account),
    openingAmounts: accounts.map(({ openingFen }) => openingFen.toString()),
  } as never);
  await trx.raw(KEEP_EXCEPTIONS, { region, date, run: run.toString() });
  return run;
}

async function insertAccounts(
  trx: Knex,
  run: bigint,
  region: string,
  date: PlainDate,
  accounts: readonly StatementAccount[],
): Promise<void> {
  await trx.raw(
    `insert into settle.reconciliation_accounts (run_id, account, bank_account, bank_opening_fen, bank_closing_fen, ledger_closing_fen)
     select ?, i.account, i.bank_account, i.opening, i.closing,
            coalesce((select sum(e.debit_fen - e.credit_fen) from ledger.account a
                        join ledger.entry e using (region, account_id) join ledger.journal j using (region, sequence)
                       where a.region = ? and a.path = i.account and j.date <= ?::date), 0)
       from unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[]) i (account, bank_account, opening, closing)`,
    [
      run.toString(),
      region,
      date,
      accounts.map(({ account }) => account),
      accounts.map(({ bankAccount }) => bankAccount),
      accounts.map(({ openingFen }) => openingFen.toString()),
      accounts.map(({ closingFen }) => closingFen.toString()),
    ] as never,
  );
}
