import type { PlainDate } from './plain-date';

/**
 * A business day has fixed phases (DESIGN 3): whatever the engine does on a day happens in one of them, and workflow
 * timers lie on them only. Values are minutes after midnight in Asia/Shanghai.
 */
export const Phase = {
  Deadline: 0,
  Monitoring: 6 * 60,
  RunsStart: 9 * 60,
  PeopleAct: 10 * 60,
  ApprovalsAndBank: 14 * 60,
  FundMoves: 18 * 60,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export const PHASES: readonly Phase[] = [
  Phase.Deadline,
  Phase.Monitoring,
  Phase.RunsStart,
  Phase.PeopleAct,
  Phase.ApprovalsAndBank,
  Phase.FundMoves,
];

/** A phase of a day: the only moments at which timers lie. */
export interface DuePoint {
  date: PlainDate;
  phase: Phase;
}

/** China has kept UTC+8 without summer time since 1991, so the offset is a constant and not a time-zone look-up. */
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** One moment of a business day, as it is written into timelines and records: date and minute in Asia/Shanghai. */
export interface BusinessMoment {
  date: PlainDate;
  /** `HH:MM` in Asia/Shanghai. */
  time: string;
}

export function toEpochMs(date: PlainDate, minutes: number): number {
  return Date.UTC(+date.slice(0, 4), +date.slice(5, 7) - 1, +date.slice(8, 10)) + minutes * 60_000 - SHANGHAI_OFFSET_MS;
}

export function fromEpochMs(epochMs: number): BusinessMoment {
  const iso = new Date(epochMs + SHANGHAI_OFFSET_MS).toISOString();
  return { date: iso.slice(0, 10) as PlainDate, time: iso.slice(11, 16) };
}

export function atPhase(date: PlainDate, phase: Phase): BusinessMoment {
  return { date, time: `${String(Math.floor(phase / 60)).padStart(2, '0')}:${String(phase % 60).padStart(2, '0')}` };
}
