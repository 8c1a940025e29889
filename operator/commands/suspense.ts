import type { Knex } from 'knex';
import { policyStamp } from '../../db/cases';
import { refuseWhileDecided } from '../../db/fund/collections';
import { postJournals } from '../../db/ledger';
import { insertClosing, type ReconciliationException } from '../../db/reconciliation';
import { loadPolicyBook, loadRegion } from '../../db/register';
import {
  findResolution,
  insertResolution,
  insertSuspenseItem,
  loadSuspense,
  type SuspenseItem,
  type SuspenseResolution,
} from '../../db/suspense';
import { Book, fundAccounts, parseAccount, supervisedAccounts, type Journal } from '../../domain/ledger';
import { formatYuan } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { loadException } from './reconcile';
import { recordReturn } from './record-return';

export interface ReceiveCommand {
  /** A `bank-only` exception: money that came in and that the books do not know. */
  exceptionId: bigint;
  person: string;
  reason: string;
  dryRun: boolean;
}

/**
 * Books money that nobody can place to suspense, on the bank's own day, and closes its exception. The same exception again is
 * the same money. No approval of four levels: nothing leaves an account.
 *
 * @throws Refusal `SuspenseInvalid`, `NotFound`, `ReasonMissing`, `AppendOnly` where the day is signed off,
 *   `IdempotencyConflict` for another reason, and those of the accountant's role
 */
export async function receiveSuspense(context: CommandContext, command: ReceiveCommand): Promise<SuspenseItem> {
  const { db, clock } = context;
  const { exceptionId, person, reason, dryRun } = command;
  const exception = await loadException(db, exceptionId);
  const suspenseId = `suspense/${exceptionId}`;
  const at = clock.now();
  const work = (): Promise<SuspenseItem> =>
    transactionally(db, dryRun, async (trx) => {
      await lock(trx, exception.region);
      const before = await find(trx, suspenseId);
      if (before) return sameItem(before, command);
      const item = itemOf(exception, { suspenseId, person, reason });
      await insertSuspenseItem(trx, { ...item, at });
      if (!exception.closed) await insertClosing(trx, { exceptionId, person, reason: `${suspenseId}: ${reason}`, at });
      const { account, amountFen, region, receivedOn } = item;
      await postJournals(trx, region, [
        await journalOf(trx, region, {
          event: 'suspense-received',
          key: suspenseId,
          reference: suspenseId,
          date: receivedOn,
          debit: account,
          credit: suspenseAccount(account),
          amountFen,
        }),
      ]);
      return (await find(trx, suspenseId))!;
    });
  if (dryRun) return work();
  const attempt = { region: exception.region, subject: suspenseId, person, action: 'suspense-receive', reason, at };
  return attempted(context, ownAttempt(attempt), work);
}

export interface ResolveCommand {
  suspenseId: string;
  /** Where it belongs: an institution's own money, its return of a month, an instant-settlement advance, or back by the bank. */
  target:
    | { kind: 'own'; institution: string }
    | { kind: 'return'; institution: string; period: string }
    | { kind: 'instant'; pool: Parameters<typeof fundAccounts.advanceInstant>[0]; institution: string }
    | { kind: 'taken-back'; exceptionId: bigint };
  /** What is left of it where left out. */
  amountFen?: bigint;
  /** The caller's key; by default the item and the account, so that the same command again is one resolution. */
  key?: string;
  person: string;
  reason: string;
  dryRun: boolean;
}

export interface Resolved {
  resolution: SuspenseResolution;
  item: SuspenseItem;
}

/**
 * Places money out of suspense. It is re-labelled only: where it left the account it was the bank that took it back, and its own
 * line says so.
 *
 * @throws Refusal `SuspenseInvalid`, `NotFound`, `ReasonMissing`, `ReturnNotDue`, `IdempotencyConflict`, `CaseStateInvalid`,
 *   `LedgerPostingForbidden`, and those of the accountant's role
 */
export async function resolveSuspense(context: CommandContext, command: ResolveCommand): Promise<Resolved> {
  const { db, clock } = context;
  const { suspenseId, person, reason, dryRun } = command;
  const item = await required(db, suspenseId);
  const work = (): Promise<Resolved> =>
    transactionally(db, dryRun, async (trx) => {
      await lock(trx, item.region);
      return resolve({ ...context, db: trx }, command);
    });
  if (dryRun) return work();
  const attempt = {
    region: item.region,
    subject: suspenseId,
    person,
    action: 'suspense-resolve',
    reason,
    at: clock.now(),
  };
  return attempted(context, ownAttempt(attempt), work);
}

