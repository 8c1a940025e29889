import type { Knex } from 'knex';
import type { RejectionCode } from '../domain/window/line-check';

/** What lines are asked for by; everything that is left out is not asked. */
export interface LineQuery {
  readonly region: string;
  readonly period?: string;
  readonly state?: LineState;
  readonly institution?: string;
  readonly enterprise?: string;
  readonly limit: number;
}

/** What has become of an accepted line (settle.line_states). */
export const LINE_STATES = ['open', 'settled', 'disputed', 'withdrawn', 'superseded'] as const;
export type LineState = (typeof LINE_STATES)[number];

export interface ListedLine {
  readonly period: string;
  readonly line: string;
  readonly institution: string;
  readonly body: string;
  readonly enterprise: string;
  readonly drug: string;
  readonly kind: string;
  readonly amountFen: bigint;
  readonly appliedOn: string;
  readonly invoice: string;
  readonly state: LineState;
}

/** Accepted lines in the order of period and id, up to the limit. */
export async function listLines(db: Knex, query: LineQuery): Promise<ListedLine[]> {
  const { region, period = null, state = null, institution = null, enterprise = null, limit } = query;
  const { rows } = await db.raw<{ rows: ListedLine[] }>(
    `select l.period, l.line, l.institution, l.body, l.enterprise, l.drug, l.kind, l.amount_fen as "amountFen",
            l.applied_on as "appliedOn", l.invoice, s.state
       from settle.line_states s join settle.application_lines l using (line_id)
      where l.region = :region and (:period::text is null or l.period = :period) and (:state::text is null or s.state = :state)
        and (:institution::text is null or :institution in (l.institution, l.body))
        and (:enterprise::text is null or l.enterprise = :enterprise)
      order by l.period, l.line limit :limit`,
    { region, period, state, institution, enterprise, limit } as Record<string, string | number>,
  );
  return rows;
}

export interface ListedRejection {
  readonly period: string;
  readonly file: string;
  readonly row: number;
  readonly line: string;
  readonly code: RejectionCode;
  readonly detail: string;
}

/** Rejected rows in the order of period, file and row, up to the limit. */
export async function listRejections(
  db: Knex,
  query: { region: string; period?: string; code?: RejectionCode; limit: number },
): Promise<ListedRejection[]> {
  const { region, period = null, code = null, limit } = query;
  const { rows } = await db.raw<{ rows: ListedRejection[] }>(
    `select r.period, f.name as file, r.row_no as row, r.line, r.code, r.detail
       from settle.rejected_rows r join settle.application_files f using (file_id)
      where r.region = :region and (:period::text is null or r.period = :period) and (:code::text is null or r.code = :code)
      order by r.period, r.file_id, r.row_no limit :limit`,
    { region, period, code, limit } as Record<string, string | number>,
  );
  return rows;
}

/** An invoice number that stands on several lines. */
export interface DoubleInvoice {
  readonly invoice: string;
  readonly lines: readonly string[];
}

/**
 * Invoice numbers of a period that stand on more than one line of the region, of whatever period: a finding for people, since
 * one invoice may well cover several lines of one delivery.
 */
export async function doubleInvoices(
  db: Knex,
  { region, period, limit }: { region: string; period: string; limit: number },
): Promise<DoubleInvoice[]> {
  const { rows } = await db.raw<{ rows: DoubleInvoice[] }>(
    `select l.invoice, array_agg(distinct l.line order by l.line) as lines
       from settle.application_lines l
      where l.region = :region and l.invoice <> ''
        and l.invoice in (select invoice from settle.application_lines where region = :region and period = :period)
        and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id)
      group by l.invoice having count(distinct l.line) > 1 order by l.invoice limit :limit`,
    { region, period, limit },
  );
  return rows;
}
