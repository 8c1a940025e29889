import type { BusinessMoment } from '../domain/business-time';

/** Where commands take the time from: the host's clock in daily use, the conductor's in a rehearsal. */
export interface ClockPort {
  now(): BusinessMoment;
}
