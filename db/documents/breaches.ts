import type { Knex } from 'knex';
import {
  breachNotice,
  interviewNotice,
  resumptionNotice,
  riskWarning,
  suspensionNotice,
  type BreachFacts,
  type EnterpriseFacts,
} from '../../domain/documents/letters';
import type { PlainDate } from '../../domain/plain-date';
import type { BreachKind } from '../../domain/policy';
import type { DueDocument } from './store';

interface BreachRow extends Omit<BreachFacts, 'date' | 'kind'> {
  caseId: string;
  kind: BreachKind;
  noticeOn: PlainDate;
  /** Force majeure that was found after the notice. */
  exemptedOn: PlainDate | null;
}

/** Notices of breaches, of suspension and of resumption that are due by a day, by their day (五(一)). */
export async function dueBreachLetters(db: Knex, region: string, upTo: PlainDate): Promise<DueDocument[]> {
  const { rows } = await db.raw<{ rows: BreachRow[] }>(
    `select b.case_id as "caseId", r.name as "regionName", b.institution, i.name, b.kind, b.period, b.notice_on as "noticeOn",
            b.deadline, b.suspends_on as "suspendsOn", b.corrected_on as "correctedOn", b.exempted_on as "exemptedOn", b.evidence,
            (select count(*)::int from settle.breach_lines l where l.case_id = b.case_id) as lines,
            case when b.kind = 'prepayment-not-returned' then
              (select p.amount_fen - coalesce((select sum(c.from_unused_fen + c.paid_in_fen - c.excess_fen) from settle.return_receipts c
                        where (c.region, c.institution, c.period) = (p.region, p.institution, p.period) and c.received_on < b.notice_on), 0)
                 from settle.return_plan p where (p.region, p.institution, p.period) = (b.region, b.institution, b.period))
            else (select coalesce(sum(a.amount_fen), 0) from settle.breach_lines l join settle.application_lines a using (line_id)
                   where l.case_id = b.case_id) end::bigint as "amountFen"
       from settle.breaches b
       join settle.regions r using (region)
       join settle.institutions i using (region, institution)
      where b.region = ? and b.notice_on <= ? order by b.notice_on, b.case_id`,
    [region, upTo],
  );
  return rows.flatMap((row) => lettersOf(region, row, upTo));
}

function lettersOf(region: string, row: BreachRow, upTo: PlainDate): DueDocument[] {
  const { caseId: about, institution: subject, period, noticeOn, suspendsOn, correctedOn, exemptedOn } = row;
  const due = (model: DueDocument['model']): DueDocument => ({ region, about, subject, period, model });
  // A suspension ends with what came first, and begins only where nothing came before it.
  const endedOn = [correctedOn, exemptedOn].filter((day) => day !== null).sort()[0] ?? null;
  const suspended = suspendsOn <= upTo && (endedOn === null || endedOn >= suspendsOn);
  return [
    due(breachNotice({ ...row, date: noticeOn })),
    ...(suspended ? [due(suspensionNotice({ ...row, date: suspendsOn }))] : []),
    ...(suspended && endedOn !== null && endedOn <= upTo
      ? [due(resumptionNotice({ ...row, correctedOn: endedOn, exempted: endedOn !== correctedOn, date: endedOn }))]
      : []),
  ];
}

/** Risk warnings and interview notices of enterprises (五(二)). Rates are cut, not rounded: what is below a threshold is never shown as it. */
export async function dueEnterpriseLetters(db: Knex, region: string, upTo: PlainDate): Promise<DueDocument[]> {
  const { rows } = await db.raw<{
    rows: (EnterpriseFacts & { caseId: string; kind: 'risk-warning' | 'interview' })[];
  }>(
    `select c.case_id as "caseId", r.name as "regionName", c.enterprise, e.name, c.kind, c.period, c.opened_on as date, c.deadline,
            case when s.orders > 0 then trunc(100.0 * s.responded / s.orders, 2) || '%' end as "responseRate",
            case when s.ordered_quantity > 0 then trunc(100.0 * s.delivered_quantity / s.ordered_quantity, 2) || '%' end as "deliveryRate"
       from settle.enterprise_cases c
       join settle.regions r using (region)
       join settle.enterprises e using (region, enterprise)
       left join settle.supply s using (region, period, enterprise)
      where c.region = ? and c.opened_on <= ? order by c.opened_on, c.case_id`,
    [region, upTo],
  );
  return rows.map((row) => ({
    region,
    about: row.caseId,
    subject: row.enterprise,
    period: row.period,
    model: row.kind === 'interview' ? interviewNotice(row) : riskWarning(row),
  }));
}
