import type { Knex } from 'knex';
import type { BreachDays, WatchedDays } from '../domain/breach';
import { windowBreach } from '../domain/breach';
import { caseIds } from '../domain/ids';
import type { Period, PlainDate } from '../domain/plain-date';
import type { BreachKind } from '../domain/policy/schema';
import { Refusal } from '../domain/refusal';
import { refusing } from './refusals';

export interface FoundBreach {
  institution: string;
  kind: BreachKind;
}

/** What monitoring of a period looks for. */
export interface Watch extends WatchedDays {
  region: string;
  period: Period;
  kinds: readonly BreachKind[];
  /** Whether force majeure that is recorded exempts. */
  forceMajeureExempts: boolean;
}

/**
 * Breaches of a period (新医保发〔2025〕50号 五(一)), by settlement body and kind: from the lines and statements as they stood
 * at the end of the last day of confirming, and from the returns as they stood when the month ended, whatever has happened
 * since. What force majeure exempts is left out. Until the transaction ends the payable lines are there for
 * {@link insertBreaches}: finding them among all lines of a region is the work of it.
 */
export async function findBreaches(trx: Knex, watch: Watch): Promise<FoundBreach[]> {
  await keepPayableLines(trx, watch);
  const found = [...(await findInWindow(trx, watch)), ...(await findReturns(trx, watch))].filter(({ kind }) =>
    watch.kinds.includes(kind),
  );
  const exempt = watch.forceMajeureExempts ? await loadForceMajeure(trx, watch) : new Set<string>();
  return found.filter(({ institution, kind }) => !exempt.has(`${institution}/${kind}`));
}

async function keepPayableLines(trx: Knex, { region, period, confirmationTo }: Watch): Promise<void> {
  await trx.raw('drop table if exists pg_temp.payable_lines');
  await trx.raw(
    `create temp table payable_lines on commit drop as
     select line_id, body collate "C" as body from settle.payable_lines_at(?, ?, ?)`,
    [region, period, confirmationTo],
  );
  await trx.raw('analyze pg_temp.payable_lines');
}

async function findInWindow(db: Knex, { region, period, confirmationTo }: Watch): Promise<FoundBreach[]> {
  const { rows } = await db.raw<{
    rows: { institution: string; payableLines: number; refusedUnfunded: boolean; hasStatement: boolean }[];
  }>(
    `select p.body as institution, count(*)::int as "payableLines",
            exists (select from settle.refused_confirmations r
                     where r.region = :region and r.period = :period and r.institution = p.body
                       and r.code = 'ConfirmationUnfunded' and r.on_date <= :end) as "refusedUnfunded",
            exists (select from settle.statements s
                     where s.region = :region and s.period = :period and s.institution = p.body
                       and s.confirmed_on <= :end and (s.reversed_on is null or s.reversed_on > :end)) as "hasStatement"
       from pg_temp.payable_lines p group by p.body order by p.body`,
    { region, period, end: confirmationTo },
  );
  return rows.flatMap(({ institution, ...conduct }) => {
    const kind = windowBreach(conduct);
    return kind === undefined ? [] : [{ institution, kind }];
  });
}

async function findReturns(db: Knex, { region, period, returnTo }: Watch): Promise<FoundBreach[]> {
  const { rows } = await db.raw<{ rows: { institution: string }[] }>(
    `select r.institution from settle.return_plan r
      where r.region = :region and r.period = :period
        and coalesce(settle.return_completed_on(r.region, r.institution, r.period) > :end, true)
      order by r.institution collate "C"`,
    { region, period, end: returnTo },
  );
  return rows.map(({ institution }) => ({ institution, kind: 'prepayment-not-returned' }));
}

async function loadForceMajeure(db: Knex, { region, period }: Watch): Promise<Set<string>> {
  const rows = await db('settle.force_majeure')
    .where({ region, period })
    .select<{ subject: string; kind: string }[]>('subject', 'kind');
  return new Set(rows.map(({ subject, kind }) => `${subject}/${kind}`));
}

