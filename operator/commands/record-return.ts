import { postJournals, balanceOf } from '../../db/ledger';
import { findCorrections } from '../../db/breaches';
import { addEvents, loadCase, policyStamp } from '../../db/cases';
import { loadReturns, type ReturnRecord } from '../../db/prepayments';
import { insertReceipt } from '../../db/return-receipts';
import { loadPolicyBook } from '../../db/register';
import { lockInstitutions } from '../../db/settlement-locks';
import type { Knex } from 'knex';
import { supervisedAccounts } from '../../domain/ledger';
import type { Journal, PolicyStamp } from '../../domain/ledger';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { formatYuan, minimum, sum } from '../../domain/money';
import { period as toPeriod, type PlainDate } from '../../domain/plain-date';
import { periodOfYear, scheduleOf } from '../../domain/policy';
import { subtractPools } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import { splitArrival } from '../../domain/return-plan';
import type { CommandContext } from './context';
import { tellCorrections } from './corrections';

export interface RecordReturnCommand {
  /** The caller's key: the same receipt again is one receipt. */
  receiptId: string;
  region: string;
  institution: string;
  /** A return names its period (DESIGN 5.1). */
  period: string;
  /** What was paid in, without what is taken from unused prepayment. */
  paidInFen: bigint;
  receivedOn: PlainDate;
  person: string;
  /** It lay in suspense since it came, and is placed on a later day; else it came into cash. */
  from?: 'suspense';
  /** The day of the posting where it is not the one on which the money came. */
  bookedOn?: PlainDate;
}

export interface RecordReturnResult {
  fromUnusedFen: bigint;
  countedFen: bigint;
  excessFen: bigint;
  /** What is still due for this period afterwards. */
  stillDueFen: bigint;
}

/**
 * Books what an institution gives back for a period: unused prepayment first in the final return, then what it paid in; a
 * part counts when the sum reaches what is due, an excess is its own money, and when the last return has arrived the rest
 * of its prepayment is moved to its own money (新医保发〔2025〕50号 四(一)).
 *
 * @throws Refusal `ReturnNotDue`, `IdempotencyConflict`
 */
export async function recordReturn(context: CommandContext, command: RecordReturnCommand): Promise<RecordReturnResult> {
  const { db, log } = context;
  const corrected: string[] = [];
  const result = await db.transaction(async (trx) => {
    const returns = await lockReturns(trx, command);
    const due = returns.find(({ period }) => period === command.period);
    if (!due)
      throw new Refusal('ReturnNotDue', `${command.institution} has no return for ${command.period} in its plan`, {
        rule: '新医保发〔2025〕50号 四(一)',
      });
    const before = await findReceipt(trx, command, due);
    if (before) return before;
    const booked = await book(trx, command, due, returns);
    await tell(trx, context.clock.now(), command, booked);
    const { region, institution } = command;
    corrected.push(...(await findCorrections(trx, region, [institution], context.clock.now().date)));
    return booked;
  });
  await tellCorrections(context, corrected);
  log.info({ institution: command.institution, period: command.period }, 'return recorded');
  return result;
}

/** The institution's returns of the plan that the period belongs to, its ledger locked against whatever else would count on it. */
async function lockReturns(trx: Knex, { region, institution, period }: RecordReturnCommand): Promise<ReturnRecord[]> {
  await lockInstitutions(trx, region, [institution]);
  const all = await loadReturns(trx, { region, institution });
  const year = all.find((each) => each.period === period)?.year;
  return all.filter((each) => each.year === year);
}

async function findReceipt(
  trx: Knex,
  command: RecordReturnCommand,
  due: ReturnRecord,
): Promise<RecordReturnResult | undefined> {
  const row = await trx('settle.return_receipts').where({ receipt_id: command.receiptId }).first();
  if (!row) return undefined;
  const same =
    row.region === command.region &&
    row.institution === command.institution &&
    row.period === command.period &&
    row.received_on === command.receivedOn &&
    row.paid_in_fen === command.paidInFen;
  if (!same)
    throw new Refusal('IdempotencyConflict', `receipt ${command.receiptId} is recorded with other content`, {
      receiptId: command.receiptId,
    });
  return {
    fromUnusedFen: row.from_unused_fen,
    countedFen: sum([row.from_unused_fen, row.paid_in_fen, -row.excess_fen]),
    excessFen: row.excess_fen,
    stillDueFen: due.amountFen - due.receivedFen,
  };
}

