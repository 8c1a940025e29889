import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where an agency's own data lives between runs, such as imported calendar years: `SETTLE_DATA`, else `settle` in the
 * XDG data directory. It is not created here.
 */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { SETTLE_DATA: chosen, XDG_DATA_HOME: shared } = environment;
  return chosen || join(shared || join(homedir(), '.local', 'share'), 'settle');
}