/**
 * Writes breaches with the lines that each is about, and plans a case for each. A breach that is written stays as it is. In the
 * transaction in which {@link findBreaches} found them.
 *
 * @returns how many are new
 */
export async function insertBreaches(
  trx: Knex,
  { region, period }: Pick<Watch, 'region' | 'period'>,
  days: BreachDays,
  found: readonly FoundBreach[],
): Promise<number> {
  const { rows } = await trx.raw<{ rows: { case_id: string }[] }>(
    `insert into settle.breaches (case_id, region, institution, kind, period, notice_on, deadline, suspends_on)
     select i.case_id, :region, i.institution, i.kind, :period, :noticeOn, :deadline, :suspendsOn
       from unnest(cast(:caseIds as text[]), cast(:institutions as text[]), cast(:kinds as text[])) i (case_id, institution, kind)
     on conflict do nothing returning case_id`,
    {
      region,
      period,
      ...days,
      caseIds: found.map(({ institution, kind }) => caseIds.breach(institution, kind, period)),
      institutions: found.map(({ institution }) => institution),
      kinds: found.map(({ kind }) => kind),
    } as never,
  );
  const added = rows.map(({ case_id }) => case_id);
  await trx.raw(
    `insert into settle.breach_lines (case_id, line_id)
     select b.case_id, p.line_id from settle.breaches b
       join pg_temp.payable_lines p on p.body = b.institution
      where b.case_id = any(?::text[]) and b.kind <> 'prepayment-not-returned'`,
    [added],
  );
  await trx.raw(
    `insert into settle.planned_cases (case_id, workflow_type, region, kind, period, input, planned_on)
     select case_id, 'breachCase', region, 'breach', period,
            jsonb_build_object('region', region, 'period', period, 'institution', institution, 'kind', kind), notice_on
       from settle.breaches where case_id = any(?::text[]) on conflict do nothing`,
    [added],
  );
  return added.length;
}

/**
 * Finds what is corrected by now and writes it down: a return that is complete, on the day on which it became so; a window's
 * breach of whose lines none is payable any more, on the day on which the last of them was settled or disputed, or is not
 * payable for another reason. Whoever returns, confirms or disputes asks in the same transaction; the cases are told after it.
 *
 * @param institutions whose breaches; all of the region where undefined
 * @returns the cases of breaches that are corrected now, in order
 */
export async function findCorrections(
  trx: Knex,
  region: string,
  institutions: readonly string[] | undefined,
  on: PlainDate,
): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { case_id: string }[] }>(
    `with waiting as materialized (
       select b.case_id, b.institution, b.kind, b.period from settle.breaches b
        where b.region = :region and b.corrected_on is null and b.exempted_on is null
          and (cast(:institutions as text[]) is null or b.institution = any(cast(:institutions as text[])))
     ), suspended as materialized (
       select c.enterprise, min(c.suspended_from) as since from settle.enterprise_cases c
        where c.region = :region and c.suspended_from <= :on
          and (c.performed_on is null or c.performed_on > :on) and (c.exempted_on is null or c.exempted_on > :on)
        group by c.enterprise
     ), payable as materialized (
       select o.line_id from (
         select l.line_id, sum(l.amount_fen) over (partition by l.body, l.enterprise) as net_fen from settle.open_lines l
          where l.region = :region and l.body in (select institution from waiting where kind <> 'prepayment-not-returned')
            and l.enterprise not in (select enterprise from suspended)) o
        where o.net_fen > 0
     ), corrected as (
       select w.case_id, settle.return_completed_on(:region, w.institution, w.period) as on_date
         from waiting w where w.kind = 'prepayment-not-returned'
        union all
       select w.case_id, least(max(coalesce(t.confirmed_on, d.on_date, s.since, :on)), :on)
         from waiting w join settle.breach_lines b using (case_id) join settle.application_lines l using (line_id)
         left join settle.settled_lines n using (line_id)
         left join settle.statements t
           on (t.region, t.period, t.institution, t.revision) = (n.region, n.period, n.institution, n.revision)
         left join settle.line_disputes d using (line_id)
         left join suspended s on s.enterprise = l.enterprise
        where w.kind <> 'prepayment-not-returned' group by w.case_id
       having not bool_or(line_id in (select line_id from payable)))
     update settle.breaches b set corrected_on = c.on_date, corrected_by = 'engine'
       from corrected c where c.case_id = b.case_id and c.on_date is not null
        -- An officer may have recorded it since it was looked at.
        and b.corrected_on is null and b.exempted_on is null returning b.case_id`,
    { region, on, institutions: institutions ? [...institutions] : null } as never,
  );
  return rows.map(({ case_id }) => case_id).sort();
}