async function resolve(context: CommandContext, command: ResolveCommand): Promise<Resolved> {
  const { db, clock } = context;
  const { suspenseId, target, person, reason } = command;
  const item = await required(db, suspenseId);
  const account = targetAccount(item, target);
  const resolutionId = command.key ?? `${suspenseId}/${account}`;
  const before = await findResolution(db, resolutionId);
  const amountFen = command.amountFen ?? before?.amountFen ?? item.leftFen;
  if (amountFen <= 0n)
    throw new Refusal('SuspenseInvalid', `nothing of ${suspenseId} is left in suspense`, { suspenseId });
  const exceptionId = target.kind === 'taken-back' ? target.exceptionId : null;
  const resolution = { resolutionId, suspenseId, account, amountFen, exceptionId, person, reason };
  if (before) return { resolution: sameResolution(before, resolution), item };
  if (target.kind === 'instant') await refuseWhileDecided(db, { ...target, region: item.region });
  const at = clock.now();
  await insertResolution(db, { ...resolution, at });
  if (target.kind === 'return') {
    const { institution, period } = target;
    const { region } = item;
    const receipt = { receiptId: resolutionId, region, institution, period, paidInFen: amountFen, person };
    await recordReturn(context, { ...receipt, receivedOn: item.receivedOn, bookedOn: at.date, from: 'suspense' });
  } else {
    const date = exceptionId === null ? at.date : await takenBackOn(db, resolution, at);
    await postJournals(db, item.region, [
      await journalOf(db, item.region, {
        event: 'suspense-resolved',
        key: resolutionId,
        // What the bank took back is found by its own line; the rest moves no cash.
        reference: suspenseId,
        date,
        debit: suspenseAccount(item.account),
        credit: account,
        amountFen,
      }),
    ]);
  }
  return { resolution, item: await required(db, suspenseId) };
}

/** The bank's line is closed with it; the money left on the bank's day. */
async function takenBackOn(
  trx: Knex,
  { exceptionId, person, reason, suspenseId }: SuspenseResolution,
  at: ReturnType<CommandContext['clock']['now']>,
): Promise<PlainDate> {
  const { date, closed } = await loadException(trx, exceptionId!);
  if (!closed) await insertClosing(trx, { exceptionId: exceptionId!, person, reason: `${suspenseId}: ${reason}`, at });
  return date;
}

function targetAccount({ account }: SuspenseItem, target: ResolveCommand['target']): string {
  const inFund = parseAccount(account)!.kind === 'fund/cash';
  if (target.kind === 'taken-back') return account;
  if ((target.kind === 'instant') !== inFund)
    throw new Refusal(
      'LedgerPostingForbidden',
      `money in ${account} cannot go to ${target.kind}: it is in the other book`,
      {
        account,
      },
    );
  if (target.kind === 'instant' && parseAccount(account)!.pool !== target.pool)
    throw new Refusal(
      'LedgerPostingForbidden',
      `money in ${account} does not go to ${target.pool}: pools are kept apart`,
      {
        account,
      },
    );
  if (target.kind === 'instant') return fundAccounts.advanceInstant(target.pool, target.institution);
  if (target.kind === 'own') return supervisedAccounts.own(target.institution);
  return supervisedAccounts.returning(target.institution);
}

function suspenseAccount(account: string): string {
  return parseAccount(account)!.kind === 'fund/cash' ? fundAccounts.suspense() : supervisedAccounts.suspense();
}

async function journalOf(
  db: Knex,
  region: string,
  input: Pick<Journal, 'event' | 'key' | 'reference' | 'date'> & { debit: string; credit: string; amountFen: bigint },
): Promise<Journal> {
  const { debit, credit, amountFen, ...rest } = input;
  const [policyId] = (await loadRegion(db, region)).policies;
  const policy = policyStamp((await loadPolicyBook(db)).inForce(policyId!, rest.date));
  const book = debit.startsWith('fund/') ? Book.Fund : Book.Supervised;
  return { ...rest, book, caseId: `suspense/${region}`, policy, transfers: [{ debit, credit, amountFen }] };
}

async function lock(trx: Knex, region: string): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`suspense/${region}`]);
}

async function find(db: Knex, suspenseId: string): Promise<SuspenseItem | undefined> {
  return (await loadSuspense(db, { suspenseId }))[0];
}

async function required(db: Knex, suspenseId: string): Promise<SuspenseItem> {
  const item = await find(db, suspenseId);
  if (item) return item;
  throw new Refusal('NotFound', `there is no ${suspenseId}; settle suspense list shows what there is`, { suspenseId });
}

function itemOf(
  exception: ReconciliationException,
  said: Pick<SuspenseItem, 'suspenseId' | 'person' | 'reason'>,
): Omit<SuspenseItem, 'leftFen' | 'bankDetail'> {
  const { exceptionId, region, account, bankReference, bankAmountFen, date } = exception;
  if (exception.class !== 'bank-only' || (bankAmountFen ?? 0n) <= 0n)
    throw new Refusal(
      'SuspenseInvalid',
      `exception ${exceptionId} is no money that came in and that only the bank has`,
    );
  return {
    ...said,
    exceptionId,
    region,
    account,
    bankReference: bankReference!,
    amountFen: bankAmountFen!,
    receivedOn: date,
  };
}

function sameItem(before: SuspenseItem, { person, reason }: ReceiveCommand): SuspenseItem {
  if (before.person === person && before.reason === reason) return before;
  throw new Refusal('IdempotencyConflict', `${before.suspenseId} is in suspense by ${before.person}: ${before.reason}`);
}

function sameResolution(before: SuspenseResolution, now: SuspenseResolution): SuspenseResolution {
  const same = (['suspenseId', 'account', 'amountFen', 'exceptionId', 'reason'] as const).every(
    (key) => before[key] === now[key],
  );
  if (same) return before;
  throw new Refusal(
    'IdempotencyConflict',
    `${before.resolutionId} placed ${formatYuan(before.amountFen)} in ${before.account}: another part needs a key of its own`,
    { resolutionId: before.resolutionId },
  );
}
