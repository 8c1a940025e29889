import type { Knex } from 'knex';
import type { PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';
import { topUpKey } from '../domain/window/ids';

/** What an institution paid in so that its statement is funded. */
export interface TopUp {
  /** The payer's own number: the same one again of this institution is one top-up. */
  topUpId: string;
  /** A settlement body. */
  institution: string;
  amountFen: bigint;
  /** When the bank booked it. */
  receivedOn: PlainDate;
}

interface StoredTopUp {
  top_up_id: string;
  institution: string;
  period: string;
  amount_fen: bigint;
  received_on: PlainDate;
}

/**
 * Records top-ups. @returns the keys of those that are new
 *
 * @throws Refusal `IdempotencyConflict` for one that is recorded with other content
 */
export async function insertTopUps(
  trx: Knex,
  input: { region: string; period: string; topUps: readonly TopUp[]; person?: string },
): Promise<Set<string>> {
  const { region, period, topUps, person } = input;
  const ids = topUps.map(({ topUpId }) => topUpId);
  const { rows } = await trx.raw<{ rows: { top_up_id: string; institution: string }[] }>(
    `insert into settle.top_ups (region, period, top_up_id, institution, amount_fen, received_on, recorded_by)
     select ?, ?, i.*, coalesce(?, i.institution)
       from unnest(?::text[], ?::text[], ?::bigint[], ?::date[]) i (top_up_id, institution, amount_fen, received_on)
     on conflict (region, institution, top_up_id) do nothing returning top_up_id, institution`,
    [
      region,
      period,
      person ?? null,
      ids,
      topUps.map(({ institution }) => institution),
      topUps.map(({ amountFen }) => amountFen),
      topUps.map(({ receivedOn }) => receivedOn),
    ] as never,
  );
  const stored = await trx('settle.top_ups')
    .where({ region })
    .whereRaw('top_up_id = any(?::text[])', [ids])
    .select<StoredTopUp[]>('*');
  const known = new Map(stored.map((row) => [topUpKey(region, row.institution, row.top_up_id), row]));
  for (const { topUpId, institution, amountFen, receivedOn } of topUps) {
    const row = known.get(topUpKey(region, institution, topUpId))!;
    const same = row.period === period && row.amount_fen === amountFen && row.received_on === receivedOn;
    if (!same)
      throw new Refusal('IdempotencyConflict', `top-up ${topUpId} of ${institution} is recorded with other content`, {
        topUpId,
        institution,
      });
  }
  return new Set(rows.map(({ institution, top_up_id }) => topUpKey(region, institution, top_up_id)));
}

/** Top-ups of a window, by body, day and number. */
export async function loadTopUps(
  db: Knex,
  where: { region: string; period: string },
): Promise<(TopUp & { recordedBy: string })[]> {
  const rows = await db('settle.top_ups').where(where).orderBy(['institution', 'received_on', 'top_up_id']).select('*');
  return rows.map((row) => ({
    topUpId: row.top_up_id,
    institution: row.institution,
    amountFen: row.amount_fen,
    receivedOn: row.received_on,
    recordedBy: row.recorded_by,
  }));
}
