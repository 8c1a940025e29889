/**
 * The result of a rehearsal as `summary.json` has it (DESIGN 8). Amounts are yuan with two places, dates plain dates or
 * null where it has not happened, arrays sorted by their first fields. Nothing in it depends on the order in which
 * parallel cases committed, so equal input and seed give equal bytes.
 */
export interface Summary {
  policies: { id: string; version: string; sha256: string }[];
  region: string;
  from: string;
  to: string;
  calendar: { source: string; provisional: boolean };
  prepayments: PrepaymentRow[];
  returns: ReturnRow[];
  rejectedLines: { period: string; line: string; code: string }[];
  lines: { accepted: string; settled: string; open: string; disputed: string };
  statements: StatementRow[];
  payments: PaymentRow[];
  breaches: BreachRow[];
  enterpriseCases: EnterpriseCaseRow[];
  alerts: { kind: string; case: string; on: string }[];
  eligibility: { institution: string; period: string; eligible: boolean; failed: string[] }[];
  preallocations: { institution: string; pool: string; period: string; amount: string; paidOn: string | null }[];
  settlements: SettlementRow[];
  clearings: ClearingRow[];
  balances: { book: 'fund' | 'supervised'; account: string; balance: string }[];
  invariants: { name: string; ok: boolean; detail: string }[];
}

/** The three pools a prepayment draws on, in this order (新医保发〔2025〕50号 四(一)). */
export interface PoolAmounts {
  employee: string;
  resident: string;
  'employee-large': string;
}

export interface PrepaymentRow {
  institution: string;
  base: string;
  ratio: string;
  amount: string;
  pools: PoolAmounts;
  disbursedOn: string | null;
}

export interface ReturnRow {
  institution: string;
  period: string;
  dueOn: string;
  amount: string;
  pools: PoolAmounts;
  fromUnused: string;
  receivedOn: string | null;
  state: 'on-time' | 'late' | 'missing';
  toFundOn: string | null;
}

export interface StatementRow {
  institution: string;
  period: string;
  gross: string;
  credits: string;
  net: string;
  fromPrepayment: string;
  fromOwn: string;
  topUp: string;
  confirmedOn: string | null;
  paidOn: string | null;
}

export interface PaymentRow {
  institution: string;
  enterprise: string;
  period: string;
  amount: string;
  state: string;
  attempts: number;
  paidOn: string | null;
}

export interface BreachRow {
  institution: string;
  kind: string;
  period: string;
  noticeOn: string;
  deadline: string;
  correctedOn: string | null;
  suspendedFrom: string | null;
  resumedOn: string | null;
  state: 'noticed' | 'closed' | 'suspended' | 'resumed';
}

export interface EnterpriseCaseRow {
  enterprise: string;
  kind: string;
  period: string;
  openedOn: string;
  deadline: string | null;
  closedOn: string | null;
  state: string;
}

export interface SettlementRow {
  institution: string;
  pool: string;
  period: string;
  payable: string;
  preallocated: string;
  carriedIn: string;
  paid: string;
  held: string;
  released: string;
  carriedOut: string;
  reviewedOn: string | null;
  paidOn: string | null;
  releasedOn: string | null;
}

export interface ClearingRow {
  institution: string;
  pool: string;
  quarter: string;
  payable: string;
  preallocated: string;
  paid: string;
  held: string;
  carriedOut: string;
  signedOn: string | null;
}

/** One row of `timeline.csv`: `date,time,region,case,event,actor,detail`. */
export interface TimelineRow {
  date: string;
  time: string;
  region: string;
  case: string;
  event: string;
  actor: string;
  detail: string;
}

/** One row of `journal.csv`; debit and credit are yuan, one of them empty. `journal` is the journal's business key. */
export interface JournalCsvRow {
  date: string;
  book: 'fund' | 'supervised';
  journal: string;
  event: string;
  reference: string;
  account: string;
  debit: string;
  credit: string;
}
