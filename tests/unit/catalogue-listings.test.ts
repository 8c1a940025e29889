import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRegionFolder } from '../../operator/files/region-folder';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeRegionFolder } from '../../rehearsal/region-files';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'settle-catalogue-'));
  await writeRegionFolder(dir, makeRegion({ code: '650500', institutions: 2, enterprises: 1, seed: 1 }));
});
afterEach(() => rm(dir, { recursive: true }));

async function check(...rows: string[]): Promise<object[]> {
  await writeFile(join(dir, 'catalogue.csv'), ['drug,category,from,to', ...rows, ''].join('\n'));
  const { findings } = await readRegionFolder(dir, { applicationRows: true });
  return findings.map(({ line, column, code }) => ({ line, column, code }));
}

describe('a catalogue', () => {
  it('may list a drug again when its listing has ended, and another one at the same time', async () => {
    expect(
      await check('D1,negotiated,2026-01-01,2026-02-28', 'D1,negotiated,2026-03-01,', 'D2,negotiated,2026-01-01,'),
    ).toEqual([]);
  });

  it.each([
    ['within a listing without an end', ['D1,negotiated,2026-01-01,', 'D1,negotiated,2026-12-01,2026-12-31']],
    ['on the last day of the one before', ['D1,negotiated,2026-01-01,2026-02-28', 'D1,negotiated,2026-02-28,']],
    ['before a listing that it reaches', ['D1,negotiated,2026-05-01,', 'D1,negotiated,2026-01-01,2026-05-01']],
  ])('lists no drug twice on a day: %s', async (_, rows) => {
    expect(await check(...rows)).toEqual([{ line: 3, column: 'from', code: 'duplicate' }]);
  });
});
