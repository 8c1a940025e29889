import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearse';
import { regionOf } from '../support/stage';

// A region with a single institution: 2,000.00 × 50 % = 1,000.00 prepaid, 100.00 a month (新医保发〔2025〕50号 四(一)).

const ONLY = 'H65077900001';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 演练-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function run(cashFen: bigint, scenario: string): Promise<RehearsalResult> {
  const hospitals = [{ institution: ONLY, baseFen: 200_000n }];
  const region = regionOf('650779', hospitals, { budgets: { employee: 100_000n } });
  const funds = region.funds.map((fund) => ({ ...fund, cashFen }));
  await writeRegionFolder(join(directory, 'region'), { ...region, funds });
  writeFileSync(join(directory, 'scenario.yaml'), scenario);
  return rehearse({
    regions: [join(directory, 'region')],
    from: '2026-01',
    to: '2026-04',
    policies: [],
    scenario: join(directory, 'scenario.yaml'),
    seed: 1,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log: pino({ level: 'silent' }),
  });
}

const REJECTED = (retryOn: string): string =>
  `bank: [{ kind: disbursement, institution: ${ONLY}, outcome: rejected, retryOn: ${retryOn} }]`;

describe('a disbursement that is sent again in April', () => {
  it('has its first return in April, which is moved on with April’s last working day', async () => {
    const { ok, summaries } = await run(100_000n, REJECTED('2026-04-10'));
    expect(ok).toBe(true);
    expect(summaries[0]!.prepayments).toMatchObject([{ amount: '1000.00', disbursedOn: '2026-04-10' }]);
    expect(summaries[0]!.returns.find(({ period }) => period === '2026-04')).toMatchObject({
      amount: '100.00',
      receivedOn: '2026-04-15',
      state: 'on-time',
      toFundOn: '2026-04-30',
    });
  }, 120_000);

  it('after the 20th has its first return in May', async () => {
    const { ok, summaries } = await run(100_000n, REJECTED('2026-04-21'));
    expect(ok).toBe(true);
    expect(summaries[0]!.returns).toEqual([]);
  }, 120_000);
});

describe('a pool that may prepay more than its account has', () => {
  it('prepays nothing: the missing amount is named', async () => {
    await expect(run(99_999n, '')).rejects.toMatchObject({
      code: 'LedgerInsufficient',
      details: { pool: 'employee', missing: '0.01' },
    });
  }, 120_000);
});
