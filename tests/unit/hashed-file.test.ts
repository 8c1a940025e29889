import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../domain/finding';
import { readChunks } from '../../operator/files/encoding';
import { hashFile } from '../../operator/files/hashed-file';
import { refusalOfAsync } from '../support/refusal';

// What is read goes under the hash of the bytes that were read: a file that is still being copied would else count as imported.

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle-hashed-'));
  path = join(directory, 'claims-2026-04.csv');
  writeFileSync(path, 'institution,pool\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

const codesOf = async (work: Promise<unknown>): Promise<unknown> => {
  const { code, details } = await refusalOfAsync(() => work);
  expect(code).toBe('FileInvalid');
  return (details['findings'] as Finding[]).map((finding) => finding.code);
};

it('a file has the hash of its bytes and may be read as often as one likes', async () => {
  const { sha256, requireUnchanged } = await hashFile(path);
  expect(sha256).toBe(createHash('sha256').update('institution,pool\n').digest('hex'));
  await requireUnchanged();
  utimesSync(path, new Date(), new Date(Date.now() + 60_000));
  const again = await hashFile(path);
  await again.requireUnchanged();
});

it.each<[string, () => void]>([
  ['more is written', () => appendFileSync(path, 'H32130000001,employee\n')],
  [
    'it is replaced by another one',
    () => {
      writeFileSync(`${path}.new`, 'institution,pooL\n');
      renameSync(`${path}.new`, path);
    },
  ],
  ['it is removed', () => rmSync(path)],
])('it is refused when %s while it is read', async (_, change) => {
  const { requireUnchanged } = await hashFile(path);
  change();
  expect(await codesOf(requireUnchanged())).toEqual(['file-changed']);
});

it('so is text that is not what it was when its encoding was looked at', async () => {
  const all = async (encoding: 'utf-8' | 'gb18030'): Promise<void> => {
    for await (const text of readChunks(path, encoding)) expect(text).toBeDefined();
  };
  writeFileSync(path, Buffer.from([0xff, 0xff, 0x0a]));
  expect(await codesOf(all('utf-8'))).toEqual(['file-changed']);
  expect(await codesOf(all('gb18030'))).toEqual(['file-changed']);
});

it('a file that is not there or cannot be read says so', async () => {
  expect(await codesOf(hashFile(join(directory, 'nowhere.csv')))).toEqual(['file-missing']);
  expect(await codesOf(hashFile(directory))).toEqual(['file-unreadable']);
});
