import pino from 'pino';
import { loadRequests, type RequestRecord } from '../../db/approvals';
import { loadPayments, type PaymentRecord } from '../../db/payments';
import { atPhase, fromEpochMs, Phase, type DuePoint } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate } from '../../domain/plain-date';
import { exampleStaff, type Purchase, type Region, type Staff } from '../../domain/region';
import { createPolicyBook } from '../../domain/policy';
import type { CommandContext } from '../../operator/commands/context';
import { decide, release } from '../../operator/commands/decisions';
import { openBooks } from '../../rehearsal/opening';
import { barrierMs } from '../../domain/due-points';
import { setStage, type Stage } from '../../rehearsal/stage';
import { createTimeMachine, type TimeMachine } from '../../operator/virtual-time/time-machine';
import { publishedPolicy, publishedYears } from './published';

const POLICY = 'xinjiang-2025-50';
const MAX_STOPS = 50;

/** A hospital and what it bought last year, in fen; the three attributes that decide about it. */
export interface HospitalOf {
  institution: string;
  baseFen: bigint;
  threeFlows?: boolean;
  executesWell?: boolean;
}

/** A region made by hand: what its hospitals bought is their base, and half of it is prepaid. */
export function regionOf(
  code: string,
  hospitals: readonly HospitalOf[],
  options: { budgets?: Partial<Record<'employee' | 'resident' | 'employee-large', bigint>>; staff?: Staff[] } = {},
): Region {
  const cashFen = 100_000_000_000n;
  const budgets = options.budgets ?? { employee: cashFen };
  return {
    code,
    name: `示例地区${code}`,
    policies: [POLICY],
    funds: (['employee', 'resident', 'employee-large'] as const).map((pool) => ({
      pool,
      cashFen,
      fiscalDepositFen: 0n,
      prepaymentBudgetFen: budgets[pool] ?? 0n,
    })),
    institutions: hospitals.map(({ institution, threeFlows = false, executesWell = true }, index) => ({
      institution,
      name: `示例${code}第${index + 1}医院`,
      level: '二级甲等',
      threeFlows,
      executesWell,
      settlesThrough: undefined,
      account: `0000${code}${index + 1}`,
      bankCode: `${code}000001`,
    })),
    enterprises: [],
    purchases: hospitals.map(({ institution, baseFen }): Purchase => ({
      year: 2025,
      institution,
      category: 'vbp-national',
      channel: 'online',
      amountFen: baseFen,
    })),
    staff: options.staff ?? exampleStaff(code),
    staffIsExample: options.staff === undefined,
    files: { applications: [], claims: [], supply: [], spending: [] },
  };
}

/** Cases on a real Temporal server with a real worker, moved by hand from one business moment to another. */
export interface TestStage {
  readonly stage: Stage;
  readonly context: CommandContext;
  readonly machine: TimeMachine;
  /** Where commands read the time. */
  setClock(date: string, phase: Phase): void;
  /** Starts the prepayment of 2026 of a region, on the day the calendar does, and lets it come to rest. */
  startPrepayment(region: string): Promise<string>;
  /** Brings a case through everything that is due until then, and the clock with it. */
  goTo(caseId: string, date: string, phase: Phase): Promise<void>;
  /** The newest request of a case. */
  request(caseId: string): Promise<RequestRecord>;
  payments(caseId: string): Promise<PaymentRecord[]>;
  /** The case has done what it had to do after somebody acted. */
  settle(caseId: string): Promise<void>;
  /** Lets all four levels that are left approve. */
  approve(caseId: string): Promise<void>;
  /** All four levels and the cashier. */
  approveAndRelease(caseId: string): Promise<void>;
  caseState(caseId: string): Promise<{ state: string; closedOn: string | null }>;
  stop(): Promise<void>;
}

export const personOf = (caseId: string, role: string): string => `${caseId.split('/')[1]}-${role}`;

