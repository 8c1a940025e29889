import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { period } from '../../domain/plain-date';
import { readClaims, readSpending, readStandings } from '../../operator/files/fund-data';
import { readRegionFolder } from '../../operator/files/region-folder';
import { makeClaims, makeSpending, makeStandings } from '../../rehearsal/made-up-funds';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeFundFiles, writeRegionFolder } from '../../rehearsal/region-files';

const POOLS = ['employee', 'resident'] as const;
const APRIL = period('2026-04');

describe('made-up figures of monthly funds', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'settle-funds-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('are files of a folder that read back as they were made, for 5,000 institutions', async () => {
    const region = makeRegion({ code: '999901', institutions: 5_000 });
    const spending = makeSpending(region, {
      year: 2025,
      yearFen: { employee: 9_000_000_000_001n, resident: 7_000_000_000_003n },
    });
    // To the fen.
    expect(spending.reduce((total, { amountFen }) => total + amountFen, 0n)).toBe(16_000_000_000_004n);
    const standings = makeStandings(region);
    const claims = makeClaims(region, spending, { period: APRIL, payingRegions: ['999902'] });
    await writeRegionFolder(directory, region);
    await writeFundFiles(directory, region, { spending, standings, claims: new Map([[APRIL, claims]]) });

    const { region: read, findings } = await readRegionFolder(directory);
    expect(findings).toEqual([]);
    expect(await readSpending(read!.files.spending)).toEqual(spending);
    expect(await readStandings(read!.files.eligibility)).toEqual(standings);
    const institutions = new Set(region.institutions.map(({ institution }) => institution));
    const [file] = read!.files.claims;
    expect(await readClaims(file!.path, { region: region.code, institutions, pools: POOLS })).toEqual(claims);
    expect(claims.some(({ payingRegion }) => payingRegion === '999902')).toBe(true);
  });

  it('are the same every time, and others in another month', async () => {
    const region = makeRegion({ code: '999901', institutions: 50 });
    const spending = makeSpending(region, { year: 2025, yearFen: { employee: 5_000_000n } });
    const write = async (month: string): Promise<string> => {
      const claims = makeClaims(region, spending, { period: period(month) });
      await writeFundFiles(directory, region, { spending, standings: [], claims: new Map([[APRIL, claims]]) });
      return readFileSync(join(directory, 'claims-2026-04.csv'), 'utf8');
    };
    const april = await write('2026-04');
    expect(await write('2026-04')).toBe(april);
    expect(await write('2026-05')).not.toBe(april);
  });
});