async function book(
  trx: Knex,
  command: RecordReturnCommand,
  due: ReturnRecord,
  returns: readonly ReturnRecord[],
): Promise<RecordReturnResult> {
  const { region, institution, paidInFen } = command;
  const policy = await policyOfPlan(trx, region, due);
  const prepaymentAccount = supervisedAccounts.prepayment(institution);
  const stillDue = due.amountFen - due.receivedFen;
  const fromUnusedFen = policy.unusedFirst ? minimum(-(await balanceOf(trx, region, prepaymentAccount)), stillDue) : 0n;
  const countedPaidFen = minimum(paidInFen, stillDue - fromUnusedFen);
  const excessFen = paidInFen - countedPaidFen;
  const countedFen = fromUnusedFen + countedPaidFen;

  await insertReceipt(trx, {
    receiptId: command.receiptId,
    region,
    institution,
    period: command.period,
    receivedOn: command.receivedOn,
    fromUnusedFen,
    paidInFen,
    excessFen,
    pools: splitArrival(countedFen, subtractPools(due.pools, due.receivedPools)),
    recordedBy: command.person,
  });
  const journal = journalOf(command, policy);
  const source = command.from === 'suspense' ? supervisedAccounts.suspense() : supervisedAccounts.cash();
  const eventOf = <E extends Journal['event']>(event: E): E | 'suspense-resolved' =>
    command.from === 'suspense' ? 'suspense-resolved' : event;
  const returning = supervisedAccounts.returning(institution);
  const own = supervisedAccounts.own(institution);
  await postJournals(trx, region, [
    ...journal('return-from-unused', prepaymentAccount, returning, fromUnusedFen),
    ...journal(eventOf('return-received'), source, returning, countedPaidFen),
    ...journal(eventOf('return-excess'), source, own, excessFen),
  ]);

  const isLast = returns.every((each) => each.amountFen === each.receivedFen + (each === due ? countedFen : 0n));
  if (isLast) {
    const rest = -(await balanceOf(trx, region, prepaymentAccount));
    await postJournals(trx, region, journal('prepayment-rest', prepaymentAccount, own, rest));
  }
  return { fromUnusedFen, countedFen, excessFen, stillDueFen: stillDue - countedFen };
}

/** The receipt stands in the story of its period's case, or of the prepayment's while that one has not begun. */
async function tell(
  trx: Knex,
  at: BusinessMoment,
  command: RecordReturnCommand,
  { fromUnusedFen, countedFen, excessFen, stillDueFen }: RecordReturnResult,
): Promise<void> {
  const { region, institution, period, receivedOn } = command;
  const caseId = await caseOfReturn(trx, { region, institution, period });
  const parts = [
    `${institution}: ${formatYuan(countedFen)} for ${period}`,
    ...(fromUnusedFen > 0n ? [`${formatYuan(fromUnusedFen)} of it from unused prepayment`] : []),
    ...(excessFen > 0n ? [`${formatYuan(excessFen)} more, its own money`] : []),
    ...(stillDueFen > 0n ? [`${formatYuan(stillDueFen)} still due`] : []),
    ...(receivedOn === at.date ? [] : [`received on ${receivedOn}`]),
  ];
  await addEvents(trx, caseId!, at, [
    { key: command.receiptId, event: 'return-received', actor: command.person, detail: parts.join(', ') },
  ]);
}

/** In which case a receipt stands; undefined where the institution was never prepaid. */
export async function caseOfReturn(
  db: Knex,
  { region, institution, period }: Pick<RecordReturnCommand, 'region' | 'institution' | 'period'>,
): Promise<string | undefined> {
  const returnCase = caseIds.prepaymentReturn(region, toPeriod(period));
  const row = await db('settle.prepayments as p')
    .leftJoin('settle.cases as c', 'c.case_id', db.raw('?', [returnCase]))
    .where({ 'p.region': region, 'p.institution': institution })
    .orderBy('p.year', 'desc')
    .first<{ return_case: string | null; prepayment_case: string } | undefined>(
      'c.case_id as return_case',
      'p.case_id as prepayment_case',
    );
  return row && (row.return_case ?? row.prepayment_case);
}

interface PlanPolicy {
  stamp: PolicyStamp;
  caseId: string;
  /** Whether this return takes unused prepayment first. */
  unusedFirst: boolean;
}

/** A return is booked under the version that its prepayment was disbursed under. */
async function policyOfPlan(
  trx: Knex,
  region: string,
  { institution, year, period }: ReturnRecord,
): Promise<PlanPolicy> {
  const row = await trx('settle.prepayments')
    .where({ region, institution, year })
    .first<{ case_id: string } | undefined>('case_id');
  const { policy } = await loadCase(trx, row!.case_id);
  const file = (await loadPolicyBook(trx)).get(policy.id, policy.version);
  const prepayment = file.policy.prepayment!;
  // A few fen are all back before November: the last return of such a plan is not the final one of the policy.
  const isFinal = period === periodOfYear(year, scheduleOf(prepayment, year).finalReturn.month);
  return {
    stamp: policyStamp(file),
    caseId: row!.case_id,
    unusedFirst: isFinal && prepayment.unusedFirstInFinalReturn,
  };
}

/** One journal of a receipt, or none where there is no amount. */
function journalOf(
  command: RecordReturnCommand,
  { stamp, caseId }: PlanPolicy,
): (event: Journal['event'], debit: string, credit: string, amountFen: bigint) => Journal[] {
  return (event, debit, credit, amountFen) =>
    amountFen === 0n
      ? []
      : [
          {
            book: 'supervised',
            key: `${command.receiptId}/${event === 'suspense-resolved' ? credit : event}`,
            date: command.bookedOn ?? command.receivedOn,
            event,
            reference: command.receiptId,
            caseId,
            policy: stamp,
            transfers: [{ debit, credit, amountFen }],
          },
        ];
}

/** What an institution has to pay in for a return, after what its unused prepayment covers: for screens and scripts. */
export async function amountToPayIn(db: Knex, region: string, due: ReturnRecord): Promise<bigint> {
  const stillDue = due.amountFen - due.receivedFen;
  if (!due.isLast) return stillDue;
  const { unusedFirst } = await policyOfPlan(db, region, due);
  if (!unusedFirst) return stillDue;
  const unused = -(await balanceOf(db, region, supervisedAccounts.prepayment(due.institution)));
  return stillDue - minimum(unused, stillDue);
}
