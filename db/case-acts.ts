import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PlainDate } from '../domain/plain-date';
import { refusing } from './refusals';

/** What somebody did to a case of a breach or of an enterprise, with its evidence. */
export interface CaseAct {
  act: string;
  on: PlainDate;
  person: string;
  evidence: string;
}

/**
 * Records an act. The same act again is recorded once.
 *
 * @throws Refusal `OfficerRoleMissing`, `PersonUnknown`, `EvidenceMissing`, `CaseStateInvalid` by the database
 */
export async function insertCaseAct(
  trx: Knex,
  input: { caseId: string; region: string; act: string; at: BusinessMoment; person: string; evidence: string },
): Promise<void> {
  await refusing(
    trx('settle.case_acts')
      .insert({
        case_id: input.caseId,
        act: input.act,
        region: input.region,
        on_date: input.at.date,
        at_time: input.at.time,
        person: input.person,
        evidence: input.evidence,
      })
      .onConflict()
      .ignore(),
  );
}

/** The acts of a case in the order in which they were recorded. */
export async function loadCaseActs(db: Knex, caseId: string): Promise<CaseAct[]> {
  const rows = await db('settle.case_acts')
    .where({ case_id: caseId })
    .orderByRaw(
      `on_date, at_time, array_position(array['found', 'refused', 'recorded', 'administration', 'public', 'region'], act)`,
    )
    .select<{ act: string; on_date: PlainDate; person: string; evidence: string }[]>(
      'act',
      'on_date',
      'person',
      'evidence',
    );
  return rows.map(({ act, on_date, person, evidence }) => ({ act, on: on_date, person, evidence }));
}

export interface ForceMajeure {
  region: string;
  /** An institution or an enterprise. */
  subject: string;
  kind: string;
  period: string;
  evidence: string;
  on: PlainDate;
  person: string;
}

/** 不可抗力 with its evidence, before or after the notice. The first record stands. */
export async function insertForceMajeure(trx: Knex, { on, person, ...record }: ForceMajeure): Promise<void> {
  await refusing(
    trx('settle.force_majeure')
      .insert({ ...record, recorded_on: on, recorded_by: person })
      .onConflict()
      .ignore(),
  );
}
