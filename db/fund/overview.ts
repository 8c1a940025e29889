import type { Knex } from 'knex';
import type { Period, PlainDate } from '../../domain/plain-date';

interface Month {
  region: string;
  period: Period;
  institution?: string;
}

export interface EligibilityRow {
  institution: string;
  eligible: boolean;
  results: { condition: string; met: boolean; evidence: string }[];
}

export interface PreallocationRow {
  institution: string;
  pool: string;
  ratio: string;
  amountFen: bigint;
  state: string;
  paidOn: PlainDate | null;
}

export interface SettlementRow {
  institution: string;
  pool: string;
  payableFen: bigint;
  preallocatedFen: bigint;
  carriedInFen: bigint;
  paidFen: bigint;
  heldFen: bigint;
  heldFor: string[];
  carriedOutFen: bigint;
  /** Null while the run may still be rejected. */
  settledOn: PlainDate | null;
  state: string | null;
  releasedIn: string | null;
}

/** Who is eligible in a month, with each condition's result and evidence. */
export async function loadEligibilityRows(db: Knex, { region, period, institution }: Month): Promise<EligibilityRow[]> {
  return db('settle.eligibility')
    .where({ region, period, ...(institution === undefined ? {} : { institution }) })
    .orderBy('institution')
    .select<EligibilityRow[]>('institution', 'eligible', 'results');
}

/** What a month's run pre-allocates, with the state of each payment; `planned` before it is prepared. */
export async function loadPreallocationRows(
  db: Knex,
  { region, period, institution }: Month,
): Promise<PreallocationRow[]> {
  const { rows } = await db.raw<{ rows: PreallocationRow[] }>(
    `select a.institution, a.pool, a.ratio, a.amount_fen as "amountFen", coalesce(p.state, 'planned') as state,
            (select max(s.booked_on) from settle.payment_states s where s.payment_id = a.payment_id and s.to_state = 'succeeded') as "paidOn"
       from settle.preallocations a left join settle.payments p using (payment_id)
      where a.region = :region and a.period = :period and coalesce(a.institution = :institution, true)
      order by a.institution, a.pool`,
    { region, period, institution: institution ?? null } as never,
  );
  return rows;
}

/**
 * What became of a month, by institution and pool. What came back in it is taken off what was pre-allocated, and what is carried in
 * is what the month before carried out.
 */
export async function loadSettlementRows(db: Knex, { region, period, institution }: Month): Promise<SettlementRow[]> {
  return db('settle.settlements as s')
    .leftJoin('settle.payments as p', 'p.payment_id', 's.payment_id')
    .where({ 's.region': region, 's.period': period, ...(institution ? { 's.institution': institution } : {}) })
    .orderBy(['s.institution', 's.pool'])
    .select({
      institution: 's.institution',
      pool: 's.pool',
      payableFen: 's.payable_fen',
      paidFen: 's.paid_fen',
      heldFen: 's.held_fen',
      heldFor: 's.held_for',
      carriedOutFen: 's.carried_out_fen',
      settledOn: 's.settled_on',
      state: 'p.state',
      releasedIn: 's.released_in',
    })
    .select<SettlementRow[]>(
      db.raw('s.preallocated_fen - s.collected_fen - s.returned_fen as "preallocatedFen"'),
      db.raw('s.carried_in_fen - s.collected_fen + s.beyond_fen as "carriedInFen"'),
    );
}

/** What other regions' pools owe for a month's claims (就医地结算、参保地支付), by region and pool; settled between the regions. */
export async function loadInterRegional(
  db: Knex,
  { region, period }: Month,
): Promise<{ payingRegion: string; pool: string; claims: number; payableFen: bigint }[]> {
  const { rows } = await db.raw<{
    rows: { payingRegion: string; pool: string; claims: number; payableFen: bigint }[];
  }>(
    `select paying_region as "payingRegion", pool, count(*)::int as claims, sum(declared_fen - deducted_fen)::bigint as "payableFen"
       from settle.claims where region = ? and period = ? and paying_region <> region group by 1, 2 order by 1, 2`,
    [region, period],
  );
  return rows;
}
