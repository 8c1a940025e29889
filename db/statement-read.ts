import type { Knex } from 'knex';
import type { Period, PlainDate } from '../domain/plain-date';

/** A statement as it stands, taken back or not. */
export interface StatementRecord {
  institution: string;
  revision: number;
  grossFen: bigint;
  creditsFen: bigint;
  netFen: bigint;
  fromPrepaymentFen: bigint;
  fromOwnFen: bigint;
  topUpFen: bigint;
  entrustment: string;
  confirmedOn: PlainDate;
  confirmedBy: string;
  reversedOn: PlainDate | null;
  enterprises: StatementPart[];
}

/** One enterprise of a statement, with the state of its payment where one was prepared. */
export interface StatementPart {
  enterprise: string;
  name: string;
  grossFen: bigint;
  creditsFen: bigint;
  netFen: bigint;
  fromPrepaymentFen: bigint;
  fromOwnFen: bigint;
  cancelledOn: PlainDate | null;
  payment: string | null;
  paidOn: PlainDate | null;
}

/** The newest statement of a body in a window, with its enterprises in code order. */
export async function loadStatement(
  db: Knex,
  where: { region: string; period: Period; institution: string },
): Promise<StatementRecord | undefined> {
  const row = await db('settle.statements').where(where).orderBy('revision', 'desc').first();
  if (!row) return undefined;
  return {
    institution: row.institution,
    revision: row.revision,
    grossFen: row.gross_fen,
    creditsFen: row.credits_fen,
    netFen: row.net_fen,
    fromPrepaymentFen: row.from_prepayment_fen,
    fromOwnFen: row.from_own_fen,
    topUpFen: row.top_up_fen,
    entrustment: row.entrustment,
    confirmedOn: row.confirmed_on,
    confirmedBy: row.confirmed_by,
    reversedOn: row.reversed_on,
    enterprises: await loadParts(db, { ...where, revision: row.revision }),
  };
}

async function loadParts(
  db: Knex,
  where: { region: string; period: Period; institution: string; revision: number },
): Promise<StatementPart[]> {
  const { rows } = await db.raw<{ rows: StatementPart[] }>(
    `select e.enterprise, n.name, e.gross_fen as "grossFen", e.credits_fen as "creditsFen", e.net_fen as "netFen",
            e.from_prepayment_fen as "fromPrepaymentFen", e.from_own_fen as "fromOwnFen", e.cancelled_on as "cancelledOn",
            p.state as payment, p.paid_on as "paidOn"
       from settle.statement_enterprises e
       left join settle.enterprises n on n.region = e.region and n.enterprise = e.enterprise
       left join settle.payments p on p.payment_id = 'payment/' || e.region || '/' || e.period || '/' || e.institution || '/'
                 || e.enterprise || case when e.revision > 1 then '#' || e.revision else '' end
      where e.region = :region and e.period = :period and e.institution = :institution and e.revision = :revision
      order by e.enterprise`,
    where,
  );
  return rows;
}

/** A line as a statement or a dispute shows it. */
export interface StatementLine {
  line: string;
  period: Period;
  enterprise: string;
  kind: string;
  drug: string;
  amountFen: bigint;
  invoice: string;
  receivedOn: PlainDate;
  state: string;
}

/** Lines listed at most; a statement of more is exported as a document. */
const MOST_LINES = 10_000;

/** A body's lines that a window settled, that are open in it, or that it disputed; by enterprise and id. */
export async function loadStatementLines(
  db: Knex,
  { region, period, institution }: { region: string; period: Period; institution: string },
): Promise<StatementLine[]> {
  const { rows } = await db.raw<{ rows: StatementLine[] }>(
    `select l.line, l.period, l.enterprise, l.kind, l.drug, l.amount_fen as "amountFen", l.invoice, l.received_on as "receivedOn", t.state
       from settle.application_lines l
       join settle.line_states t using (line_id)
       left join settle.settled_lines s using (line_id)
       left join settle.line_disputes d using (line_id)
      where l.region = ? and l.body = ? and l.period <= ?
        and (s.period = ? or t.state = 'open' or (t.state = 'disputed' and d.period = ?))
      order by l.enterprise, l.line, l.period limit ${MOST_LINES}`,
    [region, institution, period, period, period],
  );
  return rows;
}
