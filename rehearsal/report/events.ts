import type { TimelineRow } from '../summary';
import { LEVELS } from './labels';

/** What a row of the timeline means for the page. The event's own words stay in the row; this only sorts it. */
export type EventRole =
  'prepared' | 'approved' | 'rejected' | 'refused' | 'released' | 'bank-trouble' | 'operator' | 'paid' | 'other';

export interface ReadEvent {
  role: EventRole;
  /** The approval level that the row names, if any. */
  level: string | undefined;
}

const LEVEL_KEYS = Object.keys(LEVELS);

/** Words that tell a row's role, in the order in which they are looked for. */
const WORDS: readonly [EventRole, RegExp][] = [
  ['refused', /\brefus/],
  ['operator', /\b(retry|retried|retries|cancel|account-correct|correct)/],
  ['bank-trouble', /\b(fail|unknown|time-?out|timed|unanswered|bounced|bank-reject|payment-reject|payments?-returned)/],
  ['released', /\breleas/],
  ['paid', /\b(succeeded|paid|booked|disbursed)/],
  ['prepared', /\b(prepared|raised|requested|request)/],
];

function levelIn(text: string): string | undefined {
  return LEVEL_KEYS.find((level) => text.includes(level));
}

/** Sorts a row by its event's name, by the level it names and by who acted. Rows of no known shape are `other`. */
export function readEvent(row: Pick<TimelineRow, 'event' | 'actor' | 'detail'>): ReadEvent {
  const event = row.event.toLowerCase();
  const level = levelIn(event) ?? levelIn(row.detail);
  const words = level ? event.replace(level, '') : event;
  if (/\brefus/.test(words)) return { role: 'refused', level };
  if (level && /\breject/.test(words)) return { role: 'rejected', level };
  if (level && /\bapprov/.test(words)) return { role: 'approved', level };
  const found = WORDS.find(([, pattern]) => pattern.test(words));
  if (found) return { role: found[0], level };
  if (/\breject/.test(words)) return { role: 'bank-trouble', level };
  return { role: /operator/.test(row.actor) ? 'operator' : 'other', level };
}
