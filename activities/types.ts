import type { ApprovalLevel, ApprovalRequest, DecisionInput, ReleaseInput } from '../domain/approval';
import type { BreachDays, BreachFacts } from '../domain/breach';
import type { BusinessMoment, DuePoint } from '../domain/business-time';
import type { EnterpriseFacts } from '../domain/enterprise';
import type { TransferConfirmation, TransferRefusal } from '../domain/fund/transfer';
import type { OperatorInput, PaymentCounts } from '../domain/payment';
import type { PlainDate } from '../domain/plain-date';

/** What an officer records about a case, and on which evidence (a document's number). */
export interface RecordedAct {
  person: string;
  evidence: string;
  /** The day on which it was so, at the latest today. */
  on: PlainDate;
}

/** A case that cannot know its dates yet: the year is not published. It waits and asks again (DESIGN 8). */
export interface WaitsForCalendar {
  waitsForCalendar: number;
  askAgainOn: PlainDate;
}

export interface CaseStep {
  caseId: string;
  at: BusinessMoment;
}

/** What the four levels will see. `revision` counts the requests of a case. */
export interface RaisedRequest {
  requestId: string;
  revision: number;
  contentSha256: string;
  preparedBy: string;
  levels: ApprovalLevel[];
  /** Payees that every level has to look at; absent where there is none. */
  markedPayees?: number;
  /** What was decided on it before the case began again; absent where nothing was. */
  decisions?: ApprovalRequest['decisions'];
}

/** Nothing is to be approved, but payments of the case are on their way: it began again, and follows them. */
export interface PaymentsUnderWay {
  paymentsUnderWay: true;
}

/** What a preparation comes to; null where the case has nothing to pay. */
export type Prepared = RaisedRequest | PaymentsUnderWay | null;

export interface PaymentStatus {
  counts: PaymentCounts;
  /** When the bank is asked next; null where nothing is expected from it. */
  askAgainOn: PlainDate | null;
  /** When held payments are looked at again, at 14:00; absent where none is held. */
  resumeHeldOn?: PlainDate;
  /** Money has arrived that a run waited for: it is prepared now. */
  prepareNow?: boolean;
}

/** Steps that every case has. */
export interface CaseActivities {
  publishCase(input: CaseStep & { state: string; nextDue: DuePoint | null }): Promise<void>;
  raiseAlert(input: CaseStep & { kind: string; detail: string }): Promise<void>;
  closeCase(input: CaseStep & { state: string }): Promise<void>;
}

/** Approval and payment of whatever a case prepared (DESIGN 5.3, 5.4). All are idempotent by business key. */
export interface PaymentActivities {
  recordDecision(input: CaseStep & { decision: DecisionInput }): Promise<void>;
  recordRelease(input: CaseStep & { release: ReleaseInput }): Promise<void>;
  applyOperatorAction(
    input: CaseStep & { operator: OperatorInput; nextRevision: number },
  ): Promise<RaisedRequest | null>;
  sendReleasedPayments(input: CaseStep): Promise<void>;
  askBank(input: CaseStep): Promise<PaymentStatus>;
}

export interface DisbursementDates {
  /** The version that the case keeps: `xinjiang-2025-50@1`. */
  policy: string;
  /** The first working day of the policy's month, 09:00. */
  startsOn: PlainDate;
}

export interface ReturnDates {
  policy: string;
  dueOn: PlainDate;
  /** The last working day of the month: what has arrived is moved on at 18:00. */
  movesOn: PlainDate;
  /** The first day of the next month: what has not arrived by then is missing. */
  endsOn: PlainDate;
}

/** 集采预付 and 返还 (新医保发〔2025〕50号 四(一)). */
export interface PrepaymentActivities {
  openDisbursement(input: CaseStep & { region: string; year: number }): Promise<DisbursementDates | WaitsForCalendar>;
  prepareDisbursement(input: CaseStep & { revision: number }): Promise<Prepared>;
  openReturn(input: CaseStep & { region: string; period: string }): Promise<ReturnDates | WaitsForCalendar>;
  noticeLateReturns(input: CaseStep): Promise<void>;
  prepareReturnMove(input: CaseStep & { revision: number }): Promise<Prepared>;
  noticeMissingReturns(input: CaseStep): Promise<void>;
}

export interface WindowDays {
  policy: string;
  /** The last days of applying and of confirming; both run to their end. */
  applicationTo: PlainDate;
  confirmationTo: PlainDate;
  /** The batch is formed at 09:00. */
  batchOn: PlainDate;
  /** What is not paid at the end of this day is overdue. */
  payBy: PlainDate;
}

/** 药品货款直接结算 (新医保发〔2025〕50号 四(二)). */
export interface WindowActivities {
  openWindow(input: CaseStep & { region: string; period: string }): Promise<WindowDays | WaitsForCalendar>;
  closeApplications(input: CaseStep): Promise<void>;
  closeConfirmations(input: CaseStep): Promise<void>;
  prepareWindowBatch(input: CaseStep & { revision: number }): Promise<Prepared>;
  /** Raises the agency's alert where a payment of the window is not done, naming who holds it. */
  noticeOverdueWindow(input: CaseStep): Promise<void>;
  /** Releases what was held and may be paid by now, under the approval that it has. */
  resumeHeldPayments(input: CaseStep): Promise<void>;
}

