import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Phase } from '../../domain/business-time';
import { monitor, startPlannedAt } from '../support/breach-stage';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { startTestStage, type TestStage } from '../support/stage';
import { apply, hospitalOf, windowRegionOf } from '../support/window-stage';

// `settle breaches` and `settle enterprises` on a whole stage (新医保发〔2025〕50号 五).

const CODE = '650761';
const BREACH = `breach/${hospitalOf(CODE)}/late-reconciliation/2026-04`;
const INTERVIEW = 'enterprise/E0001/interview/2026-04';
const SAID = ['--evidence', '示例：核查记录3号', '--as', `${CODE}-officer`];

let play: TestStage;
let directory: string;
const settle = (...argv: string[]): Promise<CliRun> => cli(argv, { running: play.context });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle 监测-'));
  play = await startTestStage([windowRegionOf(CODE, ['E0001', 'E0002'])]);
  await apply(play, CODE, '2026-04', [{ line: 'L1', enterprise: 'E0002', amountFen: 1_000_000n }]);
}, 120_000);
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await play.stop();
});

describe('enterprises', () => {
  it('supply figures come in from a file; a dry run records nothing', async () => {
    play.setClock('2026-05-01', Phase.PeopleAct);
    const file = join(directory, 'supply-2026-04.csv');
    const header = 'enterprise,orders,responded,ordered_quantity,delivered_quantity\n';
    writeFileSync(file, `${header}E0002,100,79,1000,1000\n`);
    const person = ['--as', `${CODE}-officer`];
    const dry = await settle('enterprises', 'import-supply', file, ...person, '--dry-run');
    expect(dry.stdout).toContain('1 enterprises would be recorded for 2026-04, 0 stood already');
    const done = await settle('enterprises', 'import-supply', file, ...person, '--json');
    expect(dataOf(done)).toEqual({ period: '2026-04', added: 1, repeated: 0, warned: [], dryRun: false });
  });

  it('warnings of a month are written as a file', async () => {
    await monitor(play, CODE, '2026-04', '2026-05-06');
    const out = join(directory, 'warnings.csv');
    expect((await settle('enterprises', 'warnings', '--period', '2026-04', '--out', out)).exitCode).toBe(0);
    expect(readFileSync(out, 'utf8').split('\n')[1]).toBe(
      'E0002,示例医药E0002,2026-04,100,79,0.7900,1000,1000,1.0000,response,2026-05-06',
    );
    const { stdout } = await settle('enterprises', 'warnings', '--period', '2026-03');
    expect(stdout.trim().split('\n')).toHaveLength(1);
  }, 60_000);

  it('an interview is found, refused, reported and performed, each with its next step', async () => {
    play.setClock('2026-05-06', Phase.PeopleAct);
    const find = ['enterprises', 'find', '--enterprise', 'E0001', '--period', '2026-04', ...SAID];
    expect((await settle(...find)).stdout).toContain(
      `${INTERVIEW} is open\n  next  the enterprise performs by 2026-05-19`,
    );
    await startPlannedAt(play, CODE, '2026-05-06', Phase.PeopleAct);
    const refused = await settle('enterprises', 'refuse', INTERVIEW, ...SAID, '--json');
    expect(dataOf(refused)).toEqual({
      case: INTERVIEW,
      state: 'open',
      next: 'suspended from 2026-05-20 until it performs',
      dryRun: false,
    });
    const skipped = await settle('enterprises', 'report', INTERVIEW, '--step', 'region', ...SAID, '--json');
    expect(failureOf(skipped).error).toMatchObject({ code: 'CaseStateInvalid' });
    const reported = await settle('enterprises', 'report', INTERVIEW, '--step', 'administration', ...SAID);
    expect(reported.stdout).toContain('next  settle enterprises report --step public');
    await play.goTo(INTERVIEW, '2026-05-20', Phase.PeopleAct);
    expect((await settle('enterprises', 'list')).stdout).toContain('suspended');
    expect((await settle('enterprises', 'show', INTERVIEW)).stdout).toContain('1 dishonesty records count');
    const performed = await settle('enterprises', 'perform', INTERVIEW, ...SAID);
    expect(performed.stdout).toContain(`${INTERVIEW} is resumed`);
    const again = await settle('enterprises', 'exempt', INTERVIEW, ...SAID, '--json');
    expect(failureOf(again).error).toMatchObject({ code: 'CaseStateInvalid' });
  }, 60_000);
});

describe('breaches', () => {
  it('are listed with their days, and shown with their lines', async () => {
    play.setClock('2026-05-19', Phase.PeopleAct);
    const listed = await settle('breaches', 'list', '--open', '--json');
    expect(dataOf(listed)).toMatchObject([
      { case: BREACH, noticeOn: '2026-05-06', deadline: '2026-05-19', suspendsOn: '2026-06-01', state: 'noticed' },
    ]);
    expect((await settle('breaches', 'list', '--period', '2026-04')).stdout).toContain('noticed');
    expect((await settle('breaches', 'list', '--period', '2026-03')).stdout).toContain('no such breach');
    expect((await settle('breaches', 'show', BREACH)).stdout).toContain('1, 10,000.00 yuan');
    expect(failureOf(await settle('breaches', 'show', 'breach/none', '--json')).error.code).toBe('NotFound');
  });

  it('are corrected by an officer, after a dry run that changed nothing; others are refused', async () => {
    const correct = ['breaches', 'correct', BREACH, '--evidence', '示例：核查记录3号'];
    const refused = await settle(...correct, '--as', `${CODE}-cashier`, '--json');
    expect(refused.exitCode).toBe(4);
    expect(failureOf(refused).error.code).toBe('OfficerRoleMissing');
    const dry = await settle(...correct, '--as', `${CODE}-compliance`, '--dry-run');
    expect(dry.stdout).toContain('would be corrected; nothing was recorded');
    const done = await settle(...correct, '--as', `${CODE}-compliance`);
    expect(done.stdout).toContain(`${BREACH} is closed\n  next  nothing: the case is closed`);
    expect((await settle('breaches', 'list', '--open')).stdout).toContain('no such breach');
    expect((await settle('breaches', 'show', BREACH, '--json')).stdout).toContain(`${CODE}-compliance`);
  }, 60_000);

  it('are exempt from where force majeure is recorded before the notice', async () => {
    const subject = ['--institution', hospitalOf(CODE), '--kind', 'not-settled', '--period', '2026-05'];
    const run = await settle('breaches', 'exempt', ...subject, ...SAID, '--json');
    expect(dataOf(run)).toMatchObject({ state: 'exempted', next: 'nothing: monitoring of 2026-05 will not notice it' });
    const unknown = await settle('breaches', 'exempt', ...subject.slice(0, 2), '--kind', 'late', ...SAID, '--json');
    expect(failureOf(unknown).error.code).toBe('UsageInvalid');
  });
});
