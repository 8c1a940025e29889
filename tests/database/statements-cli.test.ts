import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// One window on the command line: letters, statements, what is missing and topped up, disputes and what is taken back.

let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let directory: string;
let A: string;
let B: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-statements-'));
  database = await createTestDatabase();
  const { bodies } = await saveWindowRegion(database.owner, { institutions: 4, entrusted: false });
  [A, B] = bodies as [string, string];
  await acceptLines(database.app, [
    { line: 'L1', body: A, enterprise: 'E0001', amountFen: 100_000_00n },
    { line: 'L2', body: A, enterprise: 'E0001', amountFen: -20_000_00n },
    { line: 'L3', body: A, enterprise: 'E0002', amountFen: 3_000_00n },
    { line: 'L4', body: A, enterprise: 'E0002', amountFen: -3_000_00n },
    { line: 'M1', body: B, enterprise: 'E0001', amountFen: 500_00n },
  ]);
  await fund(database.app, A, { prepayment: 60_000_00n, own: 10_000_00n });
  context = windowContext(database.app, '2026-04-10');
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

const settle = (...argv: string[]): Promise<CliRun> => cli(argv, { running: context });
const OFFICER = ['--as', `${REGION}-officer`];
const ACCOUNTANT = ['--as', `${REGION}-accountant`];
const window = async (): Promise<unknown> => dataOf(await settle('statements', 'list', '--json'));
const count = async (table: string): Promise<number> => (await database.app(`settle.${table}`)).length;

