import type { Knex } from 'knex';
import {
  paymentOrderList,
  preSettlementStatement,
  type OrderListFacts,
  type StatementFacts,
} from '../../domain/documents/statements';
import type { PlainDate } from '../../domain/plain-date';
import { statementId } from '../../domain/window/ids';
import type { DueDocument } from './store';

interface StatementRow extends Omit<StatementFacts, 'enterprises' | 'lines'> {
  revision: number;
}

/** What a document is about, found before it is put together: a statement may have many thousand lines. */
export interface DueKey {
  about: string;
  load(): Promise<DueDocument>;
}

/** 货款预结算明细单 of every statement that was confirmed by a day and has none yet, by day and institution (四(二)). */
export async function dueStatements(db: Knex, region: string, upTo: PlainDate): Promise<DueKey[]> {
  const { rows } = await db.raw<{ rows: StatementRow[] }>(
    `select r.name as "regionName", s.institution, i.name, s.period, s.revision, s.confirmed_on as "confirmedOn",
            s.confirmed_by as "confirmedBy", s.entrustment, s.gross_fen as "grossFen", s.credits_fen as "creditsFen",
            s.net_fen as "netFen", s.from_prepayment_fen as "fromPrepaymentFen", s.from_own_fen as "fromOwnFen",
            s.top_up_fen as "topUpFen"
       from settle.statements s
       join settle.regions r using (region)
       join settle.institutions i using (region, institution)
      where s.region = ? and s.confirmed_on <= ? and s.reversed_on is null
      order by s.confirmed_on, s.period, s.institution`,
    [region, upTo],
  );
  return rows.map((row) => {
    const about = statementId({ region, ...row });
    return {
      about,
      load: async () => ({
        region,
        about,
        subject: row.institution,
        period: row.period,
        model: preSettlementStatement({ ...row, ...(await loadParts(db, region, row)) }),
      }),
    };
  });
}

async function loadParts(
  db: Knex,
  region: string,
  { period, institution, revision }: StatementRow,
): Promise<Pick<StatementFacts, 'enterprises' | 'lines'>> {
  const key = { region, period, institution, revision };
  const { rows: enterprises } = await db.raw<{ rows: StatementFacts['enterprises'] }>(
    `select p.enterprise, e.name, e.account, p.gross_fen as "grossFen", p.credits_fen as "creditsFen", p.net_fen as "netFen"
       from settle.statement_enterprises p join settle.enterprises e using (region, enterprise)
      where (p.region, p.period, p.institution, p.revision) = (:region, :period, :institution, :revision) order by p.enterprise`,
    key,
  );
  // A payment that was cancelled has given its lines back; the statement that was agreed to had them.
  const { rows: lines } = await db.raw<{ rows: StatementFacts['lines'] }>(
    `select l.line, l.order_no as "order", l.institution, l.enterprise, l.drug, l.kind, l.quantity::text, l.unit_price::text as "unitPrice",
            l.amount_fen as "amountFen", l.received_on as "receivedOn", l.invoice
       from (select line_id from settle.settled_lines where (region, period, institution, revision) = (:region, :period, :institution, :revision)
             union select line_id from settle.unsettled_lines
              where (region, period, institution, revision) = (:region, :period, :institution, :revision)) s
       join settle.application_lines l using (line_id) order by l.enterprise, l.line`,
    key,
  );
  return { enterprises, lines };
}

/** 付款清单 of every request that was released by a day (六(二)). */
export async function dueOrderLists(db: Knex, region: string, upTo: PlainDate): Promise<DueKey[]> {
  const { rows } = await db.raw<{ rows: (Omit<OrderListFacts, 'payments' | 'decisions'> & { period: string })[] }>(
    `select g.name as "regionName", q.request_id as "requestId", q.subject, q.content_sha256 as "contentSha256",
            l.released_on as "releasedOn", l.person as cashier, c.period
       from settle.releases l
       join settle.approval_requests q using (request_id)
       join settle.cases c using (case_id)
       join settle.regions g using (region)
      where c.region = ? and l.released_on <= ? order by l.released_on, q.request_id`,
    [region, upTo],
  );
  return rows.map(({ period, ...row }) => ({
    about: row.requestId,
    load: async () => ({
      region,
      about: row.requestId,
      subject: '',
      period,
      model: paymentOrderList({ ...row, ...(await loadRelease(db, row.requestId)) }),
    }),
  }));
}

async function loadRelease(db: Knex, requestId: string): Promise<Pick<OrderListFacts, 'payments' | 'decisions'>> {
  const { rows: decisions } = await db.raw<{ rows: OrderListFacts['decisions'] }>(
    `select level, person, decided_on as "on" from settle.approval_decisions where request_id = ? order by level_no`,
    [requestId],
  );
  // What was approved, as it was approved: a payment may have another account by now.
  const { rows: payments } = await db.raw<{ rows: OrderListFacts['payments'] }>(
    `select c ->> 0 as "paymentId", coalesce(c ->> 3, '') as payer, c ->> 9 as payee, c ->> 10 as account, c ->> 11 as "bankCode",
            (c ->> 7)::bigint as "amountFen"
       from (select content::jsonb as c from settle.approval_items where request_id = ?) i order by 1`,
    [requestId],
  );
  return { decisions, payments };
}
