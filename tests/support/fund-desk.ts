import type { Knex } from 'knex';
import pino from 'pino';
import { BankUnreachable, type Bank, type PaymentAnswer, type PaymentInstruction } from '../../activities/bank/port';
import { createFundActivities } from '../../activities/fund';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import type { FundLook, FundStage, Prepared, RaisedRequest } from '../../activities/types';
import { loadRequests } from '../../db/approvals';
import { loadPayments } from '../../db/payments';
import { atPhase, Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { plainDate, type Period } from '../../domain/plain-date';

/** A booking at the bank: to which payment, how much, and when. */
export interface Booking {
  paymentId: string;
  amountFen: bigint;
  on: string;
}

/** What the bank does, as a test says; by default it books everything on the day it is sent. */
export interface BankScript {
  bookings: Booking[];
  isAway: boolean;
  /** Sends back what it has booked. */
  returns(paymentId: string, on: string): void;
}

type Rejects = (paymentId: string, attempt: number) => boolean;

function bankThat(rejects: Rejects): { bank: Bank; script: BankScript } {
  const known = new Map<string, { paymentId: string; answer: PaymentAnswer }>();
  const script: BankScript = {
    bookings: [],
    isAway: false,
    returns(paymentId, on) {
      for (const each of known.values())
        if (each.paymentId === paymentId && each.answer.state === 'booked')
          each.answer = { ...each.answer, state: 'returned', returnedOn: plainDate(on), reasonCode: 'AC04' };
    },
  };
  const decide = (each: PaymentInstruction, on: string): PaymentAnswer => {
    const { endToEndId, purpose, amountFen, remittance } = each;
    if (rejects(purpose, remittance.attempt)) return { endToEndId, state: 'rejected', reasonCode: 'AC04' };
    script.bookings.push({ paymentId: purpose, amountFen, on });
    return { endToEndId, state: 'booked', bookedOn: plainDate(on), bankReference: `B-${endToEndId}` };
  };
  const bank: Bank = {
    async send({ messageId, requestedOn, instructions }) {
      if (script.isAway) throw new BankUnreachable('the bank is away');
      for (const each of instructions)
        if (!known.has(each.endToEndId))
          known.set(each.endToEndId, { paymentId: each.purpose, answer: decide(each, requestedOn) });
      return {
        messageId,
        answers: instructions.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' as const })),
      };
    },
    ask: async ({ payments }) => payments.map(({ endToEndId }) => known.get(endToEndId)!.answer),
    statement: () => Promise.reject(new Error('nobody asks for statements here')),
  };
  return { bank, script };
}

export interface FundDesk extends BankScript {
  open(period: Period): Promise<string>;
  /** Prepares a stage at 14:00 of a day. */
  prepare(caseId: string, stage: FundStage, on: string): Promise<Prepared>;
  /** All levels, and the finance department where it is a transfer. */
  approve(caseId: string, raised: RaisedRequest, on: string): Promise<void>;
  reject(caseId: string, raised: RaisedRequest, on: string): Promise<void>;
  confirm(caseId: string, raised: RaisedRequest, on: string, person?: string): Promise<void>;
  release(caseId: string, raised: RaisedRequest, on: string): Promise<void>;
  /** Sends what is released, and asks the bank about everything. */
  exchange(caseId: string, on: string): Promise<void>;
  /** Prepares a stage and takes it through all levels to the bank, transfers before it included. */
  run(caseId: string, stage: FundStage, on: string): Promise<void>;
  act(caseId: string, action: 'retry' | 'cancel', paymentIds: string[], on: string): Promise<void>;
  /** An operator puts a payment's account right, and it is approved anew. */
  correct(caseId: string, paymentId: string, on: string): Promise<RaisedRequest>;
  look(caseId: string, on: string): Promise<FundLook>;
}

/** The steps of a month's fund without a workflow, on a database; by default the bank rejects nothing. */
export function createFundDesk(db: Knex, region: string, rejects: Rejects = () => false): FundDesk {
  const { bank: port, script } = bankThat(rejects);
  const dependencies = { db, bank: port, log: pino({ level: 'silent' }), heartbeat: () => undefined };
  const fund = createFundActivities(dependencies);
  const approvals = createApprovalActivities(dependencies);
  const bank = createBankActivities(dependencies);
  const operators = createOperatorActivities(dependencies);
  const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);
  const nextRevision = async (caseId: string): Promise<number> => (await loadRequests(db, { caseId })).length + 1;

  const desk: FundDesk = Object.assign(script, {
    async open(period: Period) {
      const caseId = caseIds.fund(region, period);
      await fund.openFund({ caseId, at: atPhase(plainDate(`${period}-01`), Phase.Deadline), region, period });
      return caseId;
    },
    prepare: async (caseId: string, stage: FundStage, on: string) =>
      fund.prepareFund({ caseId, at: at(on), revision: await nextRevision(caseId), stage }),
    async approve(caseId: string, raised: RaisedRequest, on: string) {
      const { requestId, contentSha256, levels } = raised;
      for (const { level, role } of levels)
        await approvals.recordDecision({
          caseId,
          at: at(on),
          decision: { requestId, level, person: `${region}-${role}`, decision: 'approve', contentSha256, reason: '' },
        });
    },
    async reject(caseId: string, { requestId, contentSha256, levels }: RaisedRequest, on: string) {
      const { level, role } = levels[0]!;
      const rejection = { requestId, level, person: `${region}-${role}`, contentSha256, reason: '示例：金额有误' };
      await approvals.recordDecision({ caseId, at: at(on), decision: { ...rejection, decision: 'reject' } });
    },
    confirm: (caseId: string, { requestId }: RaisedRequest, on: string, person = `${region}-treasury`) =>
      fund.recordTransferConfirmation({
        caseId,
        at: at(on),
        confirmation: { requestId, person, evidence: '示例拨款凭证' },
      }),
    release: (caseId: string, { requestId, contentSha256 }: RaisedRequest, on: string) =>
      approvals.recordRelease({
        caseId,
        at: at(on),
        release: { requestId, person: `${region}-cashier`, contentSha256 },
      }),
    async exchange(caseId: string, on: string) {
      await bank.sendReleasedPayments({ caseId, at: at(on) });
      await bank.askBank({ caseId, at: at(on) });
    },
    async run(caseId: string, stage: FundStage, on: string) {
      for (let round = 0; round < 2; round += 1) {
        const raised = await desk.prepare(caseId, stage, on);
        if (!raised || 'paymentsUnderWay' in raised) return;
        await desk.approve(caseId, raised, on);
        const isTransfer = await db('settle.fiscal_transfers').where({ request_id: raised.requestId }).first('pool');
        if (isTransfer) await desk.confirm(caseId, raised, on);
        await desk.release(caseId, raised, on);
        await desk.exchange(caseId, on);
        if (!isTransfer) return;
      }
    },
    async act(caseId: string, action: 'retry' | 'cancel', paymentIds: string[], on: string) {
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
      await desk.exchange(caseId, on);
    },
    async correct(caseId: string, paymentId: string, on: string) {
      const { institution } = (await loadPayments(db, { paymentIds: [paymentId] }))[0]!;
      const payee = await db('settle.institution_payees').where({ region, institution }).first('*');
      const raised = await operators.applyOperatorAction({
        caseId,
        at: at(on),
        operator: {
          actionId: `correct/${on}/${paymentId}`,
          action: 'correct',
          paymentIds: [paymentId],
          person: `${region}-operator`,
          reason: '示例：核对无误',
          account: { name: payee.name, account: payee.account, bankCode: payee.bank_code },
        },
        nextRevision: await nextRevision(caseId),
      });
      return raisedOf(raised);
    },
    look: (caseId: string, on: string) => fund.lookAtFund({ caseId, at: at(on) }),
  });
  return desk;
}

/** What a test that prepares a request for certain goes on with. */
export function raisedOf(prepared: Prepared): RaisedRequest {
  if (!prepared || 'paymentsUnderWay' in prepared) throw new Error('no request was raised');
  return prepared;
}
