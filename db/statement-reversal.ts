import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import { groupBy } from '../domain/group-by';
import { caseIds } from '../domain/ids';
import { supervisedAccounts, type Journal, type LedgerEvent, type PolicyStamp, type Transfer } from '../domain/ledger';
import { period as toPeriod, yearOf, type PlainDate } from '../domain/plain-date';
import { revisionOfPayment, statementId, statementReference } from '../domain/window/ids';
import { loadCase } from './cases';
import { postJournals } from './ledger';
import { lockInstitutions } from './settlement-locks';

/** One enterprise of a statement, as its money was reserved. */
interface ReservedPart {
  institution: string;
  revision: number;
  enterprise: string;
  netFen: bigint;
  fromPrepaymentFen: bigint;
  fromOwnFen: bigint;
}

export interface ReversedStatement {
  institution: string;
  revision: number;
  netFen: bigint;
  reversedOn: PlainDate;
  /** Its lines are open again, this many. */
  lines: number;
}

/**
 * Takes back the live statement of a body while its window is open to institutions: the money goes back as it was reserved,
 * its lines are open again. The caller holds the locks of settlement-locks.ts.
 *
 * @returns undefined where there is no live statement
 */
export async function reverseStatement(
  trx: Knex,
  input: { region: string; period: string; institution: string; at: BusinessMoment; policy: PolicyStamp },
): Promise<ReversedStatement | undefined> {
  const { region, period, institution, at, policy } = input;
  const live = await trx('settle.statements')
    .where({ region, period, institution })
    .whereNull('reversed_on')
    .first<{ revision: number; net_fen: bigint } | undefined>('revision', 'net_fen');
  if (!live) return undefined;
  const key = { region, period, institution, revision: live.revision };
  const parts = await loadParts(trx, region, period, [institution], live.revision);
  const returned = await loadReturned(trx, region, period, [institution]);
  await trx('settle.statements').where(key).update({ reversed_on: at.date });
  await postJournals(trx, region, [
    {
      book: 'supervised',
      key: `${statementId(key)}/confirm-reversal`,
      date: at.date,
      event: 'confirm-reversal',
      reference: statementReference(key),
      caseId: caseIds.window(region, toPeriod(period)),
      policy,
      transfers: parts.flatMap((part) => givenBack(part, returned)),
    },
  ]);
  const lines = await countReopened(trx, key);
  return { institution, revision: live.revision, netFen: live.net_fen, reversedOn: at.date, lines };
}

/**
 * A breach that the live statement of a body has corrected: it settles lines of the breach, and the engine found the correction
 * with it or after it. Undefined where it corrected none, or there is no statement.
 */
export async function correctedByStatement(
  db: Knex,
  { region, period, institution }: { region: string; period: string; institution: string },
): Promise<string | undefined> {
  const row = await db('settle.breaches as b')
    .join('settle.statements as s', { 's.region': 'b.region', 's.institution': 'b.institution' })
    .where({ 'b.region': region, 'b.institution': institution, 'b.corrected_by': 'engine', 's.period': period })
    .whereNull('s.reversed_on')
    .whereNull('b.exempted_on')
    .whereRaw('b.corrected_on >= s.confirmed_on')
    .whereRaw(
      `exists (select from settle.breach_lines l join settle.settled_lines n using (line_id)
                where l.case_id = b.case_id and (n.region, n.period, n.institution, n.revision) = (s.region, s.period, s.institution, s.revision))`,
    )
    .orderBy('b.case_id')
    .first<{ case_id: string } | undefined>('b.case_id');
  return row?.case_id;
}

/** The statement of a body that was taken back last. */
export async function lastReversed(
  trx: Knex,
  where: { region: string; period: string; institution: string },
): Promise<ReversedStatement | undefined> {
  const row = await trx('settle.statements')
    .where(where)
    .whereNotNull('reversed_on')
    .orderBy('revision', 'desc')
    .first<{ revision: number; net_fen: bigint; reversed_on: PlainDate } | undefined>('*');
  if (!row) return undefined;
  const { institution } = where;
  const lines = await countReopened(trx, { ...where, revision: row.revision });
  return { institution, revision: row.revision, netFen: row.net_fen, reversedOn: row.reversed_on, lines };
}

/** What is known of a payment of a statement that is cancelled. */
export interface CancelledPayment {
  paymentId: string;
  region: string;
  caseId: string;
  period: string;
  institution?: string;
  enterprise?: string;
}

/**
 * What follows when payments of statements are cancelled (DESIGN 5.4): the money goes back as it was reserved, all of it to
 * own money once the institution's advance is returned; the lines are open again, for the next window. A part that was
 * cancelled before stays so.
 */
