import { bankDirectoryOf } from '../../activities/bank/bank-address';
import { lookAtBankFiles, type BankFiles } from '../../activities/bank/directory/look';

/** Names of one kind that are printed; the others are counted. */
const SHOWN = 5;

/** What lies in the directories of a bank that is reached over them; undefined for one over HTTP. */
export async function bankFilesOf(bankUrl: string): Promise<BankFiles | undefined> {
  const directory = bankDirectoryOf(bankUrl);
  return directory === undefined ? undefined : lookAtBankFiles(directory);
}

/** For people: what waits for the bank, what for the books, and what could not be read. */
export function bankFileLines(files: BankFiles): string[] {
  return linesOf(files).map((line) => `  ${line}`);
}

function linesOf({ directory, there, notTaken, notBooked, rejected }: BankFiles): string[] {
  if (!there) return [`${directory} has no outbox and inbox: is the disk there?`];
  return [
    directory,
    ...counted('not taken by the bank yet', notTaken),
    ...counted('not in the books yet', notBooked),
    ...counted(
      'rejected',
      rejected.map(({ file, reason }) => `${file}: ${reason}`),
    ),
  ];
}

function counted(what: string, names: readonly string[]): string[] {
  const more = names.length - SHOWN;
  return [
    `${names.length} ${what}`,
    ...names.slice(0, SHOWN).map((name) => `  ${name}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}
