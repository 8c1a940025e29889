import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Bank } from '../../activities/bank/port';
import type { ClockPort } from '../clock';

/** What every command works with: CLI, API and the rehearsal's actors build it and call the same functions. */
export interface CommandContext {
  db: Knex;
  client: Client;
  clock: ClockPort;
  log: Logger;
  /** The bank, for what no case asks about any more; absent where none is named. */
  connectBank?: () => Bank;
  /**
   * Where cases have clocks of their own: brings one to the present before it is told something, and lets it come to rest
   * afterwards. Absent where all live by the host's clock.
   */
  reach?: (caseId: string) => Promise<void>;
  settled?: (caseId: string) => Promise<void>;
}
