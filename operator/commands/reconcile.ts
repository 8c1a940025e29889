import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Bank, BankEntry, BankStatement } from '../../activities/bank/port';
import type { ReconciliationException, RunRecord, SignOff } from '../../db/reconciliation';
import {
  insertClosing,
  insertSignOff,
  loadExceptions,
  loadLastRun,
  loadRun,
  loadSignOff,
} from '../../db/reconciliation';
import { insertRun, type StatementLine } from '../../db/reconciliation-run';
import { loadFundAccounts, loadRegion } from '../../db/register';
import { fundAccounts, supervisedAccounts } from '../../domain/ledger';
import type { PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import type { ClockPort } from '../clock';
import { attempted, ownAttempt } from './attempts';
import { transactionally } from './dry-run';

export interface ReconcileContext {
  db: Knex;
  bank: Bank;
  clock: ClockPort;
  log: Logger;
}

export interface ReconcileResult extends RunRecord {
  region: string;
  date: PlainDate;
  /** Open ones of that day, of earlier runs too. */
  open: ReconciliationException[];
}

/**
 * Holds every cash account of a region against the bank's statement of one day: each line of the bank and each cash entry of
 * the ledger comes into exactly one class, without any tolerance, and what does not agree is kept as an exception until
 * somebody closes it. May be repeated; every run is kept.
 *
 * @throws Refusal `BankMessageInvalid`, BankUnreachable, BankTimeout: nothing is kept of a day whose statement is not here.
 */
export async function reconcile(
  context: Reconciling,
  command: { region: string; date: PlainDate; person: string },
): Promise<ReconcileResult> {
  const { region, date, person } = command;
  const attempt = {
    region,
    subject: `reconciliation of ${date}`,
    person,
    action: 'reconcile-run',
    at: context.clock.now(),
  };
  return attempted(context, ownAttempt(attempt), () => run(context, command));
}

type Reconciling = Omit<ReconcileContext, 'bank'> & { bank: Pick<Bank, 'statement'> };

async function run(
  context: Omit<ReconcileContext, 'bank'> & { bank: Pick<Bank, 'statement' | 'settled'> },
  command: { region: string; date: PlainDate; person: string },
): Promise<ReconcileResult> {
  const { db, bank, clock, log } = context;
  const { region, date, person } = command;
  const at = clock.now();
  if (date > at.date) throw new Refusal('ReconciliationOpen', `${date} has not begun: there is nothing to reconcile`);
  const pairs = await cashAccounts(db, region);
  const statements: { account: string; statement: BankStatement }[] = [];
  // Of a day that goes on, the statement is that of now, and not to be taken for that of its end.
  const upTo = date === at.date ? at : undefined;
  for (const { account, bankAccount } of pairs)
    statements.push({ account, statement: await bank.statement(bankAccount, date, upTo) });
  const runId = await db.transaction((trx) =>
    insertRun(trx, {
      region,
      date,
      person,
      at,
      accounts: statements.map(({ account, statement }) => ({
        account,
        bankAccount: statement.account,
        openingFen: statement.openingFen,
        closingFen: statement.closingFen,
      })),
      lines: statements.flatMap(({ account, statement }) => statement.entries.map((entry) => lineOf(account, entry))),
    }),
  );
  for (const { bankAccount } of pairs) await bank.settled?.({ account: bankAccount, date });
  const record = await loadRun(db, runId);
  const open = await loadExceptions(db, { region, date, open: true });
  log.info({ region, date, ...record.counts, open: open.length }, 'day reconciled with the bank');
  return { region, date, ...record, open };
}

function lineOf(account: string, entry: BankEntry): StatementLine {
  return {
    account,
    bankReference: entry.bankReference,
    amountFen: entry.direction === 'credit' ? entry.amountFen : -entry.amountFen,
    endToEndId: entry.endToEndId ?? null,
    returned: entry.returned !== undefined,
    text: entry.text ?? null,
    counterpartyName: entry.counterpartyName ?? null,
    counterpartyAccount: entry.counterpartyAccount ?? null,
  };
}

/** Each cash account of the ledger and the account at the bank that it stands for. */
export async function cashAccounts(db: Knex, region: string): Promise<{ account: string; bankAccount: string }[]> {
  const { supervisedAccount } = await loadRegion(db, region);
  const funds = await loadFundAccounts(db, region);
  return [
    ...[...funds].map(([pool, bankAccount]) => ({ account: fundAccounts.cash(pool as Pool), bankAccount })),
    { account: supervisedAccounts.cash(), bankAccount: supervisedAccount },
  ];
}

type Deciding = Pick<ReconcileContext, 'db' | 'clock' | 'log'>;

/**
 * Closes an exception with the reason why the books and the bank differ, by an accountant who was not the day's cashier. A
 * dry run checks all of it and keeps nothing.
 *
 * @throws Refusal `NotFound`, `ReasonMissing`, `PersonUnknown`, `AccountantRoleMissing`, `AccountantIsCashier`; `AppendOnly`
 *   when it is closed already
 */
export async function closeException(
  context: Deciding,
  command: { exceptionId: bigint; person: string; reason: string; dryRun?: boolean },
): Promise<ReconciliationException> {
  const { db, clock, log } = context;
  const { exceptionId, person, reason, dryRun = false } = command;
  const at = clock.now();
  const exception = await loadException(db, exceptionId);
  const close = async (): Promise<void> => {
    const closed = await transactionally(db, dryRun, (trx) => insertClosing(trx, { exceptionId, person, reason, at }));
    if (!closed) throw new Refusal('AppendOnly', `exception ${exceptionId} is closed already`);
  };
  if (dryRun) await close();
  else {
    const subject = `exception ${exceptionId}`;
    const attempt = { region: exception.region, subject, person, action: 'reconcile-close', reason, at };
    await attempted(context, ownAttempt(attempt), close);
    log.info({ exception: exceptionId.toString(), person }, 'exception closed');
  }
  return exception;
}

/** @throws Refusal `NotFound` */
export async function loadException(db: Knex, exceptionId: bigint): Promise<ReconciliationException> {
  const [exception] = await loadExceptions(db, { exceptionId });
  if (exception) return exception;
  throw new Refusal('NotFound', `there is no exception ${exceptionId}`, { exceptionId: exceptionId.toString() });
}

/**
 * The accountant's daily sign-off: the day is reconciled, nothing was posted to its cash since, and no exception is open. A
 * dry run checks all of it and keeps nothing.
 *
 * @throws Refusal `ReconciliationOpen`, `PersonUnknown`, `AccountantRoleMissing`, `AccountantIsCashier`; `AppendOnly` when the
 *   day is signed already
 */
export async function signOff(
  context: Deciding,
  command: { region: string; date: PlainDate; person: string; dryRun?: boolean },
): Promise<SignOff> {
  const { db, clock, log } = context;
  const { region, date, person, dryRun = false } = command;
  const at = clock.now();
  const sign = (): Promise<SignOff> =>
    transactionally(db, dryRun, async (trx) => {
      const run = await loadLastRun(trx, region, date);
      if (!run) throw new Refusal('ReconciliationOpen', `${date} has not been reconciled in ${region}`);
      const signed = await insertSignOff(trx, { region, date, runId: run.runId, person, at });
      const stored = (await loadSignOff(trx, region, date))!;
      if (!signed) throw new Refusal('AppendOnly', `${date} was signed off in ${region} by ${stored.person}`);
      return stored;
    });
  if (dryRun) return sign();
  const attempt = { region, subject: `reconciliation of ${date}`, person, action: 'reconcile-sign-off', at };
  const stored = await attempted(context, ownAttempt(attempt), sign);
  log.info({ region, date, person }, 'day signed off');
  return stored;
}
