import type { Knex } from 'knex';
import type { Period, PlainDate } from '../../domain/plain-date';

/** How far the review of a month's claims is: the day of its re-check, or with whom it waits. */
export async function loadReview(
  db: Knex,
  region: string,
  period: Period,
): Promise<{ reviewedOn: PlainDate | null; waitsFor: string }> {
  const rows = await db('settle.current_claim_reviews')
    .where({ region, period })
    .select<{ step: string; reviewed_on: PlainDate }[]>('step', 'reviewed_on');
  const dayOf = (step: string): PlainDate | undefined => rows.find((row) => row.step === step)?.reviewed_on;
  const reviewedOn = dayOf('re-check') ?? null;
  if (reviewedOn !== null) return { reviewedOn, waitsFor: '' };
  if (dayOf('first-review')) return { reviewedOn, waitsFor: 'waits for re-check' };
  const claim =
    (await db('settle.claims').where({ region, period }).first('institution')) ??
    (await db('settle.claim_files').where({ region, period }).first('region'));
  return { reviewedOn, waitsFor: claim ? 'waits for first-review' : 'the claims have not come' };
}
