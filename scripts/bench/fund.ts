import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadRequests } from '../../db/approvals';
import { countPayments } from '../../db/payments';
import { verify } from '../../db/verify';
import { atPhase, fromEpochMs, Phase, type BusinessMoment, type DuePoint } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { caseIds } from '../../domain/ids';
import { period, plainDate } from '../../domain/plain-date';
import { exampleStaff, type Region } from '../../domain/region';
import type { CommandContext } from '../../operator/commands/context';
import { decide, release } from '../../operator/commands/decisions';
import { importClaims } from '../../operator/commands/import-claims';
import { reviewClaims } from '../../operator/commands/review-claims';
import { choosePolicies } from '../../operator/files/policy-choice';
import { createTimeMachine, type TimeMachine } from '../../operator/virtual-time/time-machine';
import { makeRegion } from '../../rehearsal/made-up-region';
import { openBooks } from '../../rehearsal/opening';
import { setStage, type Stage } from '../../rehearsal/stage';
import { readCalendarYears } from '../../operator/files/calendar-files';
import { createLogger } from '../../workers/logging';
import { projectRoot } from '../../workers/services/project-root';
import { cpuSeconds } from '../lib/cpu-seconds';

const POLICY = 'suqian-2025';
const CODE = '321300';
const MONTH = period('2026-01');
const CASE = caseIds.fund(CODE, MONTH);
const POOLS = ['employee', 'resident'] as const;
const MAX_STOPS = 100;
const log = createLogger('bench', { level: 'error' });
const say = (message: string): void => void process.stderr.write(`${message}\n`);

/**
 * `npm run bench -- fund [--institutions 5000] [--json]`: one month of a fund with two pools through the production workflow on
 * durable services: from the file of claims over both reviews to the batch that the cashier has released, and what the bank does
 * with it.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { institutions: { type: 'string', default: '5000' }, json: { type: 'boolean', default: false } },
  });
  const directory = await mkdtemp(join(tmpdir(), 'settle-bench-'));
  const stage = await setStage({ webUi: false, faults: [], durable: true, progress: say });
  try {
    const measured = await measure(stage, directory, Number(values.institutions));
    if (values.json) process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
    else
      for (const [name, value] of Object.entries(measured))
        process.stdout.write(`${name.padEnd(48)}${String(value).padStart(12)}\n`);
  } finally {
    await stage.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function regionOf(institutions: number): Region {
  const made = makeRegion({ code: CODE, institutions });
  const cashFen = 100_000_000n * BigInt(institutions);
  return {
    ...made,
    institutions: made.institutions.map((each, index) => ({
      ...each,
      settlesThrough: undefined,
      account: `0000${CODE}${index + 1}`,
      bankCode: '000000321300',
    })),
    purchases: [],
    funds: POOLS.map((pool) => ({ pool, cashFen, fiscalDepositFen: 0n, prepaymentBudgetFen: 0n })),
    staff: exampleStaff(CODE),
    staffIsExample: true,
  };
}

/** Everybody is in good standing and was paid 120,000.00 a pool last year. */
async function endow({ owner }: Stage): Promise<void> {
  await owner.raw(
    `insert into settle.spending (region, year, institution, pool, amount_fen)
     select region, 2025, institution, pool, 12000000 from settle.institutions cross join unnest(?::text[]) pool where region = ?`,
    [[...POOLS], CODE] as never,
  );
  await owner.raw(
    `insert into settle.standings (region, institution, known_from, score, traceability, active, cooperates, agreement_kept, recorded_by)
     select region, institution, '2025-12-01', 90, true, true, true, true, '示例' from settle.institutions where region = ?`,
    [CODE],
  );
}

