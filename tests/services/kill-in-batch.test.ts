import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { loadRequests } from '../../db/approvals';
import { journalRows } from '../../db/ledger';
import { countPayments, loadPayments } from '../../db/payments';
import { verify } from '../../db/verify';
import { fromEpochMs } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate } from '../../domain/plain-date';
import { actOnPayments, askBankNow, decide, release } from '../../operator/commands/decisions';
import { connectRunning, type RunningConnection } from '../../operator/connection';
import { bankAgrees } from '../../rehearsal/bank-agrees';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { BUILT_CLI, createDaily, until, type RunningUp } from '../support/daily';
import { regionOf } from '../support/stage';

/**
 * A process that is killed hard while a batch of 200 payments goes out, and `settle up` started again, as a service manager
 * does: nothing is lost, nothing paid twice, and the books are those of a batch that nobody disturbed. Every process by
 * `npm run faults`; one of them with all other tests.
 */
const EVERY_PROCESS = ['the worker', 'Temporal', 'PostgreSQL', 'the bank simulator'];
const victims = process.env['SETTLE_KILL_EVERY'] === '1' ? EVERY_PROCESS : EVERY_PROCESS.slice(0, 1);

const PAYMENTS = 200;
const PAYMENTS_A_MESSAGE = 4;
const MESSAGES = PAYMENTS / PAYMENTS_A_MESSAGE;
const KILL_AFTER_MESSAGES = 12;
const UNDISTURBED = '650900';
const codeOf = (index: number): string => `65090${index + 1}`;
const DONE_WITHIN_MS = 120_000;
const TEST_WITHIN_MS = 300_000;

// Half of 10,000.00 + 2 fen × the hospital's number is prepaid: 5,000.00 and its number in fen.
const TOGETHER_FEN = 200n * 500_000n + (199n * 200n) / 2n;

const daily = createDaily({ SETTLE_BANK_MAX_PAYMENTS: String(PAYMENTS_A_MESSAGE) });
const log = pino({ level: 'silent' });
const caseOf = (code: string): string => caseIds.prepayment(code, 2026);
const bankJournal = (): string => join(daily.data, 'bank', 'bank.jsonl');
let running: RunningUp;

const settle = (...argv: string[]): string =>
  execFileSync(process.execPath, [BUILT_CLI, ...argv], { env: daily.env, encoding: 'utf8' });

/** Opens the system for a few commands, and closes it before a process of it is killed. */
async function connected<T>(work: (system: RunningConnection) => Promise<T>): Promise<T> {
  const system = await connectRunning(daily.env);
  try {
    return await work(system);
  } finally {
    await system.close();
  }
}

async function importRegion(code: string): Promise<void> {
  const hospitals = Array.from({ length: PAYMENTS }, (_, index) => ({
    institution: `H${code}${String(index + 1).padStart(5, '0')}`,
    baseFen: 1_000_000n + 2n * BigInt(index),
  }));
  const folder = join(daily.data, code);
  await writeRegionFolder(folder, regionOf(code, hospitals));
  settle('import', folder);
}

beforeAll(async () => {
  running = await daily.up();
  for (const code of [UNDISTURBED, ...victims.map((_, index) => codeOf(index))]) await importRegion(code);
  settle('schedules', 'backfill', '--from', '2026-03', '--to', '2026-03');
  await connected(async (system) => {
    const open = () => loadRequests(system.db, { states: ['open'] });
    expect(await until(async () => (await open()).length === victims.length + 1, DONE_WITHIN_MS)).toBe(true);
    for (const { requestId, caseId, levels } of await open())
      for (const { role } of levels)
        await decide(system, { requestId, person: `${caseId.split('/')[1]}-${role}`, decision: 'approve' });
  });
}, TEST_WITHIN_MS);
afterAll(() => daily.discard(), TEST_WITHIN_MS);

const releaseBatch = (code: string): Promise<unknown> =>
  connected((system) => release(system, { requestId: `${caseOf(code)}#1`, person: `${code}-cashier` }));

/** Messages that the bank has taken from a byte of its journal on: one is one line. */
const messagesFrom = (byte: number): number =>
  readFileSync(bankJournal()).subarray(byte).toString('utf8').split('\n').length - 1;

/** Waits until the bank has some of the batch's messages, and ends the process at once. */
async function killInTheMiddle(code: string, name: string): Promise<void> {
  const victim = running.state.services.find((each) => each.name === name)!;
  const before = statSync(bankJournal()).size;
  await releaseBatch(code);
  const deadline = performance.now() + DONE_WITHIN_MS;
  while (messagesFrom(before) < KILL_AFTER_MESSAGES && performance.now() < deadline) await pause(1);
  process.kill(victim.pid, 'SIGKILL');
  const taken = messagesFrom(before);
  expect(taken).toBeGreaterThanOrEqual(KILL_AFTER_MESSAGES);
  expect(taken).toBeLessThan(MESSAGES);
}

async function stateOf({ db }: RunningConnection, caseId: string): Promise<string> {
  return (await db('settle.cases').where({ case_id: caseId }).first('state')).state as string;
}

