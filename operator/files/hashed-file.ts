import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { changedFile, createFileFindings, refusalOf } from './findings';

/** A megabyte at a time: small chunks cost more than their hash. */
const HASHED_BYTES = 1_048_576;

export interface HashedFile {
  readonly sha256: string;
  /**
   * To be called when the file has been read: its rows go under the hash of these bytes, and the same hash again is taken for
   * the same rows.
   *
   * @throws Refusal `FileInvalid` where somebody has written the file since
   */
  requireUnchanged(): Promise<void>;
}

/** The SHA-256 of a file that is read afterwards. @throws Refusal `FileInvalid` where it cannot be read */
export async function hashFile(path: string): Promise<HashedFile> {
  const findings = createFileFindings(path);
  try {
    const before = await versionOf(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: HASHED_BYTES })) hash.update(chunk as Buffer);
    return {
      sha256: hash.digest('hex'),
      requireUnchanged: async () => {
        if ((await versionOf(path).catch(() => undefined)) !== before) throw changedFile(path);
      },
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') findings.add('file-missing', 'the file is not there');
    else findings.add('file-unreadable', `the file cannot be read: ${message}`);
    throw refusalOf(path, findings.list());
  }
}

async function versionOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs].join('/');
}
