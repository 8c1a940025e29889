import type { Knex } from 'knex';
import type { Period, PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';

/**
 * Locks all lines of a region until the transaction ends. An import of any period may take back what another window is about
 * to settle, also of a window that nobody has seen yet. Before every other lock.
 */
export async function lockLines(trx: Knex, region: string): Promise<void> {
  await trx.raw('select settle.lock_lines(?)', [region]);
}

/**
 * Locks the region's lines, a window and those before it, whose open lines it settles too, until the transaction ends: whoever imports,
 * disputes, confirms or takes back in one of them comes one after the other. In order of their periods. Who waited until the window
 * was closed comes too late: its batch is formed, and would not pay what is agreed to now.
 *
 * @throws Refusal `OutsideWindow`
 */
export async function lockWindowsUpTo(trx: Knex, region: string, period: Period): Promise<void> {
  await lockLines(trx, region);
  await trx.raw('insert into settle.windows (region, period) values (?, ?) on conflict do nothing', [region, period]);
  const { rows } = await trx.raw<{ rows: { period: Period; confirmations_closed_on: PlainDate | null }[] }>(
    'select period, confirmations_closed_on from settle.windows where region = ? and period <= ? order by period for update',
    [region, period],
  );
  const closedOn = rows.find((row) => row.period === period)?.confirmations_closed_on;
  if (closedOn)
    throw new Refusal(
      'OutsideWindow',
      `window ${period} was closed to institutions on ${closedOn}, while this waited`,
      {
        closedOn,
      },
    );
}

/**
 * Locks the ledgers of institutions until the transaction ends: a return and a confirmation at the same moment would both
 * count on the same money. In code order, after the windows.
 */
export async function lockInstitutions(trx: Knex, region: string, institutions: readonly string[]): Promise<void> {
  await trx.raw(
    `select pg_advisory_xact_lock(hashtextextended('institution/' || ? || '/' || i.institution, 0))
       from (select distinct institution from unnest(?::text[]) u (institution) order by 1) i`,
    [region, [...institutions]],
  );
}

/**
 * Monitoring of a period sees what was recorded about it before, and whoever records something later sees that monitoring has looked:
 * one after the other, until the transaction ends.
 */
export async function lockMonitoring(trx: Knex, region: string, period: Period): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`monitoring/${region}/${period}`]);
}
