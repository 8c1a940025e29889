import pino from 'pino';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { Bank } from '../../activities/bank/port';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { createHeldActivities } from '../../activities/window/held';
import { createWindowActivities } from '../../activities/window/window';
import type { Prepared, RaisedRequest } from '../../activities/types';
import { loadPayments } from '../../db/payments';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import type { OperatorInput } from '../../domain/payment';
import { period, plainDate } from '../../domain/plain-date';
import { confirm } from '../../operator/commands/confirm-statement';
import { createTestDatabase, type TestDatabase } from './database';
import { acceptLines, fileLetter, fund, REGION, windowContext } from './window';
import { saveSmallWindowRegion } from './window-region';

export const BODY = 'H65050000001';
export const CASE = `window/${REGION}/2026-04`;

export const day = (date: string): BusinessMoment => atPhase(plainDate(date), Phase.ApprovalsAndBank);
export const paymentOf = (enterprise: string): string => `payment/${REGION}/2026-04/${BODY}/${enterprise}`;

/** A bank that rejects whatever it is sent, until a test says otherwise. */
export interface PlayedBank {
  send: Bank['send'];
  ask: Bank['ask'];
}

/** The window of April 2026 on a database without services, step by step, with a bank that the test plays. */
export interface WindowBatch {
  database: TestDatabase;
  bank: PlayedBank;
  /** Ends the time in which institutions agree. */
  close(on: string): Promise<void>;
  prepare(revision: number, on?: string): Promise<Prepared>;
  decide(request: RaisedRequest, decision?: 'approve' | 'reject'): Promise<void>;
  release(request: RaisedRequest): Promise<void>;
  send(on: string): Promise<void>;
  ask(on: string): Promise<void>;
  /** The run of a later window looks at what is held. */
  resume(on: string): Promise<void>;
  act(
    action: OperatorInput['action'],
    paymentIds: readonly string[],
    on: string,
    nextRevision?: number,
  ): Promise<RaisedRequest | null>;
  /** State of each payment by its enterprise. */
  states(): Promise<Record<string, string>>;
}

/** One body has agreed to pay each of these enterprises 100.00 of its own money. */
export async function startWindowBatch(enterprises: readonly string[]): Promise<WindowBatch> {
  const database = await createTestDatabase();
  await saveSmallWindowRegion(database.owner, BODY);
  await fileLetter(database.owner, BODY);
  await acceptLines(
    database.app,
    enterprises.map((enterprise) => ({ line: `L-${enterprise}`, body: BODY, enterprise, amountFen: 10_000n })),
  );
  await fund(database.app, BODY, { own: 100_000n });
  const bank: PlayedBank = {
    send: ({ messageId, instructions }) =>
      Promise.resolve({
        messageId,
        answers: instructions.map(({ endToEndId }) => ({ endToEndId, state: 'rejected' as const, reason: 'AC04' })),
      }),
    ask: () => Promise.resolve([]),
  };
  const dependencies: ActivityDependencies = {
    db: database.app,
    bank: bank as Bank,
    log: pino({ level: 'silent' }),
    heartbeat: () => undefined,
  };
  const batch = createWindowActivities(dependencies);
  const approvals = createApprovalActivities(dependencies);
  await batch.openWindow({ caseId: CASE, at: day('2026-04-01'), region: REGION, period: '2026-04' });
  await confirm(windowContext(database.app, '2026-04-10'), { region: REGION, period: period('2026-04') });
  const at = day('2026-04-21');
  let acts = 0;
  return {
    database,
    bank,
    close: (on) => batch.closeConfirmations({ caseId: CASE, at: day(on) }),
    prepare: (revision, on = '2026-04-21') => batch.prepareWindowBatch({ caseId: CASE, at: day(on), revision }),
    async decide({ requestId, contentSha256, levels }, decision = 'approve') {
      for (const { level, role } of decision === 'reject' ? levels.slice(0, 1) : levels)
        await approvals.recordDecision({
          caseId: CASE,
          at,
          decision: {
            requestId,
            level,
            person: `${REGION}-${role}`,
            decision,
            contentSha256,
            reason: '示例',
            payeesConfirmed: true,
          },
        });
    },
    release: ({ requestId, contentSha256 }) =>
      approvals.recordRelease({
        caseId: CASE,
        at,
        release: { requestId, person: `${REGION}-cashier`, contentSha256 },
      }),
    send: (on) => createBankActivities(dependencies).sendReleasedPayments({ caseId: CASE, at: day(on) }),
    async ask(on) {
      await createBankActivities(dependencies).askBank({ caseId: CASE, at: day(on) });
    },
    resume: (on) => createHeldActivities(dependencies).resumeHeldPayments({ caseId: CASE, at: day(on) }),
    act(action, paymentIds, on, nextRevision = 2) {
      acts += 1;
      const account = { name: '示例医药E0001', account: '88E0001', bankCode: '650500000009' };
      return createOperatorActivities(dependencies).applyOperatorAction({
        caseId: CASE,
        at: day(on),
        nextRevision,
        operator: {
          actionId: `act-${acts}`,
          action,
          paymentIds: [...paymentIds],
          person: `${REGION}-operator`,
          reason: '示例：核对无误',
          ...(action === 'correct' ? { account } : {}),
        },
      });
    },
    async states() {
      const payments = await loadPayments(database.app, { caseId: CASE });
      return Object.fromEntries(payments.map(({ enterprise, state }) => [enterprise!, state]));
    },
  };
}

/** Prepares what there is to approve. */
export async function raised(batch: WindowBatch, revision: number, on?: string): Promise<RaisedRequest> {
  const prepared = await batch.prepare(revision, on);
  if (!prepared || 'paymentsUnderWay' in prepared) throw new Error('nothing was to be approved');
  return prepared;
}

/** Approved, released, and refused by the bank. */
export async function startFailed(enterprises: readonly string[]): Promise<WindowBatch> {
  const batch = await startWindowBatch(enterprises);
  const request = await raised(batch, 1);
  await batch.decide(request);
  await batch.release(request);
  await batch.send('2026-04-21');
  return batch;
}
