import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mailboxIn, optionally } from './mailbox';

/** What lies in the directories that are shared with a bank. */
export interface BankFiles {
  directory: string;
  /** Outbox and inbox are there. */
  there: boolean;
  /** Ours that the bank has not taken yet. */
  notTaken: string[];
  /** The bank's that are not in the books yet, and others that are no message. */
  notBooked: string[];
  rejected: { file: string; reason: string }[];
}

/** Reads names and reasons only, and changes nothing. */
export async function lookAtBankFiles(directory: string): Promise<BankFiles> {
  const box = mailboxIn(directory);
  const names = async (path: string): Promise<string[] | undefined> =>
    (await optionally(readdir(path, { withFileTypes: true })))
      ?.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  const [notTaken, notBooked, rejected] = await Promise.all([box.outbox, box.inbox, box.rejected].map(names));
  const files = (rejected ?? []).filter((name) => !name.endsWith('.reason'));
  return {
    directory,
    there: notTaken !== undefined && notBooked !== undefined,
    notTaken: notTaken ?? [],
    notBooked: notBooked ?? [],
    rejected: await Promise.all(
      files.map(async (file) => {
        const reason = await optionally(readFile(join(box.rejected, `${file}.reason`), 'utf8'));
        return { file, reason: reason?.trim() ?? 'unknown' };
      }),
    ),
  };
}
