import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createHttpBank } from '../../activities/bank/http-bank';
import { loadRequests } from '../../db/approvals';
import { countPayments } from '../../db/payments';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { addDays, plainDate } from '../../domain/plain-date';
import { exampleStaff, type Region } from '../../domain/region';
import type { CommandContext } from '../../operator/commands/context';
import { decide, release } from '../../operator/commands/decisions';
import { reconcile } from '../../operator/commands/reconcile';
import { readInputs } from '../../rehearsal/inputs';
import { makeRegion } from '../../rehearsal/made-up-region';
import { openBooks } from '../../rehearsal/opening';
import { barrierMs } from '../../domain/due-points';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { setStage, type Stage } from '../../rehearsal/stage';
import { createTimeMachine } from '../../operator/virtual-time/time-machine';
import { createLogger } from '../../workers/logging';

const CODE = '650400';
const CASE = caseIds.prepayment(CODE, 2026);
const PAY_DAY = plainDate('2026-03-02');
const BANK_TIMEOUT_MS = 60_000;
const log = createLogger('bench', { level: 'error' });
const say = (message: string): void => void process.stderr.write(`${message}\n`);

/**
 * `npm run bench -- payments [--payments 10000] [--json]`: one batch through the production workflow on durable services,
 * from the cashier's release to the reconciled day: messages written and sent, answers booked, every line classed.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { payments: { type: 'string', default: '10000' }, json: { type: 'boolean', default: false } },
  });
  const directory = await mkdtemp(join(tmpdir(), 'settle-bench-'));
  const stage = await setStage({ webUi: false, faults: [], durable: true, progress: say });
  try {
    await writeRegionFolder(directory, regionOf(Number(values.payments)));
    const measured = await measure(stage, directory);
    if (values.json) process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
    else
      for (const [name, value] of Object.entries(measured))
        process.stdout.write(`${name.padEnd(40)}${String(value).padStart(12)}\n`);
  } finally {
    await stage.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Every institution is prepaid from one pool, so that there are as many payments as institutions. */
function regionOf(payments: number): Region {
  const made = makeRegion({ code: CODE, institutions: payments });
  const institutions = made.institutions.map((each, index) => ({
    ...each,
    executesWell: true,
    settlesThrough: undefined,
    account: `0000${CODE}${index + 1}`,
    bankCode: '000000650400',
  }));
  const purchases = institutions.map(({ institution }, index) => ({
    year: 2025,
    institution,
    category: 'vbp-national' as const,
    channel: 'online' as const,
    amountFen: 10_000_000n + BigInt(index),
  }));
  const enoughFen = 10_000_000n * BigInt(payments);
  const funds = [
    { pool: 'employee' as const, cashFen: enoughFen, fiscalDepositFen: 0n, prepaymentBudgetFen: enoughFen },
  ];
  return { ...made, institutions, purchases, funds, staff: exampleStaff(CODE), staffIsExample: true };
}

async function measure(stage: Stage, directory: string): Promise<Record<string, number>> {
  const year = { regions: [directory], policies: [], provisionalCalendar: false, from: '2026-01', to: '2026-12' };
  const inputs = await readInputs(year);
  await openBooks({ ...inputs, ...stage, provisionalCalendar: false, on: plainDate('2026-01-01') });
  let now: BusinessMoment = atPhase(PAY_DAY, Phase.ApprovalsAndBank);
  const { db, client, bankUrl } = stage;
  const context: CommandContext = { db, client, log, clock: { now: () => now } };
  await approve(stage, context);

  const [request] = await loadRequests(db, { caseId: CASE });
  const startedAt = performance.now();
  const machine = createTimeMachine(client, stage.namespace);
  await release(context, { requestId: request!.requestId, person: `${CODE}-cashier` });
  await machine.settle(CASE);
  const { succeeded = 0, ...others } = await countPayments(db, CASE);
  if (Object.keys(others).length > 0) throw new Error(`not all succeeded: ${JSON.stringify(others)}`);
  const bookedAt = performance.now();

  now = atPhase(addDays(PAY_DAY, 1), Phase.PeopleAct);
  const bank = createHttpBank({ baseUrl: bankUrl, timeoutMs: BANK_TIMEOUT_MS, log });
  const command = { region: CODE, date: PAY_DAY, person: `${CODE}-accountant` };
  const { counts, open } = await reconcile({ ...context, bank }, command);
  const endedAt = performance.now();
  if (open.length > 0) throw new Error(`${open.length} exceptions`);

  const { events } = await client.workflow.getHandle(CASE).fetchHistory();
  const messages = await db('settle.bank_messages').where({ case_id: CASE }).select('message_id');
  const seconds = (from: number, to: number): number => Math.round((to - from) / 100) / 10;
  return {
    payments: succeeded,
    messages: messages.length,
    'written, sent, answered and booked, s': seconds(startedAt, bookedAt),
    'reconciled, s': seconds(bookedAt, endedAt),
    'together, s': seconds(startedAt, endedAt),
    'lines and entries matched': counts.matched,
    'events of the workflow': events?.length ?? 0,
  };
}

/** Brings the case to the day of the payment and through the four levels. */
async function approve(stage: Stage, context: CommandContext): Promise<void> {
  const machine = createTimeMachine(stage.client, stage.namespace);
  const input = { region: CODE, period: '2026' };
  const start = barrierMs({ date: plainDate('2026-03-01'), phase: Phase.Deadline });
  say('preparing the case');
  await machine.start({ caseId: CASE, workflowType: 'prepaymentDisbursement', kind: 'prepayment', input }, start);
  await machine.settle(CASE);
  for (const phase of [Phase.RunsStart, Phase.ApprovalsAndBank])
    await machine.advance(CASE, barrierMs({ date: PAY_DAY, phase }));
  say('approving it');
  const [request] = await loadRequests(stage.db, { caseId: CASE });
  if (!request) throw new Error('no approval was asked for');
  for (const { role } of request.levels)
    await decide(context, { requestId: request.requestId, person: `${CODE}-${role}`, decision: 'approve' });
  say('releasing it');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