/** 监测 (新医保发〔2025〕50号 五): what a month is looked at for, on the first working day of the next one. */
export interface MonitoringActivities {
  openMonitoring(
    input: CaseStep & { region: string; period: string },
  ): Promise<{ policy: string; noticeOn: PlainDate } | WaitsForCalendar>;
  /** Notices to institutions; each breach becomes a case. Nothing is noticed while a deadline cannot be told. */
  noticeBreaches(input: CaseStep): Promise<void | WaitsForCalendar>;
  /** Risk warnings to enterprises; each becomes a case. */
  warnEnterprises(input: CaseStep): Promise<void>;
}

/** 违约 (五(一)): one breach, from its notice to its correction. */
export interface BreachActivities {
  openBreach(input: CaseStep): Promise<{ policy: string; exemptable: boolean; days: BreachDays; facts: BreachFacts }>;
  /** Looks whether it is corrected by now, and tells what has come: a deadline that passed, a suspension, a resumption. */
  reviewBreach(input: CaseStep): Promise<BreachFacts>;
  recordCorrection(input: CaseStep & { act: RecordedAct }): Promise<BreachFacts>;
  recordBreachExemption(input: CaseStep & { act: RecordedAct }): Promise<BreachFacts>;
}

/** 医药企业 (五(二)): a warning or an interview, to its end. */
export interface EnterpriseActivities {
  openEnterpriseCase(input: CaseStep): Promise<{ policy: string; facts: EnterpriseFacts }>;
  /** Tells what has come: a deadline that passed, a suspension. */
  reviewEnterprise(input: CaseStep): Promise<void>;
  recordEnterpriseAct(
    input: CaseStep & { act: 'refused' | 'performed' | 'exempted'; recorded: RecordedAct },
  ): Promise<EnterpriseFacts>;
}

export type FundStage = 'preallocation' | 'settlement';

/** How a month's fund stands when it is looked at. */
export interface FundLook {
  /** What a preparation would be of. */
  stage: FundStage;
  /** Something is to be prepared now. */
  prepares: boolean;
  /** A request over pre-allocations that the settlement makes superfluous: it waits for nobody any more. */
  withdrawn?: string;
  /** Something is not settled finally: the case goes on when all its payments are at their end. */
  hasMore: boolean;
  /** When it is looked at again; null where nothing is to come but its payments. */
  next: DuePoint | null;
}

/** 月预拨、月结算 (宿迁 2025-06-13 三). */
export interface FundActivities {
  openFund(
    input: CaseStep & { region: string; period: string },
  ): Promise<{ policy: string; startsOn: PlainDate } | WaitsForCalendar>;
  /** Works out a stage of the month and has it approved; null where nothing is to be paid. */
  prepareFund(input: CaseStep & { revision: number; stage: FundStage }): Promise<Prepared>;
  /** Reminds ahead of deadlines, raises the agency's alerts after them, and tells what comes next. */
  lookAtFund(input: CaseStep): Promise<FundLook>;
  /** The finance department has confirmed a transfer from the fiscal deposit (财政部门确认). */
  recordTransferConfirmation(input: CaseStep & { confirmation: TransferConfirmation }): Promise<void>;
  /** The finance department has refused it: it is over, and the run is prepared again on the next working day. */
  recordTransferRefusal(input: CaseStep & { refusal: TransferRefusal }): Promise<void>;
  openClearing(
    input: CaseStep & { region: string; period: string },
  ): Promise<{ policy: string; startsOn: PlainDate } | WaitsForCalendar>;
  /** Proves and signs the clearing of a quarter once its last month is settled; the day on which it is asked again, or null. */
  signClearing(input: CaseStep): Promise<{ askAgainOn: PlainDate | null }>;
}

/** What the agency issues; made from the data, whenever it is asked for. */
export interface DocumentActivities {
  makeDueDocuments(input: { region: string }): Promise<{ issued: number; drawn: number }>;
}

/** What the calendar begins. */
export interface StarterActivities {
  /**
   * Starts what begins in a region on the first of a month; gives the ids of the cases that began now. Where a month that was
   * missed waits for something, `waitsFor` names that, nothing is started, and the month is asked for again. `since` is the
   * day on which it was first asked for, which runs that began before this was told leave out.
   */
  startDueCases(input: {
    region: string;
    firstOfMonth: PlainDate;
    since?: PlainDate;
  }): Promise<{ started: string[]; waitsFor: string | null }>;
  /** Starts the cases that other cases and officers have planned in a region and that have not begun; gives their ids. */
  startPlannedCases(input: { region: string }): Promise<string[]>;
}

export type Activities = CaseActivities &
  PaymentActivities &
  PrepaymentActivities &
  WindowActivities &
  MonitoringActivities &
  BreachActivities &
  EnterpriseActivities &
  FundActivities &
  DocumentActivities &
  StarterActivities;