/** Everything is paid. After an outage of the bank the case asks on the next working day; an operator does not wait for it. */
async function runToTheEnd(code: string, operatorActs: boolean): Promise<void> {
  const caseId = caseOf(code);
  const operator = { caseId, person: `${code}-operator`, reason: '示例：系统重启后核对' };
  await connected(async (system) => {
    const isPaid = async (): Promise<boolean> => {
      const { succeeded = 0, failed = 0 } = await countPayments(system.db, caseId);
      if (succeeded === PAYMENTS) return true;
      if (operatorActs && failed > 0) {
        const refused = await loadPayments(system.db, { caseId, states: ['failed'] });
        const paymentIds = refused.map(({ paymentId }) => paymentId);
        await actOnPayments(system, { ...operator, action: 'retry', paymentIds });
      } else if (operatorActs && (await stateOf(system, caseId)) === 'bank') {
        await askBankNow(system, { ...operator, region: code });
        await pause(1_000);
      }
      return false;
    };
    const isDone = await until(isPaid, DONE_WITHIN_MS);
    if (!isDone) throw new Error(`${caseId}: ${JSON.stringify(await countPayments(system.db, caseId))}`);
  });
}

type LedgerLine = readonly [book: string, key: string, event: string, account: string, debit: string, credit: string];

/** The books without sequence, chain and time, and with one name for every region. */
async function ledgerOf(code: string): Promise<LedgerLine[]> {
  return connected(async ({ db }) => {
    const rows = await journalRows(db, code, plainDate('2026-01-01'), plainDate('2099-12-31'));
    const lines = rows.map((row): LedgerLine => [
      row.book,
      row.journal,
      row.event,
      row.account,
      String(row.debitFen),
      String(row.creditFen),
    ]);
    const named = lines.map((line) => line.map((cell) => cell.replaceAll(code, 'REGION')) as unknown as LedgerLine);
    return named.sort((left, right) => (left.join('\n') < right.join('\n') ? -1 : 1));
  });
}

/** What the bank never received has failed, and was sent once more by the operator: the two first journals are each other's reverse. */
function withoutWhatNeverArrived(lines: readonly LedgerLine[]): LedgerLine[] {
  const attemptOf = (key: string): string => key.split('/').slice(0, -1).join('/');
  const failed = new Set(lines.filter(([, key]) => key.endsWith('/failed')).map(([, key]) => attemptOf(key)));
  return lines
    .filter(([, key]) => !failed.has(attemptOf(key)))
    .map(([book, key, ...rest]): LedgerLine => {
      const first = key.replace(/#2\//, '#1/');
      return [book, failed.has(attemptOf(first)) ? first : key, ...rest];
    })
    .sort((left, right) => (left.join('\n') < right.join('\n') ? -1 : 1));
}

interface BankFact {
  type: string;
  payments?: { purpose: string; decision: { outcome: string } }[];
}

/** Payments that the bank has executed for a region, by its own journal. */
function paidByBank(code: string): string[] {
  const facts = readFileSync(bankJournal(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BankFact);
  return facts
    .flatMap(({ payments = [] }) => payments)
    .filter(({ purpose, decision }) => purpose.startsWith(`disbursement/${code}/`) && decision.outcome === 'booked')
    .map(({ purpose }) => purpose)
    .sort();
}

async function expectPaidOnce(code: string): Promise<void> {
  const paid = paidByBank(code);
  expect(paid).toHaveLength(PAYMENTS);
  expect(new Set(paid).size).toBe(PAYMENTS);
  await connected(async ({ db, bankUrl }) => {
    const bank = createHttpBank({ baseUrl: bankUrl, timeoutMs: 15_000, log });
    const checks = [...(await verify(db, code)), await bankAgrees(db, bank, code, fromEpochMs(Date.now()).date)];
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });
}

let undisturbed: LedgerLine[];

it(
  'an undisturbed batch pays each of its 200 payments once',
  async () => {
    await releaseBatch(UNDISTURBED);
    await runToTheEnd(UNDISTURBED, false);
    await expectPaidOnce(UNDISTURBED);
    undisturbed = await ledgerOf(UNDISTURBED);
    const arrived = undisturbed.filter(
      ([, , event, account]) => event === 'disbursement-booked' && account === 'supervised/cash',
    );
    expect(arrived).toHaveLength(PAYMENTS);
    expect(arrived.reduce((total, [, , , , debit]) => total + BigInt(debit), 0n)).toBe(TOGETHER_FEN);
  },
  TEST_WITHIN_MS,
);

it.each(victims.map((name, index) => [name, codeOf(index)] as const))(
  '%s killed in the middle of the batch: each payment once, and the undisturbed books',
  async (name, code) => {
    await killInTheMiddle(code, name);
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain(`${name} has ended by itself`);
    running = await daily.up();
    await runToTheEnd(code, name === 'the bank simulator');
    await expectPaidOnce(code);
    expect(withoutWhatNeverArrived(await ledgerOf(code))).toEqual(undisturbed);
  },
  TEST_WITHIN_MS,
);
