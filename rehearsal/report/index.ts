import { html } from './html';
import type { ReportInput } from './input';
import { viewRegion } from './model';
import { page } from './page';

export type { CalendarDay, RegionInput, ReportInput } from './input';

/**
 * The report of a rehearsal as one HTML file: nothing in it is loaded from elsewhere, it reads without script, on a phone
 * and on paper. Equal input gives equal bytes; there is no time of making in it.
 *
 * @throws RangeError when an amount or a date of the summary is none.
 */
export function renderReport(input: ReportInput): string {
  return html`${page(input, input.regions.map(viewRegion))}`.text;
}
