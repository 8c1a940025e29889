import type { Knex } from 'knex';
import { caseIds } from '../../domain/ids';
import { addMonths, type Period } from '../../domain/plain-date';

/** Months that the engine settles: those between two, and earlier ones whose case has not ended. */
export async function monthsToClear(
  db: Knex,
  region: string,
  { first, last }: { first: Period; last: Period },
): Promise<Period[]> {
  return db('settle.cases')
    .where({ region, kind: 'fund' })
    .where('period', '<=', last)
    .whereRaw('(closed_on is null or period >= ?)', [first])
    .orderBy('period')
    .pluck<Period[]>('period');
}

/** The month that is settled before another one can be. */
export interface EarlierMonth {
  region: string;
  caseId: string;
  period: Period;
  /** It has no case: nobody began it. */
  isMissing: boolean;
}

/** The first month from the region's first fund on, and before this one, of which no run has been final; undefined where none is. */
export async function findEarlierMonth(db: Knex, region: string, period: Period): Promise<EarlierMonth | undefined> {
  const { rows } = await db.raw<{ rows: { period: Period; settled: boolean }[] }>(
    `select c.period, exists (select from settle.case_events e where e.case_id = c.case_id and e.event = ?) as settled
       from settle.cases c where c.region = ? and c.kind = 'fund' and c.period < ? order by c.period`,
    [SETTLED_EVENT, region, period],
  );
  let expected = rows[0]?.period;
  for (const row of [...rows, { period, settled: true }]) {
    if (expected === undefined) return undefined;
    const caseId = caseIds.fund(region, expected);
    if (row.period !== expected) return { region, caseId, period: expected, isMissing: true };
    if (!row.settled) return { region, caseId, period: expected, isMissing: false };
    expected = addMonths(expected, 1);
  }
  return undefined;
}

/** Written when a run makes final what could be worked out of the month. */
export const SETTLED_EVENT = 'month-settled';

export async function isMonthSettled(db: Knex, caseId: string): Promise<boolean> {
  const event = await db('settle.case_events').where({ case_id: caseId, event: SETTLED_EVENT }).first('event_id');
  return event !== undefined;
}
