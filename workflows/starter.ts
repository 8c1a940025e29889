import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { sleep, workflowInfo } from '@temporalio/workflow';
import { fromEpochMs } from '../domain/business-time';
import { monthBegunAt } from '../domain/schedule';
import { calendar } from './activities';
import type { StarterInput } from './messages';

/** Set by the server on every run that a schedule starts: when it was due, also where it is caught up later. */
const SCHEDULED = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** A prepayment that its people leave for two months: the month after begins without a return then. */
const MAX_ROUNDS = 1_500;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60 * 60_000;

/**
 * `starter/<region>-<moment>`: what a region's schedule starts on the first of a month. The month is that of the scheduled
 * start in Asia/Shanghai, and the cases are started by their own ids, so that a run that is repeated starts nothing twice.
 * Where months are caught up, a month waits for the year's prepayment, for the move of the month before and for receipts to be
 * recorded, and the months after it wait in turn.
 * @returns ids of the cases that began
 */
export async function starter({ region }: StarterInput): Promise<string[]> {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const due = typedSearchAttributes.get(SCHEDULED) ?? startTime;
  const since = fromEpochMs(startTime.getTime()).date;
  const month = { region, firstOfMonth: monthBegunAt(due.getTime()), since };
  const begun: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { started, waitsFor } = await calendar.startDueCases(month);
    begun.push(...started);
    if (waitsFor === null) break;
    await sleep(Math.min(FIRST_PAUSE_MS * 2 ** round, LONGEST_PAUSE_MS));
  }
  return begun;
}
