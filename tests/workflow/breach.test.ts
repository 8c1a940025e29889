import { suspendedInstitutions } from '../../db/suspensions';
import { loadBreaches } from '../../db/breaches';
import { savePolicy } from '../../db/register';
import type { RecordedAct } from '../../activities/types';
import { correctUpdate, exemptUpdate, type Acting } from '../../workflows/messages';
import { Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { parsePolicy } from '../../domain/policy';
import { correctBreach, exemptBreach } from '../../operator/commands/breaches';
import { confirm } from '../../operator/commands/confirm-statement';
import { monitor, storyOf } from '../support/breach-stage';
import { publishedPolicyText } from '../support/published';
import { startTestStage, type TestStage } from '../support/stage';
import { apply, endow, hospitalOf, windowRegionOf } from '../support/window-stage';
import { refusalOfAsync } from '../support/refusal';

// 违约 (新医保发〔2025〕50号 五(一)) on a whole stage: April's lines that nobody confirms are noticed on 2026-05-06, to be
// corrected by 2026-05-19, else suspended from 2026-06-01.

const CODES = ['650731', '650732', '650733', '650734'];
let play: TestStage;

beforeAll(async () => {
  play = await startTestStage(CODES.map((code) => windowRegionOf(code, ['E0001'])));
  for (const code of CODES) {
    await endow(play, code, { ownFen: 10_000n });
    await apply(play, code, '2026-04', [{ line: 'L1', enterprise: 'E0001', amountFen: 10_000n }]);
  }
}, 120_000);
afterAll(() => play.stop());

const late = (code: string, month = '2026-04'): string => `breach/${hospitalOf(code)}/late-reconciliation/${month}`;
const suspended = async (code: string, on: string): Promise<string[]> => [
  ...(await suspendedInstitutions(play.stage.db, code, plainDate(on))),
];

it('a breach runs from its notice over deadline and suspension to the correction that it finds by itself', async () => {
  const code = CODES[0]!;
  const caseId = late(code);
  expect(await monitor(play, code, '2026-04', '2026-05-06')).toEqual([caseId]);
  expect(await play.caseState(caseId)).toEqual({ state: 'noticed', closedOn: null });

  await play.goTo(caseId, '2026-05-31', Phase.FundMoves);
  expect(await suspended(code, '2026-05-31')).toEqual([]);
  await play.goTo(caseId, '2026-06-01', Phase.Deadline);
  expect(await play.caseState(caseId)).toEqual({ state: 'suspended', closedOn: null });
  expect(await suspended(code, '2026-06-01')).toEqual([hospitalOf(code)]);

  await play.goTo(caseId, '2026-06-10', Phase.PeopleAct);
  await confirm(play.context, { region: code, period: period('2026-06'), person: hospitalOf(code) });
  expect(await play.caseState(caseId)).toEqual({ state: 'resumed', closedOn: '2026-06-10' });
  expect(await suspended(code, '2026-06-10')).toEqual([]);
  expect(await storyOf(play, caseId)).toEqual([
    '2026-05-06 opened',
    '2026-05-06 noticed',
    '2026-05-20 deadline-passed',
    '2026-06-01 suspended',
    '2026-06-10 corrected',
    '2026-06-10 resumed',
    '2026-06-10 closed',
  ]);
}, 120_000);

describe('what officers record', () => {
  const code = CODES[1]!;
  const caseId = late(code);
  const evidence = '示例：改正情况核查记录 3号';

  it('is refused without role, evidence or on a day to come, and every attempt is kept', async () => {
    await monitor(play, code, '2026-04', '2026-05-06');
    play.setClock('2026-05-19', Phase.PeopleAct);
    const said = { caseId, person: `${code}-officer`, evidence };
    const codes = [];
    for (const change of [
      { person: `${code}-cashier` },
      { person: 'nobody' },
      { evidence: '' },
      { on: plainDate('2026-05-20') },
    ])
      codes.push((await refusalOfAsync(() => correctBreach(play.context, { ...said, ...change }))).code);
    expect(codes).toEqual(['OfficerRoleMissing', 'PersonUnknown', 'EvidenceMissing', 'OutsideWindow']);
    const outcomes = await play.stage
      .db('settle.decision_attempts as a')
      .join('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
      .where('a.case_id', caseId)
      .orderBy('a.attempt_id')
      .pluck<string[]>('o.outcome');
    expect(outcomes).toEqual(codes);
  }, 120_000);

  it('is refused by the case itself, before anything is written', async () => {
    const args: [RecordedAct & Acting] = [
      {
        person: `${code}-officer`,
        evidence: ' ',
        on: plainDate('2026-05-19'),
        at: { date: plainDate('2026-05-19'), time: '10:00' },
      },
    ];
    const handle = play.context.client.workflow.getHandle(caseId);
    await expect(handle.executeUpdate(correctUpdate, { args })).rejects.toMatchObject({
      cause: { type: 'EvidenceMissing' },
    });
    await expect(handle.executeUpdate(exemptUpdate, { args })).rejects.toMatchObject({
      cause: { type: 'EvidenceMissing' },
    });
  }, 60_000);

  it('ends a breach in time on the deadline’s day; a dry run changes nothing', async () => {
    const command = { caseId, person: `${code}-compliance`, evidence };
    await correctBreach(play.context, { ...command, dryRun: true });
    expect(await play.caseState(caseId)).toEqual({ state: 'noticed', closedOn: null });
    expect(await correctBreach(play.context, command)).toEqual({
      state: 'closed',
      next: 'nothing: the case is closed',
    });
    expect(await play.caseState(caseId)).toEqual({ state: 'closed', closedOn: '2026-05-19' });
    expect(await storyOf(play, caseId)).toEqual([
      '2026-05-06 opened',
      '2026-05-06 noticed',
      '2026-05-19 corrected',
      '2026-05-19 closed',
    ]);
    expect((await refusalOfAsync(() => correctBreach(play.context, command))).code).toBe('CaseStateInvalid');
  }, 120_000);
});

describe('force majeure', () => {
  const code = CODES[2]!;
  const institution = hospitalOf(code);
  const subject = { region: code, institution, kind: 'late-reconciliation', period: period('2026-04') } as const;
  const said = { person: `${code}-officer`, evidence: '示例：洪水,证据12' };

  it('that is found after the notice ends the case, and it is no breach any more', async () => {
    expect(await monitor(play, code, '2026-04', '2026-05-06')).toEqual([late(code)]);
    play.setClock('2026-05-08', Phase.PeopleAct);
    expect(await exemptBreach(play.context, { ...subject, ...said })).toMatchObject({ state: 'exempted' });
    expect(await play.caseState(late(code))).toEqual({ state: 'exempted', closedOn: '2026-05-08' });
    expect(await loadBreaches(play.stage.db, { region: code })).toEqual([]);
    expect(await suspended(code, '2026-06-01')).toEqual([]);
  }, 120_000);

  it('that is recorded before the notice leaves nothing to notice; afterwards there is nothing to exempt', async () => {
    play.setClock('2026-05-31', Phase.PeopleAct);
    const may = { ...subject, ...said, period: period('2026-05') };
    expect(await exemptBreach(play.context, may)).toMatchObject({ state: 'exempted' });
    expect(await monitor(play, code, '2026-05', '2026-06-01')).toEqual([]);
    expect((await refusalOfAsync(() => exemptBreach(play.context, { ...may, kind: 'not-settled' }))).code).toBe(
      'NotFound',
    );
  }, 120_000);
});

it('a case keeps the version that it began with when the policy changes; the next one has the new version', async () => {
  const code = CODES[3]!;
  await monitor(play, code, '2026-04', '2026-05-06');
  const changed = publishedPolicyText('xinjiang-2025-50')
    .replace("version: '1'", "version: '2'")
    .replace('from: 2025-12-23', 'from: 2026-05-10')
    .replace('deadlineWorkingDays:\n    value: 10', 'deadlineWorkingDays:\n    value: 3');
  const before = publishedPolicyText('xinjiang-2025-50').replace(
    'from: 2025-12-23',
    'from: 2025-12-23\n  to: 2026-05-09',
  );
  await play.stage.owner.raw('alter table settle.policy_versions disable trigger user');
  await play.stage
    .owner('settle.policy_versions')
    .where({ version: '1' })
    .update({ content: before, sha256: 'b'.repeat(64) });
  await savePolicy(play.stage.owner, parsePolicy(changed, 'changed.yaml', 'c'.repeat(64)));

  await play.goTo(late(code), '2026-05-31', Phase.FundMoves);
  expect(await monitor(play, code, '2026-05', '2026-06-01')).toEqual([late(code, '2026-05')]);
  const cases = await play.stage
    .db('settle.cases')
    .whereIn('case_id', [late(code), late(code, '2026-05')])
    .orderBy('period')
    .pluck<string[]>('policy_version');
  expect(cases).toEqual(['1', '2']);
  expect(await loadBreaches(play.stage.db, { region: code })).toMatchObject([
    { period: '2026-04', deadline: '2026-05-19', suspendsOn: '2026-06-01' },
    { period: '2026-05', deadline: '2026-06-04', suspendsOn: '2026-07-01' },
  ]);
  await play.goTo(late(code), '2026-06-01', Phase.Deadline);
  expect(await play.caseState(late(code))).toMatchObject({ state: 'suspended' });
}, 120_000);
