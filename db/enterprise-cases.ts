import type { Knex } from 'knex';
import {
  DISHONESTY_STEPS,
  lowRates,
  type DishonestyStep,
  type EnterpriseCaseKind,
  type EnterpriseFacts,
} from '../domain/enterprise';
import { caseIds } from '../domain/ids';
import type { Period, PlainDate } from '../domain/plain-date';
import type { EnterprisePolicy } from '../domain/policy';
import { Refusal } from '../domain/refusal';
import { refusing } from './refusals';
import { loadSupply } from './supply';

export interface NewEnterpriseCase {
  region: string;
  enterprise: string;
  kind: EnterpriseCaseKind;
  period: Period;
  openedOn: PlainDate;
  deadline?: PlainDate;
}

/** Writes cases and plans them. Those that are there stay as they are. @returns the ids of those that are new */
export async function insertEnterpriseCases(trx: Knex, cases: readonly NewEnterpriseCase[]): Promise<string[]> {
  if (cases.length === 0) return [];
  const shared = await sharedEnterprises(trx, cases);
  const added = await trx('settle.enterprise_cases')
    .insert(
      cases.map(({ region, enterprise, kind, period, openedOn, deadline }) => ({
        case_id: caseIds.enterprise(enterprise, kind, period, shared.has(enterprise) ? region : undefined),
        region,
        enterprise,
        kind,
        period,
        opened_on: openedOn,
        deadline: deadline ?? null,
      })),
    )
    .onConflict()
    .ignore()
    .returning<{ case_id: string }[]>('case_id');
  const ids = added.map(({ case_id }) => case_id);
  await trx.raw(
    `insert into settle.planned_cases (case_id, workflow_type, region, kind, period, input, planned_on)
     select case_id, 'enterpriseCase', region, 'enterprise', period,
            jsonb_build_object('region', region, 'period', period, 'caseId', case_id, 'kind', kind), opened_on
       from settle.enterprise_cases where case_id = any(?::text[]) on conflict do nothing`,
    [ids],
  );
  return ids;
}

/** Enterprises that several regions know: suppliers deliver where they are asked to, and their ids are the same everywhere. */
async function sharedEnterprises(db: Knex, cases: readonly NewEnterpriseCase[]): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { enterprise: string }[] }>(
    'select enterprise from settle.enterprises where enterprise = any(?::text[]) group by enterprise having count(*) > 1',
    [cases.map(({ enterprise }) => enterprise)],
  );
  return new Set(rows.map(({ enterprise }) => enterprise));
}

/** A risk warning for each enterprise of a period that responded or delivered too little (新医保发〔2025〕50号 五(二)). */
export async function insertWarnings(
  trx: Knex,
  { region, period, on, policy }: { region: string; period: Period; on: PlainDate; policy: EnterprisePolicy },
): Promise<{ enterprises: number; warned: string[] }> {
  const supply = await loadSupply(trx, region, period);
  const exempt = policy.forceMajeureExempts ? await loadExempt(trx, region, period) : new Set<string>();
  const low = supply.filter((row) => lowRates(row, policy).length > 0 && !exempt.has(row.enterprise));
  const warned = await insertEnterpriseCases(
    trx,
    low.map(({ enterprise }) => ({ region, enterprise, kind: 'risk-warning', period, openedOn: on })),
  );
  return { enterprises: supply.length, warned };
}

async function loadExempt(db: Knex, region: string, period: string): Promise<Set<string>> {
  return new Set(
    await db('settle.force_majeure').where({ region, period, kind: 'risk-warning' }).pluck<string[]>('subject'),
  );
}

export interface EnterpriseCaseRecord extends EnterpriseFacts {
  caseId: string;
  region: string;
  enterprise: string;
  period: Period;
  /** How far its dishonesty record has gone; none without a refusal. */
  steps: DishonestyStep[];
  /** Dishonesty records of the enterprise that count in its credit rating: none of a case that force majeure ended (五(二)). */
  creditRecords: number;
}

interface EnterpriseCasesWanted {
  region?: string;
  enterprise?: string;
  kind?: EnterpriseCaseKind;
  period?: Period;
  caseId?: string;
  opened?: readonly [PlainDate, PlainDate];
  exempted?: boolean;
}

/** Cases of enterprises in the order of enterprise, kind and period. */
export async function loadEnterpriseCases(db: Knex, wanted: EnterpriseCasesWanted): Promise<EnterpriseCaseRecord[]> {
  const { rows } = await db.raw<{ rows: EnterpriseCaseRecord[] }>(
    `select c.case_id as "caseId", c.region, c.enterprise, c.kind, c.period, c.opened_on as "openedOn", c.deadline,
            c.refused_on as "refusedOn", c.suspended_from as "suspendedFrom", c.performed_on as "performedOn",
            c.exempted_on as "exemptedOn",
            array(select a.act from settle.case_acts a where a.case_id = c.case_id and a.act = any(cast(:steps as text[]))
                   order by array_position(cast(:steps as text[]), a.act)) as steps,
            (select count(*)::int from settle.case_acts a join settle.enterprise_cases o using (case_id)
              where o.region = c.region and o.enterprise = c.enterprise and a.act = 'recorded' and o.exempted_on is null) as "creditRecords"
       from settle.enterprise_cases c
      where (cast(:region as text) is null or c.region = :region)
        and (cast(:enterprise as text) is null or c.enterprise = :enterprise)
        and (cast(:kind as text) is null or c.kind = :kind)
        and (cast(:period as text) is null or c.period = :period)
        and (cast(:caseId as text) is null or c.case_id = :caseId)
        and (cast(:first as date) is null or c.opened_on between cast(:first as date) and cast(:last as date))
        and (:exempted or c.exempted_on is null)
      order by c.enterprise collate "C", c.kind collate "C", c.period`,
    {
      region: wanted.region ?? null,
      enterprise: wanted.enterprise ?? null,
      kind: wanted.kind ?? null,
      period: wanted.period ?? null,
      caseId: wanted.caseId ?? null,
      first: wanted.opened?.[0] ?? null,
      last: wanted.opened?.[1] ?? null,
      exempted: wanted.exempted ?? false,
      steps: [...DISHONESTY_STEPS],
    } as never,
  );
  return rows;
}

/** @throws Refusal `NotFound` */
export async function loadEnterpriseCase(db: Knex, caseId: string): Promise<EnterpriseCaseRecord> {
  const [found] = await loadEnterpriseCases(db, { caseId, exempted: true });
  if (found) return found;
  throw new Refusal('NotFound', `there is no case ${caseId} of an enterprise`, { caseId });
}

/** @throws Refusal `AppendOnly`, `CaseStateInvalid` by the database */
export async function saveEnterpriseAct(
  trx: Knex,
  caseId: string,
  act: { act: 'refused'; on: PlainDate; suspendedFrom: PlainDate } | { act: 'performed' | 'exempted'; on: PlainDate },
): Promise<void> {
  await refusing(
    trx('settle.enterprise_cases')
      .where({ case_id: caseId })
      .update({
        [`${act.act}_on`]: act.on,
        ...(act.act === 'refused' ? { suspended_from: act.suspendedFrom } : {}),
      }),
  );
}
