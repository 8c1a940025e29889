import { condition, setHandler } from '@temporalio/workflow';
import type { Prepared, RaisedRequest } from '../activities/types';
import type { ApprovalRequest, DecisionInput, ReleaseInput, RuleFinding } from '../domain/approval';
import { checkDecision, checkRelease, nextLevel, requestState } from '../domain/approval';
import type { DuePoint, Phase } from '../domain/business-time';
import type { OperatorInput, PaymentCounts } from '../domain/payment';
import { allFinal, waitsForBank, waitsForOperator, waitsForResumption } from '../domain/payment';
import type { PlainDate } from '../domain/plain-date';
import { mayCorrect, mayPrepare, type RequestTurn } from '../domain/request-turn';
import { work } from './activities';
import type { BusinessClock } from './business-clock';
import { createCaseKeeping, type CaseKeeping } from './case-keeping';
import type { DecisionResult } from './messages';
import { actOnPaymentsUpdate, askBankNowUpdate, caseViewQuery, decideUpdate, releaseUpdate } from './messages';
import { refusalFailure, refusing } from './refusals';
import { handleTransfers } from './transfer-handlers';

/** A case that is prepared, rejected, corrected or asked about more often than this needs a person to look at it. */
const MAX_ROUNDS = 2_000;

export interface PaymentCaseOptions {
  caseId: string;
  clock: BusinessClock;
  /** The phase in which this case deals with approvals and the bank. */
  phase: Phase;
}

/**
 * The approval and payment part of a case: four levels, the cashier's release, the bank's answers and what operators do
 * about them, as handlers of the case's own workflow (DESIGN 5.3, 5.4, 7). Every kind of case that pays uses this one.
 */
export interface PaymentCase extends Omit<CaseKeeping, 'stepNow'> {
  /** A timer that runs beside everything else; what is published as due is whichever comes first. */
  sleepBeside(due: DuePoint): Promise<void>;
  /**
   * Waits for a point beside everything else, or until something is so; what is published as due is whichever comes first.
   * False when it was so before the point came.
   */
  waitBeside(due: DuePoint, until: () => boolean): Promise<boolean>;
  /**
   * Prepares, has it approved and paid, and follows every payment to its end. False when there was nothing to pay. Where it
   * stays, it goes on when nothing is left, until more is prepared or it stays no longer.
   */
  pay(prepare: (revision: number) => Promise<Prepared>, stays?: () => boolean): Promise<boolean>;
  /** Nothing beside the payments is to come any more: the point that was waited for last is over. */
  restBeside(): Promise<void>;
  /** A request that the step before has withdrawn waits for nobody any more. */
  forget(requestId: string): void;
  /** Has more prepared by a case that pays already, as soon as no request is open; done when that has been prepared. */
  prepareMore(): Promise<void>;
}

