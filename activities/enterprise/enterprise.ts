import type { Knex } from 'knex';
import { findCorrections } from '../../db/breaches';
import { insertCaseAct, insertForceMajeure, loadCaseActs } from '../../db/case-acts';
import { addEvents, openCase, type CaseEvent } from '../../db/cases';
import { loadEnterpriseCase, saveEnterpriseAct, type EnterpriseCaseRecord } from '../../db/enterprise-cases';
import { policyWith } from '../../db/region-policy';
import { loadSupply } from '../../db/supply';
import { checkEnterpriseAct, enterpriseSuspension, supplyRates, type EnterpriseFacts } from '../../domain/enterprise';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { policyName, policyOfCase } from '../prepayment/disbursement';
import type { EnterpriseActivities } from '../types';

/** 医药企业 (新医保发〔2025〕50号 五(二)): a warning or an interview, what has come of it, and what officers record. */
export function createEnterpriseActivities({ db, log }: ActivityDependencies): EnterpriseActivities {
  return {
    async openEnterpriseCase({ caseId, at }) {
      const record = await loadEnterpriseCase(db, caseId);
      const { region, period, openedOn } = record;
      const policy = await policyWith(db, region, 'enterprise', openedOn);
      await openCase(db, { caseId, region, kind: 'enterprise', period, policy, at });
      const kept = await policyOfCase(db, caseId);
      await addEvents(db, caseId, at, [await beginningOf(db, record)]);
      return { policy: policyName(kept), facts: factsOf(record) };
    },

    async reviewEnterprise({ caseId, at }) {
      await db.transaction(async (trx) => {
        const record = await loadEnterpriseCase(trx, caseId);
        await addEvents(trx, caseId, at, eventsOf(record, at));
        // What its institutions owe it is not payable any more, whenever this is looked at.
        if (record.suspendedFrom !== null && record.suspendedFrom <= at.date)
          await findCorrections(trx, record.region, undefined, at.date);
      });
    },

    async recordEnterpriseAct({ caseId, at, act, recorded }) {
      const facts = await db.transaction(async (trx) => {
        const record = await loadEnterpriseCase(trx, caseId);
        const acts = await loadCaseActs(trx, caseId);
        if (acts.some((each) => each.act === act && each.person === recorded.person)) return factsOf(record);
        const finding = checkEnterpriseAct(record, act, recorded, at.date);
        if (finding) throw new Refusal(finding.code, `${caseId}: ${finding.message}`, { caseId });
        await save(trx, record, at, act, recorded);
        return factsOf(await loadEnterpriseCase(trx, caseId));
      });
      log.info({ caseId, act }, 'recorded');
      return facts;
    },
  };
}

type Recorded = Parameters<EnterpriseActivities['recordEnterpriseAct']>[0];

async function save(
  trx: Knex,
  record: EnterpriseCaseRecord,
  at: BusinessMoment,
  act: Recorded['act'],
  { person, evidence, on }: Recorded['recorded'],
): Promise<void> {
  const { caseId, region, enterprise, kind, period, deadline } = record;
  const said = { caseId, region, person, evidence, at };
  await insertCaseAct(trx, { ...said, act });
  if (act === 'refused') {
    await saveEnterpriseAct(trx, caseId, { act, on, suspendedFrom: enterpriseSuspension(deadline ?? on, at.date) });
    // 失信记录 begins with the agency's own.
    await insertCaseAct(trx, { ...said, act: 'recorded' });
  } else await saveEnterpriseAct(trx, caseId, { act, on });
  if (act === 'exempted')
    await insertForceMajeure(trx, { region, subject: enterprise, kind, period, evidence, on: at.date, person });
  await addEvents(trx, caseId, at, [{ key: act, event: act, actor: person, detail: `on ${on}: ${evidence}` }]);
}

function factsOf(record: EnterpriseCaseRecord): EnterpriseFacts {
  const { kind, openedOn, deadline, refusedOn, suspendedFrom, performedOn, exemptedOn } = record;
  return { kind, openedOn, deadline, refusedOn, suspendedFrom, performedOn, exemptedOn };
}

async function beginningOf(
  db: Knex,
  { region, enterprise, kind, period, deadline, caseId }: EnterpriseCaseRecord,
): Promise<CaseEvent> {
  if (kind === 'interview') {
    const found = (await loadCaseActs(db, caseId)).find(({ act }) => act === 'found');
    const detail = `${enterprise}: ${found?.evidence ?? ''}; to perform by ${deadline}`;
    return { key: kind, event: 'interview', actor: found?.person ?? ENGINE, detail };
  }
  const figures = (await loadSupply(db, region, period)).find((row) => row.enterprise === enterprise);
  const rates = figures && supplyRates(figures);
  const detail = `${enterprise}: response rate ${rates?.response ?? '–'}, delivery rate ${rates?.delivery ?? '–'}`;
  return { key: kind, event: 'risk-warning', actor: ENGINE, detail };
}

function eventsOf({ enterprise, deadline, suspendedFrom, performedOn }: EnterpriseCaseRecord, at: BusinessMoment) {
  const tell = (event: string, detail: string): CaseEvent => ({ key: event, event, actor: ENGINE, detail });
  const late = deadline !== null && at.date > deadline && (performedOn === null || performedOn > deadline);
  const suspended = suspendedFrom !== null && suspendedFrom <= at.date;
  return [
    ...(late ? [tell('deadline-passed', `${enterprise}: not performed by ${deadline}`)] : []),
    ...(suspended && (performedOn === null || performedOn >= suspendedFrom)
      ? [tell('suspended', `${enterprise}: settlement is suspended from ${suspendedFrom}`)]
      : []),
    ...(suspended && performedOn !== null && performedOn >= suspendedFrom
      ? [tell('resumed', `${enterprise}: settlement is resumed from ${performedOn}`)]
      : []),
  ];
}