async function measure(stage: Stage, directory: string, institutions: number): Promise<Record<string, number>> {
  const { db, client } = stage;
  const region = regionOf(institutions);
  const { book } = await choosePolicies(join(projectRoot(), 'policies'), [POLICY]);
  const calendars = await readCalendarYears([join(projectRoot(), 'policies', 'calendar')]);
  await openBooks({
    ...stage,
    regions: [{ region, policies: [POLICY] }],
    policies: book,
    calendars,
    provisionalCalendar: false,
    on: plainDate('2026-01-01'),
  });
  await endow(stage);
  let now: BusinessMoment = atPhase(plainDate('2026-01-01'), Phase.Deadline);
  const context: CommandContext = { db, client, log, clock: { now: () => now } };
  const machine = createTimeMachine(client, stage.namespace);
  const goTo = async (date: string, phase: Phase): Promise<void> => {
    now = atPhase(plainDate(date), phase);
    await advance(stage, machine, { date: plainDate(date), phase });
  };

  say('pre-allocating');
  const input = { region: CODE, period: MONTH };
  const start = barrierMs({ date: plainDate('2026-01-01'), phase: Phase.Deadline });
  await machine.start({ caseId: CASE, workflowType: 'monthlyFund', kind: 'fund', input }, start);
  await machine.settle(CASE);
  await goTo('2026-01-04', Phase.ApprovalsAndBank);
  await approveAndRelease(context);
  await machine.settle(CASE);

  await goTo('2026-02-12', Phase.PeopleAct);
  const path = join(directory, `claims-${MONTH}.csv`);
  const rows = region.institutions.flatMap(({ institution }) =>
    POOLS.map((pool) => `${institution},${pool},23456.78,56.78`),
  );
  await writeFile(path, `institution,pool,declared,deducted\n${rows.join('\n')}\n`);
  say('claims');
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds()];
  await importClaims(context, path, { region: CODE });
  const importedAt = performance.now();
  await reviewClaims(context, { region: CODE, period: MONTH, step: 'first-review', person: `${CODE}-officer` });
  await reviewClaims(context, { region: CODE, period: MONTH, step: 're-check', person: `${CODE}-business-head` });
  const reviewedAt = performance.now();
  await goTo('2026-02-13', Phase.ApprovalsAndBank);
  const preparedAt = performance.now();
  await approveAndRelease(context);
  const [releasedAt, cpuAfter] = [performance.now(), cpuSeconds()];
  await machine.settle(CASE);
  const bookedAt = performance.now();
  await goTo('2026-02-14', Phase.ApprovalsAndBank);

  const { succeeded = 0, ...others } = await countPayments(db, CASE);
  if (Object.keys(others).length > 0) throw new Error(`not all succeeded: ${JSON.stringify(others)}`);
  const broken = (await verify(db, CODE)).filter(({ ok }) => !ok);
  if (broken.length > 0) throw new Error(JSON.stringify(broken));
  const { events } = await client.workflow.getHandle(CASE).fetchHistory();
  const seconds = (from: number, to: number): number => Math.round((to - from) / 100) / 10;
  return {
    institutions,
    'claims, one for each pool': rows.length,
    'payments, pre-allocations and settlements': succeeded,
    'claims imported, s': seconds(startedAt, importedAt),
    'reviewed twice, s': seconds(importedAt, reviewedAt),
    'worked out and prepared, s': seconds(reviewedAt, preparedAt),
    'approved four times and released, s': seconds(preparedAt, releasedAt),
    'from the file to the released batch, s': seconds(startedAt, releasedAt),
    'from the file to the released batch, CPU s': Math.round((cpuAfter - cpuBefore) * 10) / 10,
    'load of the machine': Math.round(loadavg()[0]! * 10) / 10,
    'sent, answered and booked, s': seconds(releasedAt, bookedAt),
    'events of the workflow': events?.length ?? 0,
  };
}

/** Brings the case through every phase in which it has something to do. */
async function advance({ db }: Stage, machine: TimeMachine, target: DuePoint): Promise<void> {
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    const row = await db('settle.cases')
      .where({ case_id: CASE })
      .where('next_due_at', '<=', new Date(barrierMs(target)))
      .first<{ next_due_at: Date } | undefined>('next_due_at');
    if (!row) break;
    const { date, time } = fromEpochMs(row.next_due_at.getTime());
    await machine.advance(CASE, barrierMs({ date, phase: Number(time.slice(0, 2)) * 60 }));
  }
  await machine.advance(CASE, barrierMs(target));
}

async function approveAndRelease(context: CommandContext): Promise<void> {
  const requests = await loadRequests(context.db, { caseId: CASE, states: ['open'] });
  const { requestId, levels } = requests[0]!;
  for (const { role } of levels) await decide(context, { requestId, person: `${CODE}-${role}`, decision: 'approve' });
  await release(context, { requestId, person: `${CODE}-cashier` });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
