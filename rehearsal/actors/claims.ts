import { loadReviews } from '../../db/fund/claims';
import { loadCalendar, loadStaff } from '../../db/register';
import { findPolicyWith } from '../../db/region-policy';
import { Phase, type DuePoint } from '../../domain/business-time';
import { REVIEW_ROLES, REVIEW_STEPS } from '../../domain/fund/claims';
import { addMonths, firstDayOf, type PlainDate } from '../../domain/plain-date';
import type { PeriodFile, Region } from '../../domain/region';
import type { Scenario } from '../../domain/scenario';
import { hasRole } from '../../domain/staff';
import type { CommandContext } from '../../operator/commands/context';
import { importClaims } from '../../operator/commands/import-claims';
import { reviewClaims } from '../../operator/commands/review-claims';
import type { Actors } from './actors';

export interface ClaimActorOptions {
  context: CommandContext;
  scenario: Scenario;
  regions: readonly Region[];
}

/** The working day of the next month on which claims are reviewed by default (DESIGN 8). */
const REVIEW_WORKING_DAY = 10;

interface Task {
  at: PlainDate;
  run(): Promise<boolean>;
}

/**
 * Claims of a month come in on the 1st of the next one, and are reviewed and re-checked on its tenth working day by the staff of that
 * day, or when the scenario says so (DESIGN 8).
 */
export function createClaimActors(options: ClaimActorOptions): Actors {
  let tasks: Promise<Task[]> | undefined;
  const done = new Set<Task>();
  /** Planned when the books are open: reviews lie on days of the region's calendar. */
  const planned = (): Promise<Task[]> => (tasks ??= planTasks(options));
  return {
    async act({ date, phase }) {
      if (phase !== Phase.PeopleAct) return false;
      let acted = false;
      for (const task of await planned()) {
        if (task.at !== date || done.has(task)) continue;
        done.add(task);
        acted = (await task.run()) || acted;
      }
      return acted;
    },
    nextPoints: async (): Promise<DuePoint[]> =>
      (await planned()).filter((task) => !done.has(task)).map(({ at }) => ({ date: at, phase: Phase.PeopleAct })),
  };
}

async function planTasks({ context, scenario, regions }: ClaimActorOptions): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const region of regions) {
    const calendar = await loadCalendar(context.db, region.code);
    for (const file of region.files.claims) {
      // A region whose policies know no monthly funds has nobody to hand claims to.
      if (!(await findPolicyWith(context.db, region.code, 'fund', firstDayOf(file.period)))) continue;
      const next = addMonths(file.period, 1);
      tasks.push({ at: firstDayOf(next), run: () => handIn(context, region.code, file) });
      const scripted = scenario.claims[file.period]?.reviewedOn;
      // A year without a notice has no working days yet: its cases wait too.
      const known = calendar.covers(firstDayOf(next)) || calendar.isProvisional(firstDayOf(next));
      const at = scripted ?? (known ? calendar.workingDayOf(next, REVIEW_WORKING_DAY) : undefined);
      if (at !== undefined) tasks.push({ at, run: () => review(context, region.code, file, at) });
    }
  }
  return tasks;
}

async function handIn(context: CommandContext, region: string, { period, path }: PeriodFile): Promise<boolean> {
  await importClaims(context, path, { region, period });
  return true;
}

/** 初审 and 复核, each by the first of the staff who has the role and has not looked at it yet. */
async function review(
  context: CommandContext,
  region: string,
  { period }: PeriodFile,
  on: PlainDate,
): Promise<boolean> {
  const staff = await loadStaff(context.db, region);
  const taken = (await loadReviews(context.db, { region, period })).map(({ person }) => person);
  for (const step of REVIEW_STEPS) {
    const reviewer = staff.find((each) => hasRole(each, REVIEW_ROLES[step], on) && !taken.includes(each.person));
    if (!reviewer) return taken.length > 0;
    await reviewClaims(context, { region, period, step, person: reviewer.person });
    taken.push(reviewer.person);
  }
  return true;
}
