import type { Knex } from 'knex';
import type { Actors } from './actors/actors';

/** Tables that a rehearsal fills within seconds, and that are joined in bulk. */
const GROWING = [
  'settle.application_lines',
  'settle.settled_lines',
  'settle.statement_enterprises',
  'settle.payments',
  'settle.payment_states',
  'settle.approval_items',
  'ledger.account',
  'ledger.balance',
  'ledger.journal',
  'ledger.transfer',
];

/**
 * Tells the planner how large the tables are. In daily use PostgreSQL does so by itself within a minute; a rehearsed year is
 * over by then.
 */
export async function refreshStatistics(owner: Knex): Promise<void> {
  await owner.raw(`analyze ${GROWING.join(', ')}`);
}

/** Has the statistics refreshed whenever these people have acted. */
export function withStatistics(actors: Actors, owner: Knex): Actors {
  return {
    ...actors,
    async act(point) {
      const acted = await actors.act(point);
      if (acted) await refreshStatistics(owner);
      return acted;
    },
  };
}