/** Starts the services of a rehearsal, opens the books of the regions, and leaves the rest to the test. */
export async function startTestStage(regions: readonly Region[], faults: readonly object[] = []): Promise<TestStage> {
  const stage = await setStage({ webUi: false, faults, progress: () => undefined });
  try {
    return await openStage(stage, regions);
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

async function openStage(stage: Stage, regions: readonly Region[]): Promise<TestStage> {
  const calendars = publishedYears();
  const opening = {
    ...stage,
    regions: regions.map((region) => ({ region, policies: region.policies ?? [POLICY] })),
    policies: createPolicyBook(
      [...new Set([POLICY, ...regions.flatMap(({ policies = [] }) => policies)])].map(publishedPolicy),
    ),
    calendars,
    provisionalCalendar: false,
    on: plainDate('2026-01-01'),
  };
  await openBooks(opening);

  let now: DuePoint = { date: plainDate('2026-01-01'), phase: Phase.Deadline };
  const { db, client, namespace } = stage;
  const machine = createTimeMachine(client, namespace);
  const context: CommandContext = {
    db,
    client,
    log: pino({ level: 'silent' }),
    clock: { now: () => atPhase(now.date, now.phase) },
    reach: async (caseId) => void (await machine.advance(caseId, barrierMs(now))),
    settled: async (caseId) => void (await machine.settle(caseId)),
  };

  const setClock = (date: string, phase: Phase): void => {
    now = { date: plainDate(date), phase };
  };
  const request = async (caseId: string): Promise<RequestRecord> => {
    const all = await loadRequests(db, { caseId });
    return all.reduce((newest, each) => (each.revision > newest.revision ? each : newest));
  };
  const settle = async (caseId: string): Promise<void> => void (await machine.settle(caseId));

  async function nextDue(caseId: string, target: DuePoint): Promise<DuePoint | undefined> {
    const row = await db('settle.cases')
      .where({ case_id: caseId })
      .whereNull('closed_on')
      .where('next_due_at', '<=', new Date(barrierMs(target)))
      .first<{ next_due_at: Date } | undefined>('next_due_at');
    if (!row) return undefined;
    const { date, time } = fromEpochMs(row.next_due_at.getTime());
    return { date, phase: Number(time.slice(0, 2)) * 60 };
  }

  async function approve(caseId: string): Promise<void> {
    const { requestId, levels, decisions } = await request(caseId);
    for (const { role } of levels.slice(decisions.length))
      await decide(context, { requestId, person: personOf(caseId, role), decision: 'approve' });
  }

  return {
    stage,
    context,
    machine,
    setClock,
    request,
    settle,
    approve,
    payments: (caseId) => loadPayments(db, { caseId }),
    async startPrepayment(region) {
      const caseId = caseIds.prepayment(region, 2026);
      const start = { date: plainDate('2026-03-01'), phase: Phase.Deadline };
      setClock(start.date, start.phase);
      const input = { region, period: '2026' };
      await machine.start(
        { caseId, workflowType: 'prepaymentDisbursement', kind: 'prepayment', input },
        barrierMs(start),
      );
      await settle(caseId);
      return caseId;
    },
    async goTo(caseId, date, phase) {
      const target = { date: plainDate(date), phase };
      for (let stop = 0; ; stop += 1) {
        if (stop === MAX_STOPS) throw new Error(`${caseId} does not come to ${date}`);
        const due = await nextDue(caseId, target);
        if (!due) break;
        await machine.advance(caseId, barrierMs(due));
      }
      await machine.advance(caseId, barrierMs(target));
      setClock(date, phase);
    },
    async approveAndRelease(caseId) {
      await approve(caseId);
      const { requestId } = await request(caseId);
      await release(context, { requestId, person: personOf(caseId, 'cashier') });
      await settle(caseId);
    },
    async caseState(caseId) {
      const row = await db('settle.cases').where({ case_id: caseId }).first('state', 'closed_on');
      return { state: row.state, closedOn: row.closed_on };
    },
    stop: () => stage.stop(),
  };
}
