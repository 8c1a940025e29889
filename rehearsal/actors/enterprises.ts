import { findPolicyWith } from '../../db/region-policy';
import { Phase } from '../../domain/business-time';
import { dayInPeriod, firstDayOf, type PlainDate } from '../../domain/plain-date';
import type { PeriodFile, Region } from '../../domain/region';
import type { CommandContext } from '../../operator/commands/context';
import { importApplications } from '../../operator/commands/import-applications';
import type { Actors } from './actors';

export interface EnterpriseActorOptions {
  context: CommandContext;
  regions: readonly Region[];
}

/** The last day of applications (新医保发〔2025〕50号 四(二)); which lines are in time is for their dates to say. */
const IMPORT_DAY = 5;

/** Enterprises: on the 5th the month's applications of each region are handed in (DESIGN 8). */
export function createEnterpriseActors({ context, regions }: EnterpriseActorOptions): Actors {
  const waiting = new Map<string, { region: string; file: PeriodFile; on: PlainDate }>(
    regions.flatMap(({ code, files }) =>
      files.applications.map((file) => {
        const on = dayInPeriod(file.period, IMPORT_DAY);
        return [file.path, { region: code, file, on }] as const;
      }),
    ),
  );

  async function handIn(region: string, { period, path }: PeriodFile): Promise<boolean> {
    waiting.delete(path);
    // A region whose policies know no settlement window has nobody to hand them to.
    if (!(await findPolicyWith(context.db, region, 'window', firstDayOf(period)))) return false;
    await importApplications(context, { region, period, path });
    return true;
  }

  return {
    async act({ date, phase }) {
      if (phase !== Phase.PeopleAct) return false;
      const due = [...waiting.values()].filter(({ on }) => on === date);
      const acted = await Promise.all(due.map(({ region, file }) => handIn(region, file)));
      return acted.includes(true);
    },
    nextPoints: ({ date }) => {
      const days = [...waiting.values()].map(({ on }) => on).filter((on) => on >= date);
      return Promise.resolve([...new Set(days)].map((day) => ({ date: day, phase: Phase.PeopleAct })));
    },
  };
}
