import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCalendar, type Calendar, type CalendarYear } from '../../domain/calendar';
import { parseCalendarYear } from '../../domain/calendar-notice';
import { parsePolicy, type PolicyFile } from '../../domain/policy';

const POLICIES = join(__dirname, '../../policies');
const NO_HASH = '0'.repeat(64);

/** The published calendar years as the repository has them. */
export function publishedYears(): CalendarYear[] {
  const folder = join(POLICIES, 'calendar');
  return readdirSync(folder).map((name) => parseCalendarYear(readFileSync(join(folder, name), 'utf8'), name));
}

export function publishedCalendar(): Calendar {
  return createCalendar(publishedYears());
}

export function publishedPolicyText(id: string): string {
  return readFileSync(join(POLICIES, `${id}.yaml`), 'utf8');
}

export function publishedPolicy(id: string): PolicyFile {
  const text = publishedPolicyText(id);
  return parsePolicy(text, `${id}.yaml`, createHash('sha256').update(text).digest('hex'));
}

export function fixtureText(name: string): string {
  return readFileSync(join(__dirname, '../fixtures', name), 'utf8');
}

export function fixturePolicy(name: string): PolicyFile {
  return parsePolicy(fixtureText(name), name, NO_HASH);
}
