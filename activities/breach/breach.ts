import type { Knex } from 'knex';
import { findCorrections, loadBreach, saveBreachExemption, saveCorrection, type BreachRecord } from '../../db/breaches';
import { insertCaseAct, insertForceMajeure, loadCaseActs } from '../../db/case-acts';
import { addEvents, openCase, type CaseEvent } from '../../db/cases';
import { policyWith } from '../../db/region-policy';
import { breachStanding, checkBreachAct, type BreachFacts } from '../../domain/breach';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { policyName, policyOfCase } from '../prepayment/disbursement';
import type { BreachActivities, CaseStep, RecordedAct } from '../types';

/** 违约 (新医保发〔2025〕50号 五(一)): what is known of one breach, what has come of it, and what officers record. */
export function createBreachActivities({ db, log }: ActivityDependencies): BreachActivities {
  async function recorded(
    { caseId, at, act }: CaseStep & { act: RecordedAct },
    name: 'corrected' | 'exempted',
    save: (trx: Knex, breach: BreachRecord) => Promise<void>,
  ): Promise<BreachFacts> {
    const facts = await db.transaction(async (trx) => {
      const breach = await loadBreach(trx, caseId);
      const acts = await loadCaseActs(trx, caseId);
      if (acts.some((each) => each.act === name && each.person === act.person)) return factsOf(breach);
      const finding = checkBreachAct(breach, act, { today: at.date });
      if (finding) throw new Refusal(finding.code, `${caseId}: ${finding.message}`, { caseId });
      await insertCaseAct(trx, { caseId, region: breach.region, act: name, at, ...act });
      await save(trx, breach);
      await addEvents(trx, caseId, at, [
        { key: name, event: name, actor: act.person, detail: `on ${act.on}: ${act.evidence}` },
      ]);
      return factsOf(await loadBreach(trx, caseId));
    });
    log.info({ caseId, act: name }, 'recorded');
    return facts;
  }

  return {
    async openBreach({ caseId, at }) {
      const { region, period, noticeOn, ...breach } = await loadBreach(db, caseId);
      // What is in force on the day of the notice: later versions leave the case as it began.
      const policy = await policyWith(db, region, 'breach', noticeOn);
      await openCase(db, { caseId, region, kind: 'breach', period, policy, at });
      const kept = await policyOfCase(db, caseId);
      await addEvents(db, caseId, at, [
        { key: 'noticed', event: 'noticed', actor: ENGINE, detail: noticeOf(await loadBreach(db, caseId)) },
      ]);
      const { deadline, suspendsOn } = breach;
      return {
        policy: policyName(kept),
        exemptable: kept.policy.breach!.forceMajeureExempts,
        days: { noticeOn, deadline, suspendsOn },
        facts: await review(db, { caseId, at }),
      };
    },

    reviewBreach: (step) => review(db, step),

    recordCorrection: (input) =>
      recorded(input, 'corrected', (trx) => {
        const { on, person, evidence } = input.act;
        return saveCorrection(trx, { caseId: input.caseId, on, by: person, evidence });
      }),

    recordBreachExemption: (input) =>
      recorded(input, 'exempted', async (trx, { region, institution, kind, period }) => {
        const { person, evidence } = input.act;
        const on = input.at.date;
        await insertForceMajeure(trx, { region, subject: institution, kind, period, evidence, on, person });
        await saveBreachExemption(trx, input.caseId, on);
      }),
  };
}

const factsOf = ({ correctedOn, exemptedOn }: BreachRecord): BreachFacts => ({ correctedOn, exemptedOn });

function noticeOf({ institution, kind, period, deadline, suspendsOn, lines, amountFen }: BreachRecord): string {
  const about = lines === 0 ? '' : `, ${lines} lines, ${formatYuan(amountFen)}`;
  return `${institution}: ${kind} of ${period}${about}; to be corrected by ${deadline}, else suspended from ${suspendsOn}`;
}

/** Looks whether the breach is corrected by now, and tells in the case's story what has come since the last look. */
async function review(db: Knex, { caseId, at }: CaseStep): Promise<BreachFacts> {
  return db.transaction(async (trx) => {
    const before = await loadBreach(trx, caseId);
    if (before.correctedOn === null && before.exemptedOn === null)
      await findCorrections(trx, before.region, [before.institution], at.date);
    const breach = await loadBreach(trx, caseId);
    await addEvents(trx, caseId, at, eventsOf(breach, at));
    return factsOf(breach);
  });
}

function eventsOf(breach: BreachRecord, { date }: BusinessMoment): CaseEvent[] {
  const { institution, deadline, suspendsOn, correctedOn, exemptedOn } = breach;
  if (exemptedOn !== null) return [];
  const { suspendedFrom, resumedOn } = breachStanding(breach, date);
  const tell = (event: string, detail: string): CaseEvent => ({ key: event, event, actor: ENGINE, detail });
  return [
    ...(date > deadline && (correctedOn === null || correctedOn > deadline)
      ? [tell('deadline-passed', `${institution}: not corrected by ${deadline}`)]
      : []),
    ...(suspendedFrom === null
      ? []
      : [tell('suspended', `${institution}: settlement is suspended from ${suspendsOn}`)]),
    // Where an officer recorded it, that is told already.
    ...(correctedOn !== null && breach.correctedBy === ENGINE
      ? [tell('corrected', `${institution}: corrected on ${correctedOn}`)]
      : []),
    ...(resumedOn === null ? [] : [tell('resumed', `${institution}: settlement is resumed from ${resumedOn}`)]),
  ];
}
