import type { Knex } from 'knex';
import type { Institution } from '../domain/region';
import { formatYuan } from '../domain/money';
import { Refusal } from '../domain/refusal';
import { lockInstitutions, lockLines } from './settlement-locks';

/** An institution whose register names another settlement body than the one that is stored. */
interface BodyChange {
  institution: string;
  /** The body until now; the institution itself where it settled for itself. */
  from: string;
}

/**
 * What is open at a settlement body stays open there: whoever becomes a member of another, or leaves a consortium, does so with
 * nothing open. Lines belong to the body of the day of their import, and nobody could confirm, pay or correct them afterwards
 * (新医保发〔2025〕50号 四(一); DESIGN 5.1). Who leaves a consortium takes along no more than its own lines: the body goes on.
 *
 * Locks what it looks at until the transaction ends.
 *
 * @throws Refusal `SettlementBodyOpen` that says what is open
 */
export async function requireClosedBodies(
  trx: Knex,
  region: string,
  institutions: readonly Pick<Institution, 'institution' | 'settlesThrough'>[],
): Promise<void> {
  if ((await bodyChanges(trx, region, institutions)).length === 0) return;
  await lockLines(trx, region);
  const changes = await bodyChanges(trx, region, institutions);
  await lockInstitutions(
    trx,
    region,
    changes.map(({ from }) => from),
  );
  const open = await openAt(trx, region, changes);
  if (open.length === 0) return;
  const listed = open.map(({ institution, item, count, fen }) => `${institution} has ${words(item, count, fen)}`);
  throw new Refusal(
    'SettlementBodyOpen',
    `the settlement body cannot change while something is open: ${listed.join('; ')}`,
    {
      region,
      open: open.map(({ institution, item, count, fen }) => ({ institution, item, count, amount: formatYuan(fen) })),
      rule: '新医保发〔2025〕50号 四(一)',
    },
  );
}

async function bodyChanges(
  db: Knex,
  region: string,
  institutions: readonly Pick<Institution, 'institution' | 'settlesThrough'>[],
): Promise<BodyChange[]> {
  const { rows } = await db.raw<{ rows: BodyChange[] }>(
    `select i.institution, coalesce(i.settles_through, i.institution) as "from"
       from settle.institutions i join unnest(?::text[], ?::text[]) f (institution, settles_through) using (institution)
      where i.region = ? and i.settles_through is distinct from f.settles_through order by 1`,
    [
      institutions.map(({ institution }) => institution),
      institutions.map(({ settlesThrough }) => settlesThrough ?? null),
      region,
    ] as never,
  );
  return rows;
}

const ITEMS = {
  lines: (count, fen) => `${count} open lines, ${fen}: confirm or dispute them first`,
  statements: (count, fen) => `${count} payments of statements that are not paid, ${fen}: pay or take them back first`,
  payments: (count, fen) => `${count} other payments that have not ended, ${fen}: bring them to their end first`,
  money: (_, fen) => `${fen} in its ledger: spend or return it first`,
  advances: (_, fen) => `${fen} of prepayment to give back: return it first`,
  breaches: (count) => `${count} breaches that are not corrected: correct them first`,
} as const satisfies Record<string, (count: number, fen: string) => string>;

interface OpenItem {
  institution: string;
  item: keyof typeof ITEMS;
  count: number;
  fen: bigint;
}

const words = (item: OpenItem['item'], count: number, fen: bigint): string => ITEMS[item](count, formatYuan(fen));

/** Ledger money is a credit, an advance a debit; a payment on its way lies in payable or in transit, which are counted as payments. */
const OPEN = `
  with changed as (
    select * from unnest(cast(:institutions as text[]), cast(:bodies as text[])) c (institution, body)
  ), body as (
    select institution from changed where institution = body
  )
  select c.institution, 'lines' as item, count(*)::int as count, sum(l.amount_fen)::bigint as fen
    from changed c join settle.open_lines l on l.region = :region and (l.body = c.institution or l.institution = c.institution)
   group by c.institution
  union all
  select institution, 'statements', count(*)::int, sum(e.net_fen)::bigint
    from body join settle.statement_enterprises e using (institution)
    join settle.statements s using (region, period, institution, revision)
   where e.region = :region and s.reversed_on is null and e.cancelled_on is null
     and not exists (select from settle.payments p
                      where (p.region, p.period, p.institution, p.enterprise) = (e.region, e.period, e.institution, e.enterprise)
                        and p.kind = 'payment' and p.state = 'succeeded')
   group by institution
  union all
  select institution, 'payments', count(*)::int, sum(p.amount_fen)::bigint
    from body join settle.payments p using (institution)
   where p.region = :region and p.kind in ('disbursement', 'agency-return') and p.state not in ('succeeded', 'cancelled')
   group by institution
  union all
  select b.institution, 'money', 1, sum(-m.balance_fen)::bigint
    from body b join ledger.account a on a.region = :region and a.path in (select 'supervised/ledger/' || b.institution || '/' || o
                                                                  from unnest(array['prepayment', 'own', 'returning']) o)
    join ledger.balance m using (region, account_id) where m.balance_fen <> 0 group by b.institution
  union all
  select b.institution, 'advances', 1, sum(m.balance_fen)::bigint
    from body b join ledger.account a on a.region = :region and a.path like 'fund/advance/vbp/%/' || b.institution || '/%'
    join ledger.balance m using (region, account_id) where m.balance_fen <> 0 group by b.institution
  union all
  select institution, 'breaches', count(*)::int, 0
    from body join settle.breaches x using (institution)
   where x.region = :region and x.corrected_on is null and x.exempted_on is null group by institution
  order by 1, 2`;

async function openAt(db: Knex, region: string, changes: readonly BodyChange[]): Promise<OpenItem[]> {
  const { rows } = await db.raw<{ rows: OpenItem[] }>(OPEN, {
    region,
    institutions: changes.map(({ institution }) => institution),
    bodies: changes.map(({ from }) => from),
  } as never);
  return rows;
}
