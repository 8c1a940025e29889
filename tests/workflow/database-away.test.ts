import { setTimeout as pause } from 'node:timers/promises';
import { Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate } from '../../domain/plain-date';
import { barrierMs } from '../../domain/due-points';
import { regionOf, startTestStage, type TestStage } from '../support/stage';

// A database that is away for longer than a few attempts take must not end a case: nobody would start it again.

const REGION = '650778';
const CASE = caseIds.prepayment(REGION, 2026);
const AWAY_MS = 9_000;

let stage: TestStage;
beforeAll(async () => {
  stage = await startTestStage([regionOf(REGION, [{ institution: 'H65077800001', baseFen: 200_000n }])]);
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
