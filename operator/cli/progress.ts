import type { RehearsalProgress } from '../../rehearsal/rehearse';
import type { Output } from './output';
import { displayWidth } from './table';

/** Without a terminal the days are told in so many steps. */
const STEPS = 4;
const BAR = 24;
const DEFAULT_COLUMNS = 80;

export interface ProgressPrinter {
  show(event: RehearsalProgress): void;
  /** Clears the line that is updated, so that what follows stands alone. */
  end(): void;
}

/** One line that is updated on a terminal; a few plain lines elsewhere, such as in a log of a nightly run. */
export function createProgressPrinter(output: Output): ProgressPrinter {
  const { stderr, paintError } = output;
  const live = stderr.isTTY === true;
  let shown = false;
  let stepsTold = 0;

  function clear(): void {
    if (shown) stderr.write('\r\u001b[2K');
    shown = false;
  }
  function update(text: string): void {
    // A terminal that does not know its width says 0. A line that wraps could not be cleared again.
    const columns = stderr.columns || DEFAULT_COLUMNS;
    stderr.write(`\r\u001b[2K${displayWidth(text) < columns ? text : text.slice(0, columns - 1)}`);
    shown = true;
  }
  function day(date: string, done: number, total: number): void {
    const share = total === 0 ? 1 : done / total;
    if (live) {
      const full = Math.round(share * BAR);
      update(`  ${date} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} %`);
      return;
    }
    const steps = Math.floor(share * STEPS);
    if (steps <= stepsTold) return;
    stepsTold = steps;
    output.say(`settle: ${date}, ${Math.floor(share * 100)} %`);
  }

  return {
    show(event) {
      if (event.kind === 'day') return day(event.date, event.done, event.total);
      clear();
      if (event.kind === 'phase')
        output.say(live ? paintError('dim', `  ${event.message}`) : `settle: ${event.message}`);
      else output.say(`settle: ${event.message}`);
    },
    end: clear,
  };
}
