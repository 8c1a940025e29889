import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import { caseIds } from '../domain/ids';
import { supervisedAccounts, type Journal, type PolicyStamp, type Transfer } from '../domain/ledger';
import { sum } from '../domain/money';
import { statementId, statementReference } from '../domain/window/ids';
import { postJournals } from './ledger';
import { refusing } from './refusals';
import { planStatements, type StatementPlan, type StatementsWanted } from './statement-plan';

export interface ConfirmStatements extends Omit<StatementsWanted, 'on'> {
  at: BusinessMoment;
  /** Who confirms; each body for itself where left out. */
  person?: string;
  policy: PolicyStamp;
}

type Funded = Extract<StatementPlan, { outcome: 'funded' }>;
type Confirmed = Extract<StatementPlan, { outcome: 'confirmed' }>;
type Refused = Extract<StatementPlan, { outcome: 'refused' }>;

/** What became of one body's confirmation; `again` where its statement was there before. */
export type ConfirmationOutcome =
  | (Omit<Funded, 'outcome' | 'entrustment'> & { outcome: 'confirmed'; revision: number; again: false })
  | (Confirmed & { again: true })
  | Refused
  | Extract<StatementPlan, { outcome: 'nothing' }>;

/**
 * Confirms for many bodies at once (新医保发〔2025〕50号 四(二)): writes the statements whose money reaches, reserves it in the
 * ledger and settles their lines; refusals are recorded, and everything else stays as it is. A body is confirmed whole or
 * not at all; one that is confirmed already keeps its statement. The caller holds the locks of settlement-locks.ts.
 *
 * @returns one outcome a body, in code order
 */
export async function confirmStatements(trx: Knex, input: ConfirmStatements): Promise<ConfirmationOutcome[]> {
  const plans = await planStatements(trx, { ...input, on: input.at.date });
  const funded = plans.filter((plan): plan is Funded => plan.outcome === 'funded');
  const revisions = await nextRevisions(trx, input, funded);
  const statements = funded.map((plan) => ({ ...plan, revision: revisions.get(plan.institution) ?? 1 }));
  if (statements.length > 0) {
    await insertStatements(trx, input, statements);
    await insertEnterprises(trx, input, statements);
    await settleLines(trx, input, statements);
    await postJournals(
      trx,
      input.region,
      statements.map((statement) => journalOf(input, statement)),
    );
  }
  await insertRefusals(
    trx,
    input,
    plans.filter((plan): plan is Refused => plan.outcome === 'refused'),
  );
  const revisionOf = new Map(statements.map(({ institution, revision }) => [institution, revision]));
  return plans.map((plan): ConfirmationOutcome => {
    if (plan.outcome === 'confirmed') return { ...plan, again: true };
    if (plan.outcome !== 'funded') return plan;
    const { entrustment: _, ...rest } = plan;
    return { ...rest, outcome: 'confirmed', revision: revisionOf.get(plan.institution)!, again: false };
  });
}

type NewStatement = Funded & { revision: number };

async function nextRevisions(
  trx: Knex,
  { region, period }: ConfirmStatements,
  funded: readonly Funded[],
): Promise<Map<string, number>> {
  const { rows } = await trx.raw<{ rows: { institution: string; revision: number }[] }>(
    `select institution, max(revision) + 1 as revision from settle.statements
      where region = ? and period = ? and institution = any(?::text[]) group by institution`,
    [region, period, funded.map(({ institution }) => institution)],
  );
  return new Map(rows.map(({ institution, revision }) => [institution, revision]));
}

async function insertStatements(
  trx: Knex,
  { region, period, at, person }: ConfirmStatements,
  statements: readonly NewStatement[],
): Promise<void> {
  await trx.raw(
    `insert into settle.statements (region, period, institution, revision, gross_fen, credits_fen, net_fen, from_prepayment_fen,
            from_own_fen, top_up_fen, entrustment, confirmed_on, at_time, confirmed_by)
     select ?, ?, i.*, ?, ?, coalesce(?, i.institution)
       from unnest(?::text[], ?::int[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[])
            i (institution, revision, gross_fen, credits_fen, net_fen, from_prepayment_fen, from_own_fen, top_up_fen, entrustment)`,
    [
      region,
      period,
      at.date,
      at.time,
      person ?? null,
      statements.map(({ institution }) => institution),
      statements.map(({ revision }) => revision),
      statements.map(({ grossFen }) => grossFen),
      statements.map(({ creditsFen }) => creditsFen),
      statements.map(({ netFen }) => netFen),
      statements.map(({ fromPrepaymentFen }) => fromPrepaymentFen),
      statements.map(({ fromOwnFen }) => fromOwnFen),
      statements.map(({ topUpFen }) => topUpFen),
      statements.map(({ entrustment }) => entrustment),
    ] as never,
  );
}

