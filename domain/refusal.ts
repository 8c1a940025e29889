/**
 * Every refusal the engine can give, as one closed set. The code is what tests, logs, documents and machines use; adding
 * one fails to compile until it has a class here, and a test fails until it has a row in `docs/refusals.md`.
 *
 * The classes are the CLI's exit codes: 1 error, 2 usage, 3 some items failed, 4 refused by approval rules, 5 bank state
 * unknown, 6 outside its window. HTTP statuses and Temporal failure types derive from the same entry.
 */
export const ExitCode = {
  Fine: 0,
  Error: 1,
  Usage: 2,
  SomeItemsFailed: 3,
  ApprovalRefused: 4,
  BankStateUnknown: 5,
  OutsideWindow: 6,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

interface RefusalClass {
  readonly exitCode: ExitCode;
  /** What the reader can do next, in one sentence. */
  readonly remedy: string;
}

export const REFUSALS = {
  // Files and data
  FileInvalid: {
    exitCode: 1,
    remedy: 'Correct the file at the line that is named and run the command again; nothing was taken from it.',
  },
  FileMissing: { exitCode: 1, remedy: 'Put the named file into the folder, or name another folder.' },
  PolicyInvalid: {
    exitCode: 1,
    remedy: 'Correct the policy file at the key that is named; `settle policy check FILE` shows every finding.',
  },
  PolicyNotInForce: { exitCode: 1, remedy: 'Name a policy whose dates cover the day, or add the version that does.' },
  PolicyUnknown: { exitCode: 1, remedy: '`settle policy list` shows the policies that are known.' },
  CalendarNotPublished: {
    exitCode: 1,
    remedy:
      'Import the State Council notice for that year with `settle calendar import FILE`; a rehearsal may run with --provisional-calendar.',
  },
  CalendarInvalid: { exitCode: 1, remedy: 'Correct the calendar file at the line that is named.' },
  BudgetInsufficient: {
    exitCode: 1,
    remedy: 'Raise the prepayment budget of a pool in region.yaml, or change the policy; nothing was paid.',
  },
  PrepaymentOverdue: {
    exitCode: 1,
    remedy: 'The institution returns what is overdue first; then the next run pays it.',
  },
  UsageInvalid: { exitCode: 2, remedy: 'The command with `--help` shows how it is written.' },
  DatabaseUnusable: {
    exitCode: 1,
    remedy: 'Start the database or correct its URL and password; only databases prepared by this engine can be read.',
  },
  AlreadyRunning: { exitCode: 1, remedy: 'End the other process first, or use another data directory (SETTLE_DATA).' },
  ImportDiffers: {
    exitCode: 1,
    remedy: 'Read the differences; with --replace the folder’s values are taken. Nothing was changed.',
  },
  SettlementBodyOpen: {
    exitCode: 1,
    remedy: 'Bring what is open at the institution to its end, then import again; nothing was changed.',
  },
  NotRunning: {
    exitCode: 1,
    remedy:
      'Start the services with `npm run up`, or name running ones with DATABASE_URL, TEMPORAL_ADDRESS and SETTLE_BANK_URL.',
  },
  NamespaceDiffers: {
    exitCode: 1,
    remedy: 'Name another namespace: a search attribute’s type cannot be changed. Nothing was done.',
  },
  NotFound: { exitCode: 1, remedy: 'Check the id; the list command shows what there is.' },

  // The development clock
  DevelopmentClockForbidden: {
    exitCode: 1,
    remedy:
      'Try a month with the bank simulator on a data directory of its own (SETTLE_DATA), without SETTLE_BANK_URL, DATABASE_URL and TEMPORAL_ADDRESS.',
  },
  DevelopmentClockOn: {
    exitCode: 1,
    remedy: '`settle clock advance` moves the clock and starts what begins until then.',
  },
  DevelopmentClockOff: {
    exitCode: 1,
    remedy:
      'Nobody moves real time; `settle up` with --development-clock, on a data directory of its own, has one to move.',
  },
  ClockBackwards: { exitCode: 1, remedy: 'Name a later moment: what has happened is not undone.' },

  // Ledger
  LedgerUnbalanced: { exitCode: 1, remedy: 'Correct the journal; nothing was posted.' },
  LedgerInsufficient: {
    exitCode: 1,
    remedy: 'The account has less than the posting takes; top it up or lower the amount.',
  },
  LedgerPostingForbidden: {
    exitCode: 1,
    remedy: 'Use the event that the chart of accounts allows for these accounts.',
  },
  IdempotencyConflict: {
    exitCode: 1,
    remedy: 'The key was used with other content; look at what is recorded before you go on.',
  },
  AppendOnly: { exitCode: 1, remedy: 'History is not changed; post or record a correction instead.' },
  InvariantBroken: {
    exitCode: 1,
    remedy: 'Stop the runs, keep the database as it is and hand the finding to the administrator.',
  },

  // Approvals
  ApprovalRoleMissing: { exitCode: 4, remedy: 'Somebody with the role for this level, valid on this day, decides.' },
  ApprovalOutOfOrder: { exitCode: 4, remedy: 'Wait for the level before this one.' },
  ApprovalSamePerson: { exitCode: 4, remedy: 'Another person decides: nobody acts on two levels of one case.' },
  ApprovalByPreparer: { exitCode: 4, remedy: 'Another person decides: who prepared a case does not approve it.' },
  ApprovalContentChanged: {
    exitCode: 4,
    remedy: 'Read the content again: it is not what was shown, and earlier approvals are void.',
  },
  ApprovalNotOpen: {
    exitCode: 4,
    remedy: 'Nothing waits for this decision; the history of the case shows what happened.',
  },
  ApprovalIncomplete: { exitCode: 4, remedy: 'The missing levels decide first.' },
  ApprovalImpossible: {
    exitCode: 4,
    remedy: 'Appoint the missing roles first: no case is raised that nobody could approve.',
  },
  CashierIsApprover: { exitCode: 4, remedy: 'A cashier who decided nothing on this case releases it.' },
  CashierRoleMissing: { exitCode: 4, remedy: 'A person with the role cashier, valid on this day, releases.' },
  OperatorRoleMissing: { exitCode: 4, remedy: 'A person with the role operator, valid on this day, acts on payments.' },
  RecorderRoleMissing: {
    exitCode: 4,
    remedy:
      'A person with the role accountant or operator (for applications officer or operator), valid on this day, records what arrived.',
  },
  SpeakerRoleMissing: {
    exitCode: 4,
    remedy: 'The institution itself acts, or a person with the role officer or operator, valid on this day.',
  },
  PersonUnknown: { exitCode: 4, remedy: 'Name a person of the staff list.' },
  AccountantRoleMissing: {
    exitCode: 4,
    remedy: 'A person with the role accountant, valid on this day, closes exceptions and signs the day off.',
  },
  AccountantIsCashier: {
    exitCode: 4,
    remedy: 'An accountant who released nothing on that day closes and signs: accountant and cashier are two people.',
  },
  StaffConflict: {
    exitCode: 4,
    remedy:
      'Read why the role cannot be given or ended so, and name another person or other days; nothing was changed.',
  },
  StaffNeeded: {
    exitCode: 4,
    remedy: 'Appoint or delegate to somebody else first; --leave-undecidable ends the role all the same.',
  },
  DelegationInvalid: {
    exitCode: 4,
    remedy: 'Delegate a role of one’s own, from today or later, to somebody who has it not; nothing was changed.',
  },
  ReconciliationOpen: {
    exitCode: 4,
    remedy: 'Reconcile the day again, and close every exception with its reason; then sign it off.',
  },
  SuspenseInvalid: {
    exitCode: 1,
    remedy:
      '`settle suspense list` and `settle reconcile list` show what there is; name money that came in, and no more of it than is left.',
  },
  ReasonMissing: { exitCode: 4, remedy: 'Give the reason; it is kept with the decision.' },

  // Payments and bank
  PaymentStateInvalid: {
    exitCode: 1,
    remedy: 'Look at the state of the payment; only the steps that follow from it are possible.',
  },
  PaymentUnknown: {
    exitCode: 5,
    remedy: 'The bank is asked first; nothing is sent again while the answer is missing.',
  },
  PaymentInvalid: {
    exitCode: 1,
    remedy: 'Correct the account, the name or the amount of the payment that is named; nothing of its batch was sent.',
  },
  PayeeDiffers: {
    exitCode: 4,
    remedy:
      'See which account is right: correct the register, or release with --hold-differing, and correct or cancel what is held then.',
  },
  PayeeSuspended: {
    exitCode: 4,
    remedy:
      "Send the payment again when the suspension is over. A supplier's may be cancelled: its lines are open again then. What an institution is due from a fund is kept and paid by the next run.",
  },
  PayeesUnconfirmed: {
    exitCode: 4,
    remedy: 'Look at the payees that `settle approvals show` marks; with --payees-confirmed the decision says so.',
  },
  BankUnreachable: { exitCode: 5, remedy: 'The case asks again by itself; see the bank connection if it lasts.' },
  BankMessageInvalid: { exitCode: 1, remedy: 'Ask the bank for the message again; nothing of it was booked.' },
  FaultPersists: {
    exitCode: 1,
    remedy: 'See the log of the worker for the fault, mend it and start the case again; what it did is kept.',
  },

  // Settlement windows
  EntrustmentMissing: {
    exitCode: 1,
    remedy: 'File the entrustment letter with `settle entrustment file`; then confirm again.',
  },
  ConfirmationUnfunded: {
    exitCode: 1,
    remedy: 'The institution pays in what is missing, `settle top-up record` books it; then confirm again.',
  },
  NotSettlementBody: { exitCode: 1, remedy: 'Name the settlement body, which confirms for its members.' },
  StatementMissing: {
    exitCode: 1,
    remedy: '`settle statements list` shows which bodies have confirmed, and in which window.',
  },
  LineNotOpen: { exitCode: 1, remedy: 'Look at the state of the line; only open lines are agreed to or disputed.' },

  // Documents
  GlyphMissing: {
    exitCode: 1,
    remedy: 'Write the name that is shown with characters the font has; the document is made when that is done.',
  },

  // Breaches and enterprises
  OfficerRoleMissing: {
    exitCode: 4,
    remedy: 'A person with the role officer or compliance, valid on this day, records it.',
  },
  EvidenceMissing: { exitCode: 4, remedy: 'Name the evidence, such as the number of a document; it is kept.' },
  CaseStateInvalid: {
    exitCode: 1,
    remedy: 'Look at the state of the case; only the steps that follow from it are possible.',
  },

  // Monthly funds
  DeductionInvalid: {
    exitCode: 1,
    remedy:
      'Deduct from a claim that is there, and no more than it declares; `settle fund claims show` lists them. Nothing was changed.',
  },
  RatioTooLow: { exitCode: 1, remedy: 'Decide on a ratio that the policy allows; nothing was changed.' },

  // Returns
  ReturnNotDue: { exitCode: 1, remedy: 'Name the period of a return in the plan of this institution.' },
  OutsideWindow: { exitCode: 6, remedy: 'The step is possible on the days that the policy names.' },
  CaseClosed: { exitCode: 6, remedy: 'The case has ended; its history shows how.' },
} as const satisfies Record<string, RefusalClass>;

export type RefusalCode = keyof typeof REFUSALS;

/** Where in a file a finding lies, for the reader. Lines count from 1, the header included. */
export interface FilePlace {
  file: string;
  line?: number;
  column?: string;
}

/** A refusal the engine gives on purpose: nothing was changed, and the message says what, why and under which rule. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    /** What was refused and why, with the values that matter. */
    message: string,
    /** `rule` cites a clause (`新医保发〔2025〕50号 四(一)`) or a design rule; the rest is data for machines. */
    readonly details: { rule?: string; place?: FilePlace; [key: string]: unknown } = {},
  ) {
    super(message);
  }

  get exitCode(): ExitCode {
    return REFUSALS[this.code].exitCode;
  }

  get remedy(): string {
    return REFUSALS[this.code].remedy;
  }
}

export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(REFUSALS, text);
}
