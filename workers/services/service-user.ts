import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** An account that a service runs as. */
export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// PostgreSQL refuses to run as root; the first of these accounts that exists runs it then.
const UNPRIVILEGED_ACCOUNTS = ['postgres', 'nobody'] as const;

const OTHERS_MAY_ENTER = 0o001;

/** The account to run PostgreSQL as, or undefined when the current one will do. */
export function postgresUser(): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of UNPRIVILEGED_ACCOUNTS) {
    const account = accounts.find(([name]) => name === wanted);
    if (account) return { name: wanted, uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(
    `PostgreSQL cannot run as root, and none of the accounts ${UNPRIVILEGED_ACCOUNTS.join(', ')} exists: ` +
      'create one, run as an ordinary user, or set DATABASE_URL to a PostgreSQL that runs already',
  );
}

/** The first directory on the way to `path` that other accounts may not enter, if any. */
export function closedToOthers(path: string): string | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    if ((statSync(directory).mode & OTHERS_MAY_ENTER) === 0) return directory;
    if (dirname(directory) === directory) return undefined;
  }
}