const enterprisesOf = (statements: readonly NewStatement[]) =>
  statements.flatMap(({ institution, revision, enterprises }) =>
    enterprises.map((each) => ({ institution, revision, ...each })),
  );

async function insertEnterprises(
  trx: Knex,
  { region, period }: ConfirmStatements,
  statements: readonly NewStatement[],
): Promise<void> {
  const rows = enterprisesOf(statements);
  await trx.raw(
    `insert into settle.statement_enterprises (region, period, institution, revision, enterprise, gross_fen, credits_fen, net_fen,
            from_prepayment_fen, from_own_fen)
     select ?, ?, i.* from unnest(?::text[], ?::int[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) i`,
    [
      region,
      period,
      rows.map(({ institution }) => institution),
      rows.map(({ revision }) => revision),
      rows.map(({ enterprise }) => enterprise),
      rows.map(({ grossFen }) => grossFen),
      rows.map(({ creditsFen }) => creditsFen),
      rows.map(({ netFen }) => netFen),
      rows.map(({ fromPrepaymentFen }) => fromPrepaymentFen),
      rows.map(({ fromOwnFen }) => fromOwnFen),
    ] as never,
  );
}

/** The same lines as were netted, chosen by the database; nothing else can have come in between under the locks. */
async function settleLines(
  trx: Knex,
  { region, period, at, lines }: ConfirmStatements,
  statements: readonly NewStatement[],
): Promise<void> {
  const parts = enterprisesOf(statements);
  const { rows } = await refusing(
    trx.raw<{ rows: { lines: number }[] }>(
      'select settle.settle_lines(?, ?, ?, ?::text[], ?::int[], ?::text[], ?::text[])::int as lines',
      [
        region,
        period,
        at.date,
        parts.map(({ institution }) => institution),
        parts.map(({ revision }) => revision),
        parts.map(({ enterprise }) => enterprise),
        lines ? [...lines] : null,
      ] as never,
    ),
  );
  const netted = parts.reduce((total, part) => total + part.lines, 0);
  if (rows[0]!.lines !== netted) throw new Error(`${rows[0]!.lines} lines settled, ${netted} were netted`);
}

/** Enterprises in code order, and for each the prepayment before the own money (DESIGN 6). */
function journalOf({ region, period, at, policy }: ConfirmStatements, statement: NewStatement): Journal {
  const { institution, revision, enterprises } = statement;
  const key = { region, period, institution, revision };
  const transfers = enterprises.flatMap(({ enterprise, fromPrepaymentFen, fromOwnFen }): Transfer[] => {
    const credit = supervisedAccounts.payable(institution, enterprise);
    return [
      { debit: supervisedAccounts.prepayment(institution), credit, amountFen: fromPrepaymentFen },
      { debit: supervisedAccounts.own(institution), credit, amountFen: fromOwnFen },
    ].filter(({ amountFen }) => amountFen > 0n);
  });
  if (sum(transfers.map(({ amountFen }) => amountFen)) !== statement.netFen)
    throw new Error(`${statementId(key)} reserves other money than its net`);
  return {
    book: 'supervised',
    key: `${statementId(key)}/confirm`,
    date: at.date,
    event: 'confirm',
    reference: statementReference(key),
    caseId: caseIds.window(region, period),
    policy,
    transfers,
  };
}

/** Who was refused, and why: the attempt counts where the money was missing (DESIGN 5.5). */
async function insertRefusals(
  trx: Knex,
  { region, period, at, person }: ConfirmStatements,
  refusals: readonly Refused[],
): Promise<void> {
  await trx.raw(
    `insert into settle.refused_confirmations (region, period, institution, code, needed_fen, available_fen, on_date, at_time, person)
     select ?, ?, i.*, ?, ?, coalesce(?, i.institution)
       from unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[]) i (institution, code, needed_fen, available_fen)`,
    [
      region,
      period,
      at.date,
      at.time,
      person ?? null,
      refusals.map(({ institution }) => institution),
      refusals.map(({ code }) => code),
      refusals.map(({ neededFen }) => neededFen),
      refusals.map(({ availableFen }) => availableFen),
    ] as never,
  );
}
