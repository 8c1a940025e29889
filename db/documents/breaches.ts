import type { Knex } from 'knex';
import {
  breachNotice,
  enterpriseResumptionNotice,
  enterpriseSuspensionNotice,
  interviewNotice,
  resumptionNotice,
  riskWarning,
  suspensionNotice,
  type BreachFacts,
  type EnterpriseFacts,
  type EnterpriseSuspensionFacts,
} from '../../domain/documents/letters';
import type { PlainDate } from '../../domain/plain-date';
import type { BreachKind } from '../../domain/policy';
import type { DueDocument } from './store';

/** What has been said about a suspension: the letters that it is issued with stand, whatever is recorded later. */
interface Told {
  /** The notice of the suspension is issued. */
  told: boolean;
  /** The day on which somebody recorded its end; null where the engine found it, on the day itself. */
  recordedOn: PlainDate | null;
}

interface BreachRow extends Omit<BreachFacts, 'date' | 'kind'>, Told {
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
            ${told('b', ['corrected', 'exempted'])},
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

/** Two columns of {@link Told} about the cases of an alias, whose suspension these acts end. */
function told(alias: string, acts: readonly string[]): string {
  const ending = acts.map((act) => `'${act}'`).join(', ');
  return `exists (select from settle.documents d
                     where (d.region, d.kind, d.about) = (${alias}.region, 'suspension-notice', ${alias}.case_id)) as told,
            (select max(t.on_date) from settle.case_acts t where t.case_id = ${alias}.case_id and t.act in (${ending})) as "recordedOn"`;
}

/**
 * Whether a suspension holds or held by a day, and the day of the letter that ends it. A suspension ends with what came first, and
 * begins only where nothing came before it; one that was announced is ended by a letter also where its end is recorded
 * afterwards, dated before its beginning: on the day of the record then.
 */
function suspensionOf(
  from: PlainDate,
  ends: readonly (PlainDate | null)[],
  { told, recordedOn }: Told,
  upTo: PlainDate,
): { held: boolean; endedOn: PlainDate | null; letterOn: PlainDate | null } {
  const endedOn = ends.filter((day) => day !== null).sort()[0] ?? null;
  const held = from <= upTo && (endedOn === null || endedOn >= from);
  const day = held ? endedOn : (recordedOn ?? endedOn);
  const isDue = (held || told) && day !== null && day <= upTo;
  return { held, endedOn, letterOn: isDue ? day : null };
}

function lettersOf(region: string, row: BreachRow, upTo: PlainDate): DueDocument[] {
  const { caseId: about, institution: subject, period, noticeOn, suspendsOn, correctedOn, exemptedOn } = row;
  const due = (model: DueDocument['model']): DueDocument => ({ region, about, subject, period, model });
  const { held, endedOn, letterOn } = suspensionOf(suspendsOn, [correctedOn, exemptedOn], row, upTo);
  return [
    due(breachNotice({ ...row, date: noticeOn })),
    ...(held ? [due(suspensionNotice({ ...row, date: suspendsOn }))] : []),
    ...(letterOn === null
      ? []
      : [due(resumptionNotice({ ...row, correctedOn: endedOn, exempted: endedOn !== correctedOn, date: letterOn }))]),
  ];
}

interface EnterpriseRow extends Omit<EnterpriseFacts, 'date'>, Told {
  caseId: string;
  kind: 'risk-warning' | 'interview';
  openedOn: PlainDate;
  refusedOn: PlainDate | null;
  suspendedFrom: PlainDate | null;
  performedOn: PlainDate | null;
  exemptedOn: PlainDate | null;
}

/** Risk warnings, interview notices and notices of suspension and resumption of enterprises (五(二)). Rates are cut, not rounded: what is below a threshold is never shown as it. */
export async function dueEnterpriseLetters(db: Knex, region: string, upTo: PlainDate): Promise<DueDocument[]> {
  const { rows } = await db.raw<{ rows: EnterpriseRow[] }>(
    `select c.case_id as "caseId", r.name as "regionName", c.enterprise, e.name, c.kind, c.period, c.opened_on as "openedOn", c.deadline,
            c.refused_on as "refusedOn", c.suspended_from as "suspendedFrom", c.performed_on as "performedOn",
            c.exempted_on as "exemptedOn", ${told('c', ['performed', 'exempted'])},
            case when s.orders > 0 then trunc(100.0 * s.responded / s.orders, 2) || '%' end as "responseRate",
            case when s.ordered_quantity > 0 then trunc(100.0 * s.delivered_quantity / s.ordered_quantity, 2) || '%' end as "deliveryRate"
       from settle.enterprise_cases c
       join settle.regions r using (region)
       join settle.enterprises e using (region, enterprise)
       left join settle.supply s using (region, period, enterprise)
      where c.region = ? and c.opened_on <= ? order by c.opened_on, c.case_id`,
    [region, upTo],
  );
  return rows.flatMap((row) => enterpriseLettersOf(region, row, upTo));
}

function enterpriseLettersOf(region: string, row: EnterpriseRow, upTo: PlainDate): DueDocument[] {
  const { caseId: about, enterprise: subject, period, kind, openedOn, performedOn, exemptedOn } = row;
  const due = (model: DueDocument['model']): DueDocument => ({ region, about, subject, period, model });
  const beginning = { ...row, date: openedOn };
  return [
    due(kind === 'interview' ? interviewNotice(beginning) : riskWarning(beginning)),
    ...suspensionLetters({ ...row, ends: [performedOn, exemptedOn] }, upTo).map(due),
  ];
}

function suspensionLetters(
  { suspendedFrom, refusedOn, ends, ...row }: EnterpriseRow & { ends: readonly (PlainDate | null)[] },
  upTo: PlainDate,
): DueDocument['model'][] {
  if (suspendedFrom === null || refusedOn === null) return [];
  const { held, endedOn, letterOn } = suspensionOf(suspendedFrom, ends, row, upTo);
  const facts: Omit<EnterpriseSuspensionFacts, 'date'> = { ...row, suspendedFrom, refusedOn, endedOn };
  return [
    ...(held ? [enterpriseSuspensionNotice({ ...facts, date: suspendedFrom })] : []),
    ...(letterOn === null
      ? []
      : [enterpriseResumptionNotice({ ...facts, exempted: endedOn !== row.performedOn, date: letterOn })]),
  ];
}