export function createPaymentCase({ caseId, clock, phase }: PaymentCaseOptions): PaymentCase {
  let request: ApprovalRequest | undefined;
  let counts: PaymentCounts = {};
  let revision = 0;
  let state = 'opened';
  let ownDue: DuePoint | null = null;
  let besideDue: DuePoint | null = null;
  let preparations = 0;
  const wanted = { prepare: false, send: false };
  let raising: RequestTurn['raising'];
  const turn = (): RequestTurn => ({ isOpen: request !== undefined, isPreparationWanted: wanted.prepare, raising });

  const keeping = createCaseKeeping(caseId, clock);
  const { step, toItsEnd } = keeping;
  const refuse = (finding: RuleFinding | undefined): void => {
    if (finding) throw refusalFailure(finding);
  };
  const open = (raised: RaisedRequest): void => {
    revision = raised.revision;
    request = { ...raised, decisions: raised.decisions ?? [] };
  };

  /** A request that is over without a release. */
  const forget = (requestId: string): void => {
    if (request?.requestId === requestId) request = undefined;
  };

  const refuseSecondRequest = ({ action }: OperatorInput): void => {
    if (action === 'correct' && !mayCorrect(turn()))
      refuse({ code: 'PaymentStateInvalid', message: `${caseId} has a request that is decided first` });
  };

  setHandler(caseViewQuery, () => ({ caseId, state, request, payments: counts }));

  setHandler(
    decideUpdate,
    async ({ at, ...decision }): Promise<DecisionResult> => {
      clock.heard(at);
      // Another handler may run while this one waits: the same decision sent twice at once counts once.
      const decided = request!;
      await refusing(() => work.recordDecision({ caseId, at, decision }));
      const first = decided.decisions.every(({ level }) => level !== decision.level);
      if (first) decided.decisions.push(decision);
      if (first && requestState(decided) === 'rejected') {
        request = undefined;
        wanted.prepare = true;
      }
      return {
        requestId: decided.requestId,
        contentSha256: decided.contentSha256,
        state: requestState(decided),
        next: decision.decision === 'reject' ? 'preparation' : (nextLevel(decided)?.level ?? 'cashier release'),
      };
    },
    { validator: (decision: DecisionInput) => refuse(checkDecision(request, decision)) },
  );

  setHandler(
    releaseUpdate,
    async ({ at, ...release }): Promise<DecisionResult> => {
      clock.heard(at);
      const { requestId, contentSha256 } = request!;
      await refusing(() => work.recordRelease({ caseId, at, release }));
      if (request?.requestId === requestId) request = undefined;
      wanted.send = true;
      return { requestId, contentSha256, state: 'released', next: 'sent to the bank' };
    },
    { validator: (release: ReleaseInput) => refuse(checkRelease(request, release)) },
  );

  setHandler(
    actOnPaymentsUpdate,
    async ({ at, ...operator }) => {
      clock.heard(at);
      // Another handler may have begun between the validator and this one.
      refuseSecondRequest(operator);
      const corrects = operator.action === 'correct';
      if (corrects) raising = 'correction';
      let raised: RaisedRequest | null;
      try {
        raised = await refusing(() => work.applyOperatorAction({ caseId, at, operator, nextRevision: revision + 1 }));
        if (raised) open(raised);
      } finally {
        if (corrects) raising = undefined;
      }
      wanted.send = true;
      return {
        paymentIds: operator.paymentIds,
        action: operator.action,
        next: raised
          ? `approval of ${raised.requestId}`
          : operator.action === 'retry'
            ? 'sent to the bank'
            : 'cancelled',
      };
    },
    {
      validator: (operator: OperatorInput) => {
        if (operator.reason.trim() === '')
          refuse({ code: 'ReasonMissing', message: `${operator.action} needs a reason` });
        refuseSecondRequest(operator);
      },
    },
  );

  handleTransfers({ caseId, clock, request: () => request, refuse, forget });

  setHandler(
    askBankNowUpdate,
    () => {
      wanted.send = true;
    },
    {
      validator: () => {
        if (!waitsForBank(counts))
          refuse({ code: 'PaymentStateInvalid', message: `${caseId} has no payment that the bank has to answer for` });
      },
    },
  );

  async function publish(next: string, nextDue: DuePoint | null): Promise<void> {
    state = next;
    ownDue = nextDue;
    const due = earlier(ownDue, besideDue);
    await keeping.publish(state, due);
  }

  async function sleepBeside(due: DuePoint): Promise<void> {
    besideDue = due;
    await clock.sleepUntil(due);
    besideDue = null;
    await publish(state, ownDue);
  }

  async function waitBeside(due: DuePoint, until: () => boolean): Promise<boolean> {
    besideDue = due;
    await publish(state, ownDue);
    await clock.waitFor(until, due);
    besideDue = null;
    return clock.isReached(due);
  }

  async function restBeside(): Promise<void> {
    await publish(state, ownDue);
  }

  async function prepareMore(): Promise<void> {
    await condition(() => !request && !wanted.prepare);
    const before = preparations;
    wanted.prepare = true;
    await condition(() => preparations > before);
  }

  /** What the case waits for, in one word for lists. */
  function waitingState(askOn: PlainDate | null): string {
    if (request) return requestState(request) === 'approved' ? 'release' : 'approval';
    if (waitsForOperator(counts)) return 'operator';
    if (waitsForResumption(counts)) return 'held';
    return askOn ? 'bank' : 'idle';
  }

  /** What runs beside the payments may still be due: the case is not listed under a moment that is over. */
  async function ended(paid: boolean): Promise<boolean> {
    await publish('idle', null);
    return paid;
  }

  async function pay(
    prepare: (revision: number) => Promise<Prepared>,
    stays: () => boolean = () => false,
  ): Promise<boolean> {
    wanted.prepare = true;
    let sentBefore = false;
    /** Nothing is left to do but to wait for more. */
    let isIdle = false;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (mayPrepare(turn())) {
        wanted.prepare = false;
        raising = 'preparation';
        const raised = await step(() => prepare(revision + 1));
        preparations += 1;
        if (raised && 'paymentsUnderWay' in raised) wanted.send = true;
        else if (raised) open(raised);
        raising = undefined;
      }
      if (!sentBefore && !request && !wanted.prepare && !wanted.send) {
        isIdle = true;
        if (!stays()) return ended(false);
      }
      if (wanted.send) {
        wanted.send = false;
        sentBefore = true;
        await step((now) => work.sendReleasedPayments(now));
      }
      let askOn: PlainDate | null = null;
      let resumeOn: PlainDate | undefined;
      if (sentBefore) {
        const status = await step((now) => work.askBank(now));
        ({ counts, askAgainOn: askOn, resumeHeldOn: resumeOn } = status);
        if (status.prepareNow && !request) wanted.prepare = true;
        isIdle = !request && !wanted.prepare && !wanted.send && askOn === null && allFinal(counts);
        if (isIdle && !stays()) return ended(true);
      }
      const resume = resumeOn ? { date: resumeOn, phase } : null;
      const until = earlier(askOn ? { date: askOn, phase } : null, resume) ?? undefined;
      const waiting = waitingState(askOn);
      await publish(waiting, until ?? null);
      await clock.waitFor(
        () => mayPrepare(turn()) || wanted.send || waitingState(askOn) !== waiting || (isIdle && !stays()),
        until,
      );
      if (resume && clock.isReached(resume)) await step((now) => work.resumeHeldPayments(now));
      // Undelivered messages go out again when the bank is asked again.
      if (sentBefore) wanted.send = true;
    }
    throw refusalFailure({ code: 'FaultPersists', message: `${caseId} went round ${MAX_ROUNDS} times without an end` });
  }

  return { publish, sleepBeside, waitBeside, restBeside, step, pay, prepareMore, forget, toItsEnd };
}

function earlier(left: DuePoint | null, right: DuePoint | null): DuePoint | null {
  if (!left || !right) return left ?? right;
  return left.date < right.date || (left.date === right.date && left.phase <= right.phase) ? left : right;
}
