import { setTimeout as pause } from 'node:timers/promises';
import { Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate } from '../../domain/plain-date';
import { barrierMs } from '../../domain/due-points';
import { regionOf, startTestStage, type TestStage } from '../support/stage';

// A database that is away for longer than a few attempts take must not end a case: nobody would start it again.

const REGION = '650778';
const FAULTY = '650779';
const CASE = caseIds.prepayment(REGION, 2026);
const AWAY_MS = 9_000;

let stage: TestStage;
beforeAll(async () => {
  stage = await startTestStage([
    regionOf(REGION, [{ institution: 'H65077800001', baseFen: 200_000n }]),
    regionOf(FAULTY, [{ institution: 'H65077900001', baseFen: 200_000n }]),
  ]);
}, 120_000);
afterAll(() => stage?.stop());

it('a case goes on when its database takes writes again, minutes or seconds later', async () => {
  await stage.startPrepayment(REGION);
  const { owner } = stage.stage;
  await owner.raw(`
    create function settle.away() returns trigger language plpgsql as
    $$ begin raise exception 'the database is away' using errcode = 'cannot_connect_now'; end $$;
    create trigger away before update on settle.cases for each row execute function settle.away();`);
  const moving = stage.machine.advance(CASE, barrierMs({ date: plainDate('2026-03-02'), phase: Phase.RunsStart }));
  await pause(AWAY_MS);
  expect((await stage.caseState(CASE)).state).toBe('scheduled');
  await owner.raw('drop trigger away on settle.cases; drop function settle.away()');
  await moving;
  await stage.settle(CASE);
  expect(await stage.caseState(CASE)).toEqual({ state: 'approval', closedOn: null });
  expect(await stage.request(CASE)).toMatchObject({ payments: 1, amountFen: 100_000n });
}, 120_000);

it('a step that goes on failing is an alert of the agency, and is done when what it met is mended', async () => {
  const caseId = caseIds.prepayment(FAULTY, 2026);
  await stage.startPrepayment(FAULTY);
  const { owner, db } = stage.stage;
  await owner.raw(`
    create function settle.broken() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$;
    create trigger broken before insert on settle.approval_requests for each row execute function settle.broken();`);
  const advance = (phase: Phase): Promise<boolean> =>
    stage.machine.advance(caseId, barrierMs({ date: plainDate('2026-03-02'), phase }));
  await advance(Phase.RunsStart);
  const alerts = await db('settle.alerts').where({ case_id: caseId }).select<{ kind: string; detail: string }[]>('*');
  expect(alerts.map(({ kind }) => kind)).toEqual(['case-fault']);
  expect(alerts[0]!.detail).toMatch(/^prepareDisbursement: .*disk full/);
  await owner.raw('drop trigger broken on settle.approval_requests; drop function settle.broken()');
  // Half an hour later it is tried again.
  await advance(Phase.PeopleAct);
  await stage.settle(caseId);
  expect(await stage.caseState(caseId)).toEqual({ state: 'approval', closedOn: null });
}, 180_000);
