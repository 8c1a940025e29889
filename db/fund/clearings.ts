import type { Knex } from 'knex';
import type { Period, PlainDate } from '../../domain/plain-date';

export interface ClearingRecord {
  institution: string;
  pool: string;
  payableFen: bigint;
  preallocatedFen: bigint;
  paidFen: bigint;
  heldFen: bigint;
  releasedFen: bigint;
  carriedOutFen: bigint;
}

/**
 * Signs the clearing of a quarter: for each institution and pool the sums over all months settled up to its last one, what
 * was carried out by the last of them, and what of the held money the bank has booked since. What was collected, or
 * sent back by the bank and is paid since, is taken off what was pre-allocated.
 */
export async function signClearings(
  trx: Knex,
  { region, quarter, lastMonth, on }: { region: string; quarter: string; lastMonth: Period; on: PlainDate },
): Promise<number> {
  const { rows } = await trx.raw<{ rows: { count: number }[] }>(
    `with months as (
       select s.*, row_number() over (partition by s.institution, s.pool order by s.period desc) = 1 as is_last,
              p.state = 'succeeded' as is_released
         from settle.settlements s left join settle.payments p on p.payment_id = s.release_payment_id
        where s.region = :region and s.period <= :lastMonth and s.settled_on is not null),
     signed as (
       insert into settle.clearings (region, quarter, institution, pool, payable_fen, preallocated_fen, paid_fen, held_fen, released_fen,
              carried_out_fen, signed_on)
       select :region, :quarter, institution, pool, sum(payable_fen), sum(preallocated_fen - collected_fen - returned_fen), sum(paid_fen), sum(held_fen),
              coalesce(sum(held_fen) filter (where is_released), 0), sum(carried_out_fen) filter (where is_last), cast(:on as date)
         from months group by institution, pool
       on conflict do nothing returning 1)
     select count(*)::int as count from signed`,
    { region, quarter, lastMonth, on },
  );
  return rows[0]!.count;
}

export async function loadClearings(db: Knex, region: string, quarter: string): Promise<ClearingRecord[]> {
  return db('settle.clearings').where({ region, quarter }).orderBy(['institution', 'pool']).select<ClearingRecord[]>({
    institution: 'institution',
    pool: 'pool',
    payableFen: 'payable_fen',
    preallocatedFen: 'preallocated_fen',
    paidFen: 'paid_fen',
    heldFen: 'held_fen',
    releasedFen: 'released_fen',
    carriedOutFen: 'carried_out_fen',
  });
}
