import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PlainDate } from '../../../domain/plain-date';

/**
 * The directories that a bank and the engine share. `outbox` is ours to write and the bank's to empty, `inbox` the other way
 * round; `archive` has a folder for each message and each day of an account with all that was written about it, and `rejected`
 * what could not be read, each with its reason. Outbox and inbox must be there: where they are not, the disk is not.
 */
export interface Mailbox {
  readonly outbox: string;
  readonly inbox: string;
  readonly archive: string;
  readonly rejected: string;
}

export function mailboxIn(root: string): Mailbox {
  const [outbox, inbox, archive, rejected] = ['outbox', 'inbox', 'archive', 'rejected'].map((name) => join(root, name));
  return { outbox: outbox!, inbox: inbox!, archive: archive!, rejected: rejected! };
}

/** An id as part of a file name; two ids never make the same one. */
export function fileName(id: string): string {
  return id
    .replace(/^\.|[^A-Za-z0-9./-]/gu, (character) => `=${character.codePointAt(0)!.toString(16)}.`)
    .replaceAll('/', '_');
}

export const pain001File = (messageId: string): string => `pain.001-${fileName(messageId)}.xml`;
export const pacs028File = (messageId: string): string => `pacs.028-${fileName(messageId)}.xml`;
export const camt060File = (account: string, date: PlainDate): string => `camt.060-${fileName(account)}-${date}.xml`;

/** Folders below `archive`; a file of the bank has one for each thing that it speaks of. */
export const messageFolder = (messageId: string): string => join('messages', fileName(messageId));
export const dayFolder = (account: string, date: PlainDate): string => join('statements', fileName(account), date);

/** What a file that somebody is still writing is called by convention. */
const PARTIAL = '.partial';

export function isBeingWritten(name: string): boolean {
  return name.startsWith('.') || /\.(partial|part|filepart|tmp|temp|swp|crdownload)$/i.test(name) || name.endsWith('~');
}

/**
 * Puts a file there whole or not at all, and never over another: a temporary name, on the disk, then its own name. False
 * where that name is taken.
 */
export async function publish(directory: string, name: string, content: string | Uint8Array): Promise<boolean> {
  const partial = join(directory, `.${name}.${randomUUID()}${PARTIAL}`);
  const file = await open(partial, 'wx', 0o640);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  const isNew = await nameOnce(partial, join(directory, name));
  // Some network file systems know no sync of a directory; the file has its name either way.
  await syncDirectory(directory).catch(() => undefined);
  return isNew;
}

/** Unlike a rename, a link fails where the name is taken. File systems without links have the look before the rename. */
async function nameOnce(partial: string, target: string): Promise<boolean> {
  try {
    await link(partial, target);
    await unlink(partial);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' || (NO_LINKS.has(code) && (await exists(target)))) {
      await rm(partial, { force: true });
      return false;
    }
    if (!NO_LINKS.has(code)) throw error;
    await rename(partial, target);
    return true;
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Takes away what a publication of this name that did not come to its end has left; it cannot come to it any more. */
export async function withdrawPartial(directory: string, name: string): Promise<void> {
  const left = (await readdir(directory)).filter((each) => each.startsWith(`.${name}.`) && each.endsWith(PARTIAL));
  for (const each of left) await rm(join(directory, each), { force: true });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await optionally(stat(path))) !== undefined;
}

/** Undefined for what is not there, or not any more: another worker may have moved it. */
export async function optionally<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 12);
}

/** Below `archive`, by content: the same file again is the same name, another under the same name is another. */
export async function keepInArchive(box: Mailbox, folder: string, name: string, content: Uint8Array): Promise<void> {
  const directory = join(box.archive, folder);
  await mkdir(directory, { recursive: true });
  await publish(directory, archiveName(name, hashOf(content)), content);
}

export function archiveName(name: string, hash: string): string {
  return `${hash}-${name}`;
}

/** Names of the bank's files in a folder of the archive; ours have no hash before their names. */
export async function archivedNames(box: Mailbox, folder: string): Promise<string[]> {
  const names = (await optionally(readdir(join(box.archive, folder)))) ?? [];
  return names.filter((name) => /^[0-9a-f]{12}-/.test(name)).sort();
}

/** Out of the inbox into `rejected`, beside its reason, which is there first. */
export async function reject(box: Mailbox, path: string, hash: string, reason: string): Promise<void> {
  await mkdir(box.rejected, { recursive: true });
  const target = join(box.rejected, archiveName(basename(path), hash));
  await publish(dirname(target), `${basename(target)}.reason`, `${reason}\n`);
  await optionally(rename(path, target));
}