describe('entrustment letters', () => {
  it('missing ones are listed, and nobody confirms without one', async () => {
    const run = await settle('entrustment', 'list', '--missing', '--json');
    expect((dataOf(run) as { missing: { institution: string }[] }).missing.map((each) => each.institution)).toEqual(
      expect.arrayContaining([A, B]),
    );
    const refused = await settle('statements', 'confirm', A, ...OFFICER, '--json');
    expect(refused.exitCode).toBe(1);
    expect(failureOf(refused).error.code).toBe('EntrustmentMissing');
  });

  it('one is filed with the hash of the document', async () => {
    const letter = join(directory, 'letter.pdf');
    writeFileSync(letter, 'abc');
    const argv = [
      'entrustment',
      'file',
      '--institution',
      A,
      '--number',
      'W1',
      '--from',
      '2026-03-01',
      '--document',
      letter,
    ];
    expect((await settle(...argv, ...OFFICER, '--dry-run')).stdout).toContain('nothing was recorded');
    expect(await count('entrustments')).toBe(0);
    expect(dataOf(await settle(...argv, ...OFFICER, '--json'))).toMatchObject([
      // SHA-256 of "abc", as FIPS 180-2 gives it.
      { number: 'W1', sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', again: false },
    ]);
    expect((await settle(...argv, ...OFFICER)).stdout).toContain('it was on file');
  });

  it('a file of them is taken whole or not at all', async () => {
    const file = join(directory, 'entrustments.csv');
    const header = 'institution,number,from,to,sha256\n';
    writeFileSync(file, `${header}${B},W1,2026-03-01,,${'b'.repeat(64)}\n${B},W2,2026-03-01,2026-02-01x,zz\n`);
    const bad = await settle('entrustment', 'import', file, ...OFFICER, '--json');
    expect(failureOf(bad).error).toMatchObject({ code: 'FileInvalid', place: { line: 3 } });
    expect(await count('entrustments')).toBe(1);
    writeFileSync(file, `${header}${B},W1,2026-03-01,,${'b'.repeat(64)}\n`);
    expect((await settle('entrustment', 'import', file, ...OFFICER)).exitCode).toBe(0);
    const list = await settle('entrustment', 'list', '--institution', B);
    expect(list.stdout).toContain('W1');
    expect(list.stdout).toContain('是 yes');
  });
});

describe('what is taken stock of', () => {
  it('is read from an imported region: letters on file, and open ledgers', async () => {
    const report = dataOf(await settle('prepare', '--region', REGION, '--json')) as {
      bodies: { institution: string; letter: string | null; ledgerOpen: boolean }[];
      lettersMissing: string[];
    };
    expect(report).toMatchObject({ region: REGION, year: 2026, firstWindowOn: '2026-03-01' });
    expect(report.bodies.filter(({ letter }) => letter !== null).map(({ institution }) => institution)).toEqual([A, B]);
    expect(report.bodies.every(({ ledgerOpen }) => ledgerOpen)).toBe(true);
    expect(report.lettersMissing).toHaveLength(report.bodies.length - 2);
  });
});

describe('statements', () => {
  it('are listed with what is open, payable, carried and missing', async () => {
    expect(await window()).toMatchObject([
      {
        region: REGION,
        period: '2026-04',
        institution: A,
        state: 'ConfirmationUnfunded',
        openLines: 4,
        payable: '80000.00',
        carried: '0.00',
        missing: '10000.00',
      },
      { institution: B, state: 'ConfirmationUnfunded', openLines: 1, payable: '500.00', missing: '500.00' },
    ]);
    expect((await settle('statements', 'list')).stdout).toContain('资金不足 unfunded');
    expect((await settle('statements', 'list', '--period', '2026-03')).stdout).toContain('nothing is open in 2026-03');
  });

  it('are shown as they would come out', async () => {
    const { stdout } = await settle('statements', 'show', A, '--lines');
    expect(stdout).toContain('10,000.00 is missing: 80,000.00 is needed and 70,000.00 is there');
    expect(stdout).toContain('carried · 结转  E0002: 0.00 over 2 lines');
    expect(stdout).toMatch(/L2 +2026-04 +E0001 +return .* -20,000\.00 +open/);
  });

  it('of which one is short are refused with what is missing; the others go through', async () => {
    const dry = await settle('statements', 'confirm', '--all', ...OFFICER, '--dry-run', '--json');
    expect(dry.exitCode).toBe(3);
    expect(dataOf(dry)).toMatchObject([
      { institution: A, outcome: 'refused', code: 'ConfirmationUnfunded', missing: '10000.00', dryRun: true },
      { institution: B, outcome: 'refused', missing: '500.00' },
    ]);
    expect(await count('refused_confirmations')).toBe(1);
    const topUp = ['top-up', 'record', '--institution', B, '--amount', '500.00', '--received-on', '2026-04-10'];
    expect((await settle(...topUp, '--number', 'T1', ...ACCOUNTANT, '--dry-run')).stdout).toContain(
      'nothing was recorded',
    );
    expect((await settle(...topUp, '--number', 'T1', ...ACCOUNTANT)).stdout).toContain('500.00 is own money');
    expect(dataOf(await settle('top-up', 'list', '--json'))).toMatchObject([{ topUpId: 'T1', amount: '500.00' }]);
    const run = await settle('statements', 'confirm', '--all', ...OFFICER);
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toContain(
      `✗ ${A} needs 80000.00 for 2026-04 and has 70000.00: 10000.00 is missing [ConfirmationUnfunded]`,
    );
    expect(run.stdout).toContain(`✓ ${B} 2026-04#1: 500.00, 0.00 from prepayment, 500.00 own money`);
  });

  it('are smaller by what is disputed', async () => {
    const dispute = ['statements', 'dispute', A, 'L1', '--reason', '示例：数量不符', ...OFFICER];
    expect((await settle(...dispute, '--dry-run')).stdout).toContain('nothing was recorded');
    expect(await count('line_disputes')).toBe(0);
    expect(
      dataOf(await settle('statements', 'dispute', A, 'L2', '--reason', '示例', ...OFFICER, '--json')),
    ).toMatchObject({
      disputed: 1,
      amount: '-20000.00',
    });
    expect(failureOf(await settle(...dispute.slice(0, 3), 'L9', ...dispute.slice(4), '--json')).error.code).toBe(
      'LineNotOpen',
    );
  });

  it('are confirmed, shown by enterprise, taken back and confirmed again', async () => {
    const topUp = ['top-up', 'record', '--institution', A, '--amount', '30000.00', '--received-on', '2026-04-10'];
    await settle(...topUp, '--number', 'T2', ...ACCOUNTANT);
    expect(dataOf(await settle('statements', 'confirm', A, ...OFFICER, '--json'))).toMatchObject([
      {
        outcome: 'confirmed',
        again: false,
        revision: 1,
        net: '100000.00',
        fromPrepayment: '60000.00',
        fromOwn: '40000.00',
        topUp: '30000.00',
      },
    ]);
    expect((await settle('statements', 'confirm', A, ...OFFICER)).stdout).toContain('was confirmed before');
    const shown = dataOf(await settle('statements', 'show', A, '--json'));
    expect(shown).toMatchObject({
      state: 'confirmed',
      statement: {
        revision: 1,
        entrustment: 'W1',
        enterprises: [{ enterprise: 'E0001', net: '100000.00', payment: null }],
      },
      carriedEnterprises: [{ enterprise: 'E0002', net: '0.00' }],
    });
    const withdraw = ['statements', 'withdraw', A, '--reason', '示例：重新核对', ...OFFICER];
    expect((await settle(...withdraw, '--dry-run')).stdout).toContain('nothing was recorded');
    expect((await settle(...withdraw)).stdout).toContain('1 lines are open again');
    expect((await settle('statements', 'show', A)).stdout).toContain('taken back on 2026-04-10');
    expect(failureOf(await settle(...withdraw, '--json')).error.code).toBe('StatementMissing');
    expect((await settle('statements', 'confirm', A, ...OFFICER)).stdout).toContain(`${A} 2026-04#2: 100,000.00`);
    expect(dataOf(await settle('statements', 'list', '--unconfirmed', '--json'))).toEqual([]);
  });

  it('are not confirmed after the 20th: exit code 6', async () => {
    context.setDay('2026-04-21');
    const run = await settle('statements', 'confirm', '--all', ...OFFICER, '--json');
    context.setDay('2026-04-10');
    expect(run.exitCode).toBe(6);
    expect(failureOf(run).error).toMatchObject({
      code: 'OutsideWindow',
      message: 'window 2026-04 is open to institutions from 2026-04-06 to 2026-04-20, not on 2026-04-21',
    });
  });
});

describe('a mistake of usage is found before anything is connected', () => {
  it.each([
    ['nobody is named', ['statements', 'confirm', ...OFFICER]],
    ['all and one', ['statements', 'confirm', 'H65050000001', '--all', ...OFFICER]],
    ['lines of two bodies', ['statements', 'confirm', 'H65050000001', 'H65050000002', '--lines', 'L1', ...OFFICER]],
    ['an empty line id', ['statements', 'confirm', 'H65050000001', '--lines', 'L1,', ...OFFICER]],
    ['no reason', ['statements', 'dispute', 'H65050000001', 'L1', ...OFFICER]],
    ['an institution of another form', ['statements', 'show', 'H1']],
    [
      'neither letter nor hash',
      ['entrustment', 'file', '--institution', 'H65050000001', '--number', 'W', '--from', '2026-03-01', ...OFFICER],
    ],
    ['a hash of another form', ['entrustment', 'file', '--sha256', 'abc', ...OFFICER]],
    ['an amount that is none', ['top-up', 'record', '--amount', 'many', ...ACCOUNTANT]],
    ['nobody acts', ['statements', 'confirm', 'H65050000001']],
  ])('%s', async (_, argv) => {
    const run = await cli([...argv, '--json']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(failureOf(run).error.code).toBe('UsageInvalid');
  });
});
