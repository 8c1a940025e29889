import type { FiscalTransfer } from '../result/fund';
import type { Summary, TimelineRow } from '../summary';

export interface CalendarDay {
  date: string;
  workingDay: boolean;
  /** The holiday's name, where the notice gives one. */
  name?: string;
}

export interface RegionInput {
  summary: Summary;
  timeline: TimelineRow[];
  /** What was asked of the fiscal deposit for the monthly funds. */
  transfers: FiscalTransfer[];
  /** Institution id to name. */
  names: Record<string, string>;
  regionName: string;
  calendar: CalendarDay[];
  /** Policy id to document number and title, where known (`新医保发〔2025〕50号`). */
  documents?: Record<string, { number: string; title?: string }>;
}

export interface ReportInput {
  regions: RegionInput[];
  generatedFrom: {
    command: string;
    seed: number;
    scenario?: string;
    /** Where the Temporal Web UI with the histories is, shown as text. */
    webUiHint?: string;
  };
}