export async function reopenStatementParts(
  trx: Knex,
  payments: readonly CancelledPayment[],
  at: BusinessMoment,
): Promise<void> {
  const windows = groupBy(payments, ({ region, period }) => `${region}/${period}`);
  for (const group of windows.values()) {
    const { region, period, caseId } = group[0]!;
    const institutions = group.map(({ institution }) => institution!);
    await lockInstitutions(trx, region, institutions);
    const { policy } = await loadCase(trx, caseId);
    const returned = await loadReturned(trx, region, period, institutions);
    const known = await loadParts(trx, region, period, institutions);
    const cancelled = group.flatMap(({ paymentId, institution, enterprise }) => {
      const revision = revisionOfPayment(paymentId);
      const part = known.find(
        (each) => each.institution === institution && each.enterprise === enterprise && each.revision === revision,
      );
      return part ? [{ paymentId, part }] : [];
    });
    const parts = cancelled.map(({ part }) => part);
    await markCancelled(trx, region, period, parts, at.date);
    await postJournals(
      trx,
      region,
      cancelled.map(({ paymentId, part }): Journal => {
        const event: LedgerEvent = 'payment-cancelled';
        const transfers = givenBack(part, returned);
        const key = `${paymentId}/cancelled`;
        return { book: 'supervised', key, date: at.date, event, reference: paymentId, caseId, policy, transfers };
      }),
    );
  }
}

function givenBack(part: ReservedPart, returned: ReadonlySet<string>): Transfer[] {
  const { institution, enterprise, netFen, fromPrepaymentFen, fromOwnFen } = part;
  const debit = supervisedAccounts.payable(institution, enterprise);
  const own = supervisedAccounts.own(institution);
  if (returned.has(institution)) return [{ debit, credit: own, amountFen: netFen }];
  return [
    { debit, credit: supervisedAccounts.prepayment(institution), amountFen: fromPrepaymentFen },
    { debit, credit: own, amountFen: fromOwnFen },
  ].filter(({ amountFen }) => amountFen > 0n);
}

/** Parts of live statements that are not cancelled, in code order. */
async function loadParts(
  trx: Knex,
  region: string,
  period: string,
  institutions: readonly string[],
  revision?: number,
): Promise<ReservedPart[]> {
  const query = trx('settle.statement_enterprises as e')
    .join('settle.statements as s', function () {
      for (const column of ['region', 'period', 'institution', 'revision']) this.on(`s.${column}`, `e.${column}`);
    })
    .where({ 'e.region': region, 'e.period': period })
    .whereRaw('e.institution = any(?::text[])', [[...institutions]])
    .whereNull('e.cancelled_on')
    .whereNull('s.reversed_on')
    .orderBy(['e.institution', 'e.enterprise']);
  if (revision !== undefined) void query.where('e.revision', revision);
  return query.select({
    institution: 'e.institution',
    revision: 'e.revision',
    enterprise: 'e.enterprise',
    netFen: 'e.net_fen',
    fromPrepaymentFen: 'e.from_prepayment_fen',
    fromOwnFen: 'e.from_own_fen',
  });
}

/** Who has returned all of the year's advance: what comes back now is its own. */
async function loadReturned(
  trx: Knex,
  region: string,
  period: string,
  institutions: readonly string[],
): Promise<Set<string>> {
  const { rows } = await trx.raw<{ rows: { institution: string }[] }>(
    `select r.institution from settle.return_plan r
       left join lateral (select sum(c.from_unused_fen + c.paid_in_fen - c.excess_fen) as fen from settle.return_receipts c
                           where (c.region, c.institution, c.period) = (r.region, r.institution, r.period)) came on true
      where r.region = ? and r.year = ? and r.institution = any(?::text[])
      group by r.institution having bool_and(coalesce(came.fen, 0) >= r.amount_fen)`,
    [region, yearOf(toPeriod(period)), [...institutions]],
  );
  return new Set(rows.map(({ institution }) => institution));
}

async function markCancelled(
  trx: Knex,
  region: string,
  period: string,
  parts: readonly ReservedPart[],
  on: PlainDate,
): Promise<void> {
  await trx.raw(
    `update settle.statement_enterprises e set cancelled_on = ? from unnest(?::text[], ?::int[], ?::text[]) p (institution, revision, enterprise)
      where e.region = ? and e.period = ? and e.institution = p.institution and e.revision = p.revision and e.enterprise = p.enterprise`,
    [
      on,
      parts.map(({ institution }) => institution),
      parts.map(({ revision }) => revision),
      parts.map(({ enterprise }) => enterprise),
      region,
      period,
    ] as never,
  );
}

/** Lines follow their statement by themselves (0054_statement_guards.sql). @returns how many were opened again */
async function countReopened(
  trx: Knex,
  key: { region: string; period: string; institution: string; revision: number },
): Promise<number> {
  const [row] = await trx('settle.unsettled_lines').where(key).count<{ count: bigint }[]>('* as count');
  return Number(row!.count);
}
