import { join } from 'node:path';
import { formatCsvLine } from '../operator/files/csv';
import { writeWhole } from '../operator/files/write-whole';
import type { JournalCsvRow, Summary, TimelineRow } from './summary';

export interface RegionResult {
  summary: Summary;
  journal: JournalCsvRow[];
  timeline: TimelineRow[];
}

export interface WrittenFiles {
  summary: string;
  journal: string;
  timeline: string;
  report: string;
}

const JOURNAL_COLUMNS = ['date', 'book', 'journal', 'event', 'reference', 'account', 'debit', 'credit'] as const;
const TIMELINE_COLUMNS = ['date', 'time', 'region', 'case', 'event', 'actor', 'detail'] as const;

export function summaryText(summary: Summary): string {
  return `${JSON.stringify(summary, undefined, 2)}\n`;
}

/** Writes a region's result: whole files or none, so that a reader never sees half a result. */
export function writeResult(directory: string, result: RegionResult, report: string): WrittenFiles {
  return {
    summary: writeWhole(join(directory, 'summary.json'), summaryText(result.summary)),
    journal: writeWhole(join(directory, 'journal.csv'), csv(JOURNAL_COLUMNS, result.journal)),
    timeline: writeWhole(join(directory, 'timeline.csv'), csv(TIMELINE_COLUMNS, result.timeline)),
    report: writeWhole(join(directory, 'report.html'), report),
  };
}

function csv<K extends string>(columns: readonly K[], rows: readonly Record<K, string>[]): string {
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))].map(formatCsvLine).join('');
}
