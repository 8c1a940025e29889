import { setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { RecordedAct } from '../activities/types';
import { breachStanding, checkBreachAct, nextLook, type BreachDays, type BreachFacts } from '../domain/breach';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import { createCaseKeeping } from './case-keeping';
import { correctionFoundSignal, correctUpdate, exemptUpdate, type Acting, type BreachInput } from './messages';
import { refusalFailure, refusing } from './refusals';

/** Once a month for longer than any institution stays suspended, and every Update besides. */
const MAX_LOOKS = 2_000;

/**
 * `breach/<institution>/<kind>/<period>`: from the notice to the correction (新医保发〔2025〕50号 五(一)). The institution is
 * suspended by dates that stand in the database; the case tells its story and closes when it is corrected or exempted.
 */
export async function breachCase({ institution, kind, period, offsetMs }: BreachInput): Promise<void> {
  const caseId = `breach/${institution}/${kind}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const keeping = createCaseKeeping(caseId, clock);
  let facts: BreachFacts = { correctedOn: null, exemptedOn: null };
  let days: BreachDays | undefined;
  let exemptable = true;
  let told = false;
  const isOver = (): boolean => facts.correctedOn !== null || facts.exemptedOn !== null;

  const check =
    (mayBe: () => boolean) =>
    ({ at, ...act }: RecordedAct & Acting): void => {
      const finding = checkBreachAct(facts, act, { today: at.date, exemptable: mayBe() });
      if (finding) throw refusalFailure(finding);
    };

  setHandler(correctionFoundSignal, () => {
    told = true;
  });
  setHandler(
    correctUpdate,
    async ({ at, ...act }) => {
      facts = await refusing(() => work.recordCorrection({ caseId, at, act }));
      return { state: stateOn(act.on), next: 'nothing: the case is closed' };
    },
    { validator: check(() => true) },
  );
  setHandler(
    exemptUpdate,
    async ({ at, ...act }) => {
      facts = await refusing(() => work.recordBreachExemption({ caseId, at, act }));
      return { state: 'exempted', next: 'nothing: the case is closed' };
    },
    { validator: check(() => exemptable) },
  );

  function stateOn(on: BreachFacts['correctedOn'] & string): string {
    if (facts.exemptedOn !== null) return 'exempted';
    return days ? breachStanding({ ...days, correctedOn: facts.correctedOn }, on).state : 'noticed';
  }

  await keeping.toItsEnd(async () => {
    const opened = await keeping.step(work.openBreach);
    upsertSearchAttributes({ SettlePolicy: [opened.policy] });
    ({ days, exemptable } = opened);
    if (!isOver()) facts = opened.facts;
    for (let look = 0; look < MAX_LOOKS && !isOver(); look += 1) {
      const today = clock.now().date;
      const due = nextLook(days, today);
      await keeping.publish(stateOn(today), due);
      await clock.waitFor(() => told || isOver(), due);
      told = false;
      const seen = await keeping.step(work.reviewBreach);
      if (!isOver()) facts = seen;
    }
    if (!isOver())
      throw refusalFailure({ code: 'FaultPersists', message: `${caseId} was looked at ${MAX_LOOKS} times` });
    return stateOn(clock.now().date);
  });
}
