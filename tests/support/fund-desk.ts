import type { Knex } from 'knex';
import pino from 'pino';
import type { Bank, PaymentAnswer, PaymentInstruction } from '../../activities/bank/port';
import { createFundActivities } from '../../activities/fund';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import type { FundStage, RaisedRequest } from '../../activities/types';
import { loadRequests } from '../../db/approvals';
import { atPhase, Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate, type Period } from '../../domain/plain-date';

/** A booking at the bank: to which payment, how much, and when. */
export interface Booking {
  paymentId: string;
  amountFen: bigint;
  on: string;
}

export interface FundDesk {
  bookings: Booking[];
  open(period: Period): Promise<string>;
  /** Prepares a stage at 14:00 of a day, and takes it through all levels to the bank, transfers before it included. */
  run(caseId: string, stage: FundStage, on: string): Promise<void>;
  act(caseId: string, action: 'retry' | 'cancel', paymentIds: string[], on: string): Promise<void>;
}

/** A bank that books everything on the day it is sent, but what a test says; the first attempt only. */
function bankThat(rejects: (paymentId: string) => boolean, bookings: Booking[]): Bank {
  const known = new Map<string, PaymentAnswer>();
  const decide = (each: PaymentInstruction, on: string): PaymentAnswer => {
    const { endToEndId, purpose, amountFen, remittance } = each;
    if (remittance.attempt === 1 && rejects(purpose)) return { endToEndId, state: 'rejected', reasonCode: 'AC04' };
    bookings.push({ paymentId: purpose, amountFen, on });
    return { endToEndId, state: 'booked', bookedOn: plainDate(on), bankReference: `B-${endToEndId}` };
  };
  return {
    async send({ messageId, requestedOn, instructions }) {
      for (const each of instructions)
        if (!known.has(each.endToEndId)) known.set(each.endToEndId, decide(each, requestedOn));
      return {
        messageId,
        answers: instructions.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' as const })),
      };
    },
    ask: async ({ payments }) => payments.map(({ endToEndId }) => known.get(endToEndId)!),
    statement: () => Promise.reject(new Error('nobody asks for statements here')),
  };
}

/** The steps of a month's fund without a workflow, on a database. */
export function createFundDesk(db: Knex, region: string, rejects: (paymentId: string) => boolean): FundDesk {
  const bookings: Booking[] = [];
  const dependencies = {
    db,
    bank: bankThat(rejects, bookings),
    log: pino({ level: 'silent' }),
    heartbeat: () => undefined,
  };
  const fund = createFundActivities(dependencies);
  const approvals = createApprovalActivities(dependencies);
  const bank = createBankActivities(dependencies);
  const operators = createOperatorActivities(dependencies);
  const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);

  async function nextRevision(caseId: string): Promise<number> {
    return (await loadRequests(db, { caseId })).length + 1;
  }

  async function pay(caseId: string, raised: RaisedRequest, on: string): Promise<void> {
    const { requestId, contentSha256, levels } = raised;
    for (const { level, role } of levels)
      await approvals.recordDecision({
        caseId,
        at: at(on),
        decision: { requestId, level, person: `${region}-${role}`, decision: 'approve', contentSha256, reason: '' },
      });
    if (await db('settle.fiscal_transfers').where({ request_id: requestId }).first())
      await fund.recordTransferConfirmation({
        caseId,
        at: at(on),
        confirmation: { requestId, person: `${region}-treasury`, evidence: '示例拨款凭证' },
      });
    await approvals.recordRelease({
      caseId,
      at: at(on),
      release: { requestId, person: `${region}-cashier`, contentSha256 },
    });
    await bank.sendReleasedPayments({ caseId, at: at(on) });
    await bank.askBank({ caseId, at: at(on) });
  }

  return {
    bookings,
    async open(period) {
      const caseId = caseIds.fund(region, period);
      await fund.openFund({ caseId, at: atPhase(plainDate(`${period}-01`), Phase.Deadline), region, period });
      return caseId;
    },
    async run(caseId, stage, on) {
      for (let round = 0; round < 2; round += 1) {
        const raised = await fund.prepareFund({
          caseId,
          at: at(on),
          revision: await nextRevision(caseId),
          stage,
        });
        if (!raised || 'paymentsUnderWay' in raised) return;
        await pay(caseId, raised, on);
        const [request] = await loadRequests(db, { requestId: raised.requestId });
        if (request!.subject !== 'fiscal transfer') return;
      }
    },
    async act(caseId, action, paymentIds, on) {
      await operators.applyOperatorAction({
        caseId,
        at: at(on),
        operator: {
          actionId: `${action}/${on}/${paymentIds[0]}`,
          action,
          paymentIds,
          person: `${region}-operator`,
          reason: '示例：核对无误',
        },
        nextRevision: await nextRevision(caseId),
      });
      await bank.sendReleasedPayments({ caseId, at: at(on) });
      await bank.askBank({ caseId, at: at(on) });
    },
  };
}
