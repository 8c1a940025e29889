import { loadBreaches } from '../../db/breaches';
import { loadEnterpriseCases } from '../../db/enterprise-cases';
import { loadCalendar, loadStaff } from '../../db/register';
import { findPolicyWith } from '../../db/region-policy';
import { Phase, type DuePoint } from '../../domain/business-time';
import {
  addDays,
  addMonths,
  firstDayOf,
  lastDayOf,
  period as toPeriod,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { noticeDate } from '../../domain/policy';
import type { BreachKind } from '../../domain/policy/schema';
import { DISHONESTY_STEPS } from '../../domain/enterprise';
import type { Region } from '../../domain/region';
import type { Scenario } from '../../domain/scenario';
import { hasRole } from '../../domain/staff';
import { correctBreach, exemptBreach } from '../../operator/commands/breaches';
import type { CommandContext } from '../../operator/commands/context';
import { actOnEnterprise, findUndelivered, reportDishonesty } from '../../operator/commands/enterprises';
import { importSupply } from '../../operator/commands/supply';
import type { Actors } from './actors';

export interface OfficerActorOptions {
  context: CommandContext;
  scenario: Scenario;
  regions: readonly Region[];
}

/** What an officer does once, on a day; it is tried on that day only. */
interface Task {
  region: string;
  at: DuePoint;
  /** False where nothing had to be done. */
  run(person: string): Promise<boolean>;
}

const RETURNED: BreachKind = 'prepayment-not-returned';

/**
 * Officers who watch over institutions and enterprises (新医保发〔2025〕50号 五): supply figures come in before monitoring
 * looks at them; force majeure is recorded on the period's last day; findings, refusals, performances and corrections as the
 * scenario has them.
 */
export function createOfficerActors(options: OfficerActorOptions): Actors {
  const { context } = options;
  let tasks: Promise<Task[]> | undefined;
  const done = new Set<Task>();

  /** Planned when the books are open: findings lie on days of the region's calendar. */
  const planned = (): Promise<Task[]> => (tasks ??= planTasks(options));

  async function officerOf(region: string, on: PlainDate): Promise<string | undefined> {
    const staff = await loadStaff(context.db, region);
    return (['officer', 'compliance'] as const).flatMap((role) => staff.filter((each) => hasRole(each, role, on))).at(0)
      ?.person;
  }

  return {
    async act({ date, phase }) {
      const due = (await planned()).filter(
        (task) => !done.has(task) && task.at.date === date && task.at.phase === phase,
      );
      let acted = false;
      for (const task of due) {
        done.add(task);
        const person = await officerOf(task.region, date);
        if (person !== undefined) acted = (await task.run(person)) || acted;
      }
      return acted;
    },
    nextPoints: async () => (await planned()).filter((task) => !done.has(task)).map(({ at }) => at),
  };
}

async function planTasks(options: OfficerActorOptions): Promise<Task[]> {
  const { context, scenario, regions } = options;
  const tasks: Task[] = [];
  for (const region of regions) {
    tasks.push(...supplyTasks(context, region), ...institutionTasks(context, scenario, region));
    for (const [enterprise, script] of Object.entries(scenario.enterprises))
      if (region.enterprises.some((each) => each.enterprise === enterprise))
        for (const period of Object.keys(script.finding))
          tasks.push(...(await findingTasks(options, region.code, enterprise, toPeriod(period), script.performsOn)));
  }
  return tasks;
}

/** At midnight of the 1st of the next month: its first working day, at six, is when monitoring looks. */
function supplyTasks(context: CommandContext, { code, files }: Region): Task[] {
  return files.supply.map(({ period, path }) => ({
    region: code,
    at: { date: firstDayOf(addMonths(period, 1)), phase: Phase.Deadline },
    run: async (person) => {
      await importSupply(context, path, { region: code, period, person });
      return true;
    },
  }));
}

function institutionTasks(context: CommandContext, scenario: Scenario, { code, institutions }: Region): Task[] {
  return institutions.flatMap(({ institution }) => {
    const script = scenario.institutions[institution];
    const exemptions = Object.entries(script?.forceMajeure ?? {}).map(([key, evidence]): Task => {
      const { kind, period } = keyOf(key);
      const at = { date: lastDayOf(period), phase: Phase.PeopleAct };
      const subject = { region: code, institution, kind, period };
      const run = async (person: string): Promise<boolean> => {
        await exemptBreach(context, { ...subject, evidence, person });
        return true;
      };
      return { region: code, at, run };
    });
    const corrections = Object.entries(script?.correct ?? {})
      .map(([key, day]) => ({ ...keyOf(key), day }))
      .filter(({ kind }) => kind !== RETURNED)
      .map(({ kind, period, day }): Task => {
        const wanted = { region: code, institution };
        const run = async (person: string): Promise<boolean> => {
          const breaches = await loadBreaches(context.db, wanted);
          const open = breaches.find(
            (each) => each.kind === kind && each.period === period && each.correctedOn === null,
          );
          // Where the window is open, the institution has confirmed by now, which corrects it.
          if (!open) return false;
          await correctBreach(context, { caseId: open.caseId, person, evidence: '示例：改正情况核查记录' });
          return true;
        };
        return { region: code, at: { date: day, phase: Phase.PeopleAct }, run };
      });
    return [...exemptions, ...corrections];
  });
}

function keyOf(key: string): { kind: BreachKind; period: Period } {
  const [kind, period] = key.split('/') as [BreachKind, string];
  return { kind, period: toPeriod(period) };
}

/** The interview on the monitoring day, the refusal at its deadline, the record's way once it is suspended, and the performance. */
async function findingTasks(
  { context }: OfficerActorOptions,
  region: string,
  enterprise: string,
  period: Period,
  performsOn: PlainDate | undefined,
): Promise<Task[]> {
  const { db } = context;
  const next = firstDayOf(addMonths(period, 1));
  const policy = (await findPolicyWith(db, region, 'enterprise', next))?.policy;
  if (!policy?.breach) return [];
  const calendar = await loadCalendar(db, region);
  // A year without a notice has no working days yet: its cases wait too.
  if (!calendar.covers(next) && !calendar.isProvisional(next)) return [];
  const foundOn = noticeDate(policy.breach, period, calendar);
  const deadline = calendar.addWorkingDays(foundOn, policy.enterprise!.interviewDeadlineWorkingDays);
  const task = (date: PlainDate, run: Task['run']): Task => ({ region, at: { date, phase: Phase.PeopleAct }, run });
  const openCase = async () => {
    const [found] = await loadEnterpriseCases(db, { region, enterprise, kind: 'interview', period });
    return found?.performedOn === null ? found : undefined;
  };
  const act = (name: 'refused' | 'performed', evidence: string) => async (person: string) => {
    const found = await openCase();
    if (!found) return false;
    await actOnEnterprise(context, name, { caseId: found.caseId, person, evidence });
    return true;
  };
  const report = async (person: string): Promise<boolean> => {
    const found = await openCase();
    if (!found) return false;
    for (const step of DISHONESTY_STEPS.slice(found.steps.length))
      await reportDishonesty(context, { caseId: found.caseId, step, person, evidence: '示例：失信记录报送函' });
    return true;
  };
  return [
    task(foundOn, async (person) => {
      await findUndelivered(context, { region, enterprise, period, person, evidence: '示例：约谈通知' });
      return true;
    }),
    ...(performsOn ? [task(performsOn, act('performed', '示例：履约核实记录'))] : []),
    task(deadline, act('refused', '示例：拒不整改及社会影响认定书')),
    task(addDays(deadline, 1), report),
  ];
}
