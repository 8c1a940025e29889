import { plannedCases } from '../../db/due-cases';
import { Phase } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { caseIds } from '../../domain/ids';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import type { TestStage } from './stage';

/** Starts what is planned in a region at a moment, as whoever moves virtual clocks does; gives the cases' ids. */
export async function startPlannedAt(play: TestStage, region: string, date: string, phase: Phase): Promise<string[]> {
  const planned = await plannedCases(play.stage.db, [region]);
  for (const each of planned) {
    await play.machine.start(each, barrierMs({ date: plainDate(date), phase }));
    await play.settle(each.caseId);
  }
  play.setClock(date, phase);
  return planned.map(({ caseId }) => caseId);
}

/** Monitoring of a period from the 1st of the next month to the morning on which it looks, and the cases that it begins. */
export async function monitor(play: TestStage, region: string, period: string, noticeOn: string): Promise<string[]> {
  const caseId = caseIds.monitoring(region, toPeriod(period));
  const start = { date: plainDate(`${noticeOn.slice(0, 7)}-01`), phase: Phase.Deadline };
  play.setClock(start.date, start.phase);
  const input = { region, period };
  await play.machine.start({ caseId, workflowType: 'monitoring', kind: 'monitoring', input }, barrierMs(start));
  await play.settle(caseId);
  await play.goTo(caseId, noticeOn, Phase.Monitoring);
  return startPlannedAt(play, region, noticeOn, Phase.Monitoring);
}

/** What a case tells, as `date event`. */
export async function storyOf({ stage }: TestStage, caseId: string): Promise<string[]> {
  const rows = await stage
    .db('settle.case_events')
    .where({ case_id: caseId })
    .orderBy('event_id')
    .select<{ on_date: string; event: string }[]>('on_date', 'event');
  return rows.map(({ on_date, event }) => `${on_date} ${event}`);
}
