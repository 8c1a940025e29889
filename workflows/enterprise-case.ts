import { setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { RecordedAct } from '../activities/types';
import { Phase, type DuePoint } from '../domain/business-time';
import { checkEnterpriseAct, enterpriseStanding, type EnterpriseAct, type EnterpriseFacts } from '../domain/enterprise';
import { addDays, type PlainDate } from '../domain/plain-date';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import { createCaseKeeping } from './case-keeping';
import { exemptUpdate, performUpdate, refuseUpdate, type Acting, type EnterpriseInput } from './messages';
import { refusalFailure, refusing } from './refusals';

/** A deadline, a suspension, and every Update besides. */
const MAX_LOOKS = 2_000;

/**
 * `enterprise/<enterprise>/<kind>/<period>`, with `@<region>` behind an enterprise that several regions know: a risk warning, which ends with its export, or an interview with a deadline. Who
 * refuses with serious social impact, as an officer finds, is suspended from the day after the deadline until it performs
 * (新医保发〔2025〕50号 五(二)).
 */
export async function enterpriseCase({ caseId, kind, offsetMs }: EnterpriseInput): Promise<void> {
  const clock = createBusinessClock(offsetMs);
  const keeping = createCaseKeeping(caseId, clock);
  let facts: EnterpriseFacts | undefined;
  let acted = false;
  const isOver = (): boolean => facts !== undefined && (facts.performedOn ?? facts.exemptedOn) !== null;

  const handle = (act: Extract<EnterpriseAct, 'refused' | 'performed' | 'exempted'>, next: () => string) => ({
    handler: async ({ at, ...recorded }: RecordedAct & Acting) => {
      facts = await refusing(() => work.recordEnterpriseAct({ caseId, at, act, recorded }));
      acted = true;
      return { state: stateOn(facts, at.date), next: next() };
    },
    validator: ({ at, ...recorded }: RecordedAct & Acting): void => {
      const finding = facts
        ? checkEnterpriseAct({ ...facts, steps: [] }, act, recorded, at.date)
        : { code: 'CaseStateInvalid' as const, message: `${caseId} has not begun yet` };
      if (finding) throw refusalFailure(finding);
    },
  });
  const refuse = handle('refused', () => `suspended from ${facts!.suspendedFrom} until it performs`);
  const perform = handle('performed', () => 'nothing: the case is closed');
  const exempt = handle('exempted', () => 'nothing: the case is closed');
  setHandler(refuseUpdate, refuse.handler, { validator: refuse.validator });
  setHandler(performUpdate, perform.handler, { validator: perform.validator });
  setHandler(exemptUpdate, exempt.handler, { validator: exempt.validator });

  await keeping.toItsEnd(async () => {
    const opened = await keeping.step(work.openEnterpriseCase);
    upsertSearchAttributes({ SettlePolicy: [opened.policy] });
    facts ??= opened.facts;
    if (kind === 'risk-warning') return 'closed';
    for (let look = 0; look < MAX_LOOKS && !isOver(); look += 1) {
      const today = clock.now().date;
      const due = nextDue(facts, today);
      await keeping.publish(stateOn(facts, today), due);
      await clock.waitFor(() => acted, due ?? undefined);
      acted = false;
      await keeping.step(work.reviewEnterprise);
    }
    if (!isOver())
      throw refusalFailure({ code: 'FaultPersists', message: `${caseId} was looked at ${MAX_LOOKS} times` });
    return stateOn(facts, clock.now().date);
  });
}

function stateOn(facts: EnterpriseFacts, on: PlainDate): string {
  return facts.exemptedOn === null ? enterpriseStanding(facts, on).state : 'exempted';
}

/** The end of the deadline, and the day on which a suspension begins; otherwise people act. */
function nextDue({ deadline, suspendedFrom }: EnterpriseFacts, today: PlainDate): DuePoint | null {
  const days = [...(deadline ? [addDays(deadline, 1)] : []), ...(suspendedFrom ? [suspendedFrom] : [])];
  const [next] = days.filter((day) => day > today).sort();
  return next ? { date: next, phase: Phase.Deadline } : null;
}