export interface BreachRecord extends BreachDays {
  caseId: string;
  region: string;
  institution: string;
  kind: BreachKind;
  period: Period;
  correctedOn: PlainDate | null;
  /** `engine` where it was found, else the officer, with the evidence. */
  correctedBy: string | null;
  evidence: string | null;
  exemptedOn: PlainDate | null;
  /** Of a window's breach: how many lines it is about, and their sum. */
  lines: number;
  amountFen: bigint;
}

interface BreachWanted {
  region?: string;
  institution?: string;
  period?: Period;
  caseId?: string;
  /** Noticed from the first to the second day. */
  noticed?: readonly [PlainDate, PlainDate];
  /** Those that force majeure ended too. */
  exempted?: boolean;
}

/** Breaches in the order of institution, kind and period. */
export async function loadBreaches(db: Knex, wanted: BreachWanted): Promise<BreachRecord[]> {
  const { rows } = await db.raw<{ rows: BreachRecord[] }>(
    `select b.case_id as "caseId", b.region, b.institution, b.kind, b.period, b.notice_on as "noticeOn", b.deadline,
            b.suspends_on as "suspendsOn", b.corrected_on as "correctedOn", b.corrected_by as "correctedBy", b.evidence,
            b.exempted_on as "exemptedOn", coalesce(l.lines, 0)::int as lines, coalesce(l.amount_fen, 0)::bigint as "amountFen"
       from settle.breaches b
       left join lateral (select count(*) as lines, sum(a.amount_fen) as amount_fen
                            from settle.breach_lines x join settle.application_lines a using (line_id)
                           where x.case_id = b.case_id) l on true
      where (cast(:region as text) is null or b.region = :region)
        and (cast(:institution as text) is null or b.institution = :institution)
        and (cast(:period as text) is null or b.period = :period)
        and (cast(:caseId as text) is null or b.case_id = :caseId)
        and (cast(:first as date) is null or b.notice_on between cast(:first as date) and cast(:last as date))
        and (:exempted or b.exempted_on is null)
      order by b.institution collate "C", b.kind collate "C", b.period`,
    {
      region: wanted.region ?? null,
      institution: wanted.institution ?? null,
      period: wanted.period ?? null,
      caseId: wanted.caseId ?? null,
      first: wanted.noticed?.[0] ?? null,
      last: wanted.noticed?.[1] ?? null,
      exempted: wanted.exempted ?? false,
    } as never,
  );
  return rows;
}

/** @throws Refusal `NotFound` */
export async function loadBreach(db: Knex, caseId: string): Promise<BreachRecord> {
  const [breach] = await loadBreaches(db, { caseId, exempted: true });
  if (breach) return breach;
  throw new Refusal('NotFound', `there is no breach ${caseId}`, { caseId });
}

/** An officer's word that a breach is corrected. @throws Refusal `AppendOnly`, `CaseStateInvalid` by the database */
export async function saveCorrection(
  trx: Knex,
  { caseId, on, by, evidence }: { caseId: string; on: PlainDate; by: string; evidence: string },
): Promise<void> {
  await refusing(
    trx('settle.breaches').where({ case_id: caseId }).update({ corrected_on: on, corrected_by: by, evidence }),
  );
}

export async function saveBreachExemption(trx: Knex, caseId: string, on: PlainDate): Promise<void> {
  await refusing(trx('settle.breaches').where({ case_id: caseId }).update({ exempted_on: on }));
}
