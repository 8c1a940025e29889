import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnterpriseCase } from '../../db/enterprise-cases';
import { suspendedEnterprises } from '../../db/suspensions';
import { Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { actOnEnterprise, findUndelivered, reportDishonesty } from '../../operator/commands/enterprises';
import { importSupply, warningsFile } from '../../operator/commands/supply';
import { monitor, startPlannedAt, storyOf } from '../support/breach-stage';
import { startTestStage, type TestStage } from '../support/stage';
import { windowRegionOf } from '../support/window-stage';
import { refusalOfAsync } from '../support/refusal';

// 医药企业 (新医保发〔2025〕50号 五(二)) on a whole stage. E0001 and E0002 deliver in one region; E0009 in both.

const CODE = '650741';
const OTHER = '650742';
const JULY = period('2026-07');
const OFFICER = `${CODE}-officer`;
const HEADER = 'enterprise,orders,responded,ordered_quantity,delivered_quantity\n';

let play: TestStage;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle 供应-'));
  play = await startTestStage([
    windowRegionOf(CODE, ['E0001', 'E0002', 'E0009']),
    windowRegionOf(OTHER, ['E0008', 'E0009']),
  ]);
}, 120_000);
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await play.stop();
});

function supplyFile(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, HEADER + text);
  return path;
}

const suspendedOn = async (on: string): Promise<string[]> => [
  ...(await suspendedEnterprises(play.stage.db, CODE, plainDate(on))),
];

describe('supply figures', () => {
  const person = { region: CODE, person: OFFICER };
  const right = 'E0001,100,79,1000.5,1000.5\nE0002,100,100,1000,1000\n';

  it('are taken whole or not at all, and once', async () => {
    play.setClock('2026-08-01', Phase.PeopleAct);
    const codeOf = async (name: string, text: string, change = {}): Promise<string> =>
      (await refusalOfAsync(() => importSupply(play.context, supplyFile(name, text), { ...person, ...change }))).code;
    expect(await codeOf('supply-2026-07.csv', `${right}E0777,1,1,1,1\n`)).toBe('FileInvalid');
    expect(await codeOf('supply-2026-07.csv', `${right}E0001,1,1,1,1\n`)).toBe('FileInvalid');
    expect(await codeOf('supply-2026-07.csv', right, { person: `${CODE}-cashier` })).toBe('OfficerRoleMissing');
    expect(await codeOf('supply.csv', right)).toBe('UsageInvalid');
    const file = supplyFile('supply-2026-07.csv', right);
    const counts = { period: '2026-07', warned: [] };
    expect(await importSupply(play.context, file, { ...person, dryRun: true })).toEqual({
      ...counts,
      added: 2,
      repeated: 0,
    });
    expect(await importSupply(play.context, file, person)).toEqual({ ...counts, added: 2, repeated: 0 });
    expect(await importSupply(play.context, file, person)).toEqual({ ...counts, added: 0, repeated: 2 });
    expect(await codeOf('supply-2026-07.csv', 'E0001,100,80,1000.5,1000.5\n')).toBe('IdempotencyConflict');
  });

  it('below the policy’s least are a risk warning on the monitoring day, which is written for the procurement system', async () => {
    const caseId = 'enterprise/E0001/risk-warning/2026-07';
    expect(await monitor(play, CODE, '2026-07', '2026-08-03')).toEqual([caseId]);
    expect(await play.caseState(caseId)).toEqual({ state: 'closed', closedOn: '2026-08-03' });
    expect(await storyOf(play, caseId)).toEqual(['2026-08-03 opened', '2026-08-03 risk-warning', '2026-08-03 closed']);
    expect(await warningsFile(play.stage.db, CODE, JULY)).toBe(
      'enterprise,name,period,orders,responded,response_rate,ordered_quantity,delivered_quantity,delivery_rate,low,warned_on\n' +
        'E0001,示例医药E0001,2026-07,100,79,0.7900,1000.5,1000.5,1.0000,response,2026-08-03\n',
    );
  }, 60_000);

  it('that come after monitoring warn at once, in each region for itself', async () => {
    await monitor(play, OTHER, '2026-07', '2026-08-03');
    play.setClock('2026-08-05', Phase.PeopleAct);
    const late = supplyFile('supply-2026-07.csv', 'E0009,10,10,10,7.9999\n');
    const there = await importSupply(play.context, late, { region: OTHER, person: `${OTHER}-officer` });
    const here = await importSupply(play.context, late, person);
    expect(there.warned).toEqual([`enterprise/E0009@${OTHER}/risk-warning/2026-07`]);
    expect(here.warned).toEqual([`enterprise/E0009@${CODE}/risk-warning/2026-07`]);
    await startPlannedAt(play, OTHER, '2026-08-05', Phase.PeopleAct);
    expect(await play.caseState(there.warned[0]!)).toEqual({ state: 'closed', closedOn: '2026-08-05' });
  }, 60_000);
});

