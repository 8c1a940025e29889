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

/** Handed in on the policy's last day of applications, the 5th in Xinjiang's; which lines are in time is for their dates to say. */
interface HandIn {
  region: string;
  file: PeriodFile;
  on: PlainDate;
}

/** Enterprises: on the last day of applications the month's file of each region is handed in (DESIGN 8). */
export function createEnterpriseActors({ context, regions }: EnterpriseActorOptions): Actors {
  let planned: Promise<Map<string, HandIn>> | undefined;
  /** Planned when the books are open, since the policies are in them. */
  const waiting = (): Promise<Map<string, HandIn>> => (planned ??= plan());

  async function plan(): Promise<Map<string, HandIn>> {
    const files = new Map<string, HandIn>();
    for (const { code, files: own } of regions)
      for (const file of own.applications) {
        // A region whose policies know no settlement window has nobody to hand them to.
        const policy = await findPolicyWith(context.db, code, 'window', firstDayOf(file.period));
        if (!policy) continue;
        const on = dayInPeriod(file.period, policy.policy.window!.application.toDay);
        files.set(file.path, { region: code, file, on });
      }
    return files;
  }

  async function handIn({ region, file: { period, path } }: HandIn): Promise<true> {
    (await waiting()).delete(path);
    await importApplications(context, { region, period, path });
    return true;
  }

  return {
    async act({ date, phase }) {
      if (phase !== Phase.PeopleAct) return false;
      const due = [...(await waiting()).values()].filter(({ on }) => on === date);
      await Promise.all(due.map(handIn));
      return due.length > 0;
    },
    nextPoints: async ({ date }) => {
      const days = [...(await waiting()).values()].map(({ on }) => on).filter((on) => on >= date);
      return [...new Set(days)].map((day) => ({ date: day, phase: Phase.PeopleAct }));
    },
  };
}
