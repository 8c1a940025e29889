import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RecordedAct } from '../activities/types';
import type { ApprovalRequest, DecisionInput, ReleaseInput, RequestState } from '../domain/approval';
import type { BusinessMoment } from '../domain/business-time';
import type { TransferConfirmation, TransferRefusal } from '../domain/fund/transfer';
import type { OperatorAction, OperatorInput, PaymentCounts } from '../domain/payment';

/** Everything a case is started with. `offsetMs` is business time minus the host's: zero in production. */
export interface CaseInput {
  region: string;
  /** `2026` for a yearly case, `2026-04` for a monthly one. */
  period: string;
  offsetMs: number;
}

/** What a breach's case is started with; the row that monitoring wrote says the rest. */
export interface BreachInput extends CaseInput {
  institution: string;
  kind: string;
}

export interface EnterpriseInput extends CaseInput {
  caseId: string;
  kind: string;
}

/** How a case stands after an act, and what comes next. */
export interface ActResult {
  state: string;
  next: string;
}

/** What a region's schedule starts the `starter` with. */
export interface StarterInput {
  region: string;
}

/** Who acts, and when by the clock port of the command: recorded as it was said. */
export interface Acting {
  at: BusinessMoment;
}

/**
 * The result of a decision carries the content's hash: Temporal answers a repeated update id with the first result even
 * for other content, and the command compares.
 */
export interface DecisionResult {
  requestId: string;
  contentSha256: string;
  state: RequestState | 'released';
  /** The level that decides next, or what follows. */
  next: string;
}

export interface OperatorResult {
  paymentIds: string[];
  action: OperatorAction;
  next: string;
}

/** A case as its workflow sees it. */
export interface CaseView {
  caseId: string;
  state: string;
  request: ApprovalRequest | undefined;
  payments: PaymentCounts;
}

export const decideUpdate = defineUpdate<DecisionResult, [DecisionInput & Acting]>('decide');
export const releaseUpdate = defineUpdate<DecisionResult, [ReleaseInput & Acting]>('release');
export const actOnPaymentsUpdate = defineUpdate<OperatorResult, [OperatorInput & Acting]>('actOnPayments');
/** The finance department confirms a transfer from the fiscal deposit (宿迁 2025-06-13 四). */
export const confirmTransferUpdate = defineUpdate<ActResult, [TransferConfirmation & Acting]>('confirmTransfer');
/** … or refuses it: nothing leaves the deposit. */
export const refuseTransferUpdate = defineUpdate<ActResult, [TransferRefusal & Acting]>('refuseTransfer');
/** Asks the bank without waiting for the day on which the case would. */
export const askBankNowUpdate = defineUpdate<void, []>('askBankNow');
/** A breach's case is told that its correction stands in the database: nothing to decide, so nobody waits for a worker. */
export const correctionFoundSignal = defineSignal('correctionFound');
export const correctUpdate = defineUpdate<ActResult, [RecordedAct & Acting]>('correct');
/** Force majeure that was found after the case began. */
export const exemptUpdate = defineUpdate<ActResult, [RecordedAct & Acting]>('exempt');
/** An enterprise refuses what it was interviewed about, with serious social impact (新医保发〔2025〕50号 五(二)). */
export const refuseUpdate = defineUpdate<ActResult, [RecordedAct & Acting]>('refuse');
export const performUpdate = defineUpdate<ActResult, [RecordedAct & Acting]>('perform');
export const caseViewQuery = defineQuery<CaseView>('caseView');