describe('an interview', () => {
  const caseId = 'enterprise/E0002/interview/2026-07';
  const said = { caseId, person: OFFICER, evidence: '示例：认定书 2号' };

  it('begins with an officer’s finding and has ten working days', async () => {
    play.setClock('2026-08-03', Phase.PeopleAct);
    const finding = {
      region: CODE,
      enterprise: 'E0002',
      period: JULY,
      person: OFFICER,
      evidence: '示例：约谈通知 7号',
    };
    const codes = [];
    for (const change of [
      { evidence: ' ' },
      { person: `${CODE}-finance` },
      { enterprise: 'E0777' },
      { period: period('2026-09') },
    ])
      codes.push((await refusalOfAsync(() => findUndelivered(play.context, { ...finding, ...change }))).code);
    expect(codes).toEqual(['EvidenceMissing', 'OfficerRoleMissing', 'NotFound', 'OutsideWindow']);
    const expected = { caseId, deadline: '2026-08-17', state: 'open' };
    expect(await findUndelivered(play.context, { ...finding, dryRun: true })).toMatchObject(expected);
    expect(await findUndelivered(play.context, finding)).toMatchObject(expected);
    expect(await findUndelivered(play.context, finding)).toMatchObject(expected);
    expect(await startPlannedAt(play, CODE, '2026-08-03', Phase.PeopleAct)).toContain(caseId);
    expect(await play.caseState(caseId)).toEqual({ state: 'open', closedOn: null });
  }, 60_000);

  it('whose refusal has serious social impact suspends from the day after the deadline', async () => {
    await play.goTo(caseId, '2026-08-17', Phase.PeopleAct);
    expect(await actOnEnterprise(play.context, 'refused', said)).toEqual({
      state: 'open',
      next: 'suspended from 2026-08-18 until it performs',
    });
    expect(await suspendedOn('2026-08-17')).toEqual([]);
    expect(await suspendedOn('2026-08-18')).toEqual(['E0002']);
    await play.goTo(caseId, '2026-08-18', Phase.Deadline);
    expect(await play.caseState(caseId)).toEqual({ state: 'suspended', closedOn: null });
    expect((await refusalOfAsync(() => actOnEnterprise(play.context, 'refused', said))).code).toBe('CaseStateInvalid');
  }, 60_000);

  it('whose dishonesty record goes step by step to administration, public and region, and counts', async () => {
    await play.goTo(caseId, '2026-08-18', Phase.PeopleAct);
    const report = { ...said, evidence: '示例：报送函 5号' };
    expect((await refusalOfAsync(() => reportDishonesty(play.context, { ...report, step: 'public' }))).code).toBe(
      'CaseStateInvalid',
    );
    for (const step of ['administration', 'public', 'region'] as const)
      await reportDishonesty(play.context, { ...report, step });
    expect(await loadEnterpriseCase(play.stage.db, caseId)).toMatchObject({
      steps: ['recorded', 'administration', 'public', 'region'],
      creditRecords: 1,
    });
  }, 60_000);

  it('is over when the enterprise performs, which counts for the whole day', async () => {
    await play.goTo(caseId, '2026-09-03', Phase.PeopleAct);
    expect(await suspendedOn('2026-09-03')).toEqual(['E0002']);
    expect(await actOnEnterprise(play.context, 'performed', said)).toMatchObject({ state: 'resumed' });
    expect(await suspendedOn('2026-09-02')).toEqual(['E0002']);
    expect(await suspendedOn('2026-09-03')).toEqual([]);
    expect(await play.caseState(caseId)).toEqual({ state: 'resumed', closedOn: '2026-09-03' });
    expect(await storyOf(play, caseId)).toEqual([
      '2026-08-03 opened',
      '2026-08-03 interview',
      '2026-08-17 refused',
      '2026-08-18 deadline-passed',
      '2026-08-18 suspended',
      '2026-08-18 dishonesty-administration',
      '2026-08-18 dishonesty-public',
      '2026-08-18 dishonesty-region',
      '2026-09-03 performed',
      '2026-09-03 resumed',
      '2026-09-03 closed',
    ]);
  }, 60_000);

  it('is ended by force majeure with its evidence', async () => {
    play.setClock('2026-08-03', Phase.PeopleAct);
    const finding = {
      region: CODE,
      enterprise: 'E0001',
      period: JULY,
      person: OFFICER,
      evidence: '示例：约谈通知 8号',
    };
    const { caseId: other } = await findUndelivered(play.context, finding);
    await startPlannedAt(play, CODE, '2026-08-03', Phase.PeopleAct);
    await play.goTo(other, '2026-08-06', Phase.PeopleAct);
    expect(await actOnEnterprise(play.context, 'exempted', { ...said, caseId: other })).toMatchObject({
      state: 'exempted',
    });
    expect(await play.caseState(other)).toEqual({ state: 'exempted', closedOn: '2026-08-06' });
    expect((await refusalOfAsync(() => findUndelivered(play.context, finding))).code).toBe('CaseStateInvalid');
  }, 60_000);

  it('cannot be suspended past the people: the database refuses it too', async () => {
    const change = (values: object): Promise<unknown> =>
      play.stage.db('settle.enterprise_cases').where({ case_id: 'enterprise/E0001/interview/2026-07' }).update(values);
    await expect(change({ refused_on: '2026-08-17' })).rejects.toThrow('nobody has recorded that');
    await expect(change({ suspended_from: '2026-08-10' })).rejects.toThrow('after the deadline and the finding');
  });
});
