import type { Knex } from 'knex';
import { loadBreaches } from '../../db/breaches';
import { loadEnterpriseCases } from '../../db/enterprise-cases';
import { breachStanding } from '../../domain/breach';
import { enterpriseStanding } from '../../domain/enterprise';
import type { PlainDate } from '../../domain/plain-date';
import type { BreachRow, EnterpriseCaseRow } from '../summary';

interface Days {
  first: PlainDate;
  last: PlainDate;
}

/** Breaches noticed in the months reported, as they stand at their end; without those that force majeure exempts. */
export async function breachRows(db: Knex, region: string, { first, last }: Days): Promise<BreachRow[]> {
  return (await loadBreaches(db, { region, noticed: [first, last] })).map((breach) => {
    const { institution, kind, period, noticeOn, deadline, correctedOn } = breach;
    const { state, ...suspension } = breachStanding(breach, last);
    return { institution, kind, period, noticeOn, deadline, correctedOn, ...suspension, state };
  });
}

/** Cases of enterprises that were opened in the months reported, as they stand at their end. */
export async function enterpriseCaseRows(
  db: Knex,
  region: string,
  { first, last }: Days,
): Promise<EnterpriseCaseRow[]> {
  return (await loadEnterpriseCases(db, { region, opened: [first, last] })).map((record) => {
    const { enterprise, kind, period, openedOn, deadline } = record;
    const { state, closedOn } = enterpriseStanding(record, last);
    return { enterprise, kind, period, openedOn, deadline, closedOn, state };
  });
}
