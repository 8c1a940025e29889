import { sum } from '../../domain/money';
import { addMonths, isPeriod, period as toPeriod, periodsBetween, type Period } from '../../domain/plain-date';
import type { PoolAmounts, PrepaymentRow, ReturnRow } from '../summary';
import { fenOf } from './amounts';
import type { RegionInput } from './input';
import { POOL_KEYS } from './labels';

/** How a return stands, as the page shows it. `corrected` came after its month had ended, `pending` is not due yet. */
export type ReturnStanding = 'on-time' | 'late' | 'corrected' | 'missing' | 'pending' | 'none';

export interface ReturnView {
  row: ReturnRow;
  amount: bigint;
  pools: bigint[];
  standing: ReturnStanding;
}

export interface InstitutionView {
  id: string;
  name: string;
  prepayments: PrepaymentRow[];
  returns: Map<string, ReturnView>;
  /** Whether a return of it was late or did not arrive in its month. */
  needsAttention: boolean;
}

/** Money of one month, per pool in the order of {@link POOL_KEYS}; `outstanding` is what stands at the month's end. */
export interface MonthFlow {
  period: string;
  prepaid: bigint[];
  returned: bigint[];
  moved: bigint[];
  outstanding: bigint[];
}

export interface RegionTotals {
  disbursed: bigint;
  returned: bigint;
  moved: bigint;
  outstanding: bigint;
  /** Returns that came in their month but after the 20th, and those that did not arrive when the month ended. */
  late: number;
  missing: number;
  /** Of the missing, how many came later. */
  corrected: number;
  lateAmount: bigint;
  missingAmount: bigint;
  alerts: number;
}

export interface RegionView {
  input: RegionInput;
  /** Prefix of this region's anchors: short, and never text from a file. */
  anchor: string;
  months: string[];
  institutions: InstitutionView[];
  returns: ReturnView[];
  flows: MonthFlow[];
  totals: RegionTotals;
  failing: string[];
}

export function poolsOf(pools: PoolAmounts): bigint[] {
  return POOL_KEYS.map((key) => fenOf(pools[key]));
}

function standingOf(row: ReturnRow, amount: bigint): ReturnStanding {
  if (amount === 0n) return 'none';
  if (row.state === 'missing') return row.receivedOn === null ? 'missing' : 'corrected';
  return row.receivedOn === null ? 'pending' : row.state;
}

function viewReturn(row: ReturnRow): ReturnView {
  const amount = fenOf(row.amount);
  return { row, amount, pools: poolsOf(row.pools), standing: standingOf(row, amount) };
}

/** Late, missing or made good later: what the lists of exceptions show. */
export function isException(standing: ReturnStanding): boolean {
  return standing === 'late' || standing === 'missing' || standing === 'corrected';
}

function viewInstitutions(input: RegionInput, returns: ReturnView[]): InstitutionView[] {
  const views = new Map<string, InstitutionView>();
  const viewOf = (id: string): InstitutionView => {
    const found = views.get(id);
    if (found) return found;
    const made = { id, name: input.names[id] ?? id, prepayments: [], returns: new Map(), needsAttention: false };
    views.set(id, made);
    return made;
  };
  for (const row of input.summary.prepayments) viewOf(row.institution).prepayments.push(row);
  for (const view of returns) {
    const institution = viewOf(view.row.institution);
    institution.returns.set(view.row.period, view);
    if (isException(view.standing)) institution.needsAttention = true;
  }
  return [...views.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

const none = (): bigint[] => POOL_KEYS.map(() => 0n);

function addTo(target: bigint[], parts: readonly bigint[]): void {
  for (const [index, part] of parts.entries()) target[index] = (target[index] ?? 0n) + part;
}

const ADVANCE = /^fund\/advance\/vbp\/([^/]+)\//;

/** What the ledger says is outstanding at the end, per pool; undefined where it has no advance account. */
function outstandingInLedger(input: RegionInput): bigint[] | undefined {
  const pools = none();
  let found = false;
  for (const { account, balance } of input.summary.balances) {
    const pool = ADVANCE.exec(account)?.[1];
    const index = POOL_KEYS.findIndex((key) => key === pool);
    if (index < 0) continue;
    found = true;
    pools[index] = pools[index]! + fenOf(balance);
  }
  return found ? pools : undefined;
}

/** Months from the first to the last that the report covers; dates outside it have no column and are left out. */
export function monthsOf(from: string, to: string): string[] {
  if (!isPeriod(from) || !isPeriod(to)) throw new RangeError(`not months: ${from} to ${to}`);
  return periodsBetween(from, to);
}

function flowsOf(input: RegionInput, months: string[], returns: ReturnView[]): MonthFlow[] {
  const flows = new Map<string, MonthFlow>(
    months.map((month) => [
      month,
      { period: month, prepaid: none(), returned: none(), moved: none(), outstanding: none() },
    ]),
  );
  const at = (date: string | null) => (date === null ? undefined : flows.get(date.slice(0, 7)));
  for (const row of input.summary.prepayments) addTo(at(row.disbursedOn)?.prepaid ?? [], poolsOf(row.pools));
  for (const { row, pools } of returns) {
    addTo(at(row.receivedOn)?.returned ?? [], pools);
    addTo(at(row.toFundOn)?.moved ?? [], pools);
  }
  const ordered = [...flows.values()];
  const change = (flow: MonthFlow): bigint[] => flow.prepaid.map((amount, index) => amount - flow.moved[index]!);
  // The ledger's balance stands at the end of the period; earlier months follow from it backwards. That is right for a
  // report that begins in the middle of a year too.
  const final = outstandingInLedger(input);
  let balance = none();
  if (final) balance = final.map((amount, index) => amount - sum(ordered.map((flow) => change(flow)[index]!)));
  for (const flow of ordered) {
    addTo(balance, change(flow));
    flow.outstanding = [...balance];
  }
  return ordered;
}

function totalsOf(input: RegionInput, returns: ReturnView[], flows: MonthFlow[]): RegionTotals {
  const inState = (...standings: ReturnStanding[]) => returns.filter((view) => standings.includes(view.standing));
  const amountOf = (views: ReturnView[]) => sum(views.map((view) => view.amount));
  const missing = inState('missing', 'corrected');
  const late = inState('late');
  return {
    disbursed: sum(input.summary.prepayments.filter((row) => row.disbursedOn).map((row) => fenOf(row.amount))),
    returned: amountOf(returns.filter((view) => view.row.receivedOn !== null)),
    moved: amountOf(returns.filter((view) => view.row.toFundOn !== null)),
    outstanding: sum(flows.at(-1)?.outstanding ?? []),
    late: late.length,
    missing: missing.length,
    corrected: inState('corrected').length,
    lateAmount: amountOf(late),
    missingAmount: amountOf(missing),
    alerts: input.summary.alerts.length,
  };
}

/** Everything the sections show of one region, worked out once. @throws RangeError for an amount that is none. */
export function viewRegion(input: RegionInput, index: number): RegionView {
  const months = monthsOf(input.summary.from, input.summary.to);
  const returns = input.summary.returns.map(viewReturn);
  const flows = flowsOf(input, months, returns);
  return {
    input,
    anchor: `r${index + 1}`,
    months,
    institutions: viewInstitutions(input, returns),
    returns,
    flows,
    totals: totalsOf(input, returns, flows),
    failing: input.summary.invariants.filter((invariant) => !invariant.ok).map((invariant) => invariant.name),
  };
}

/** The whole years that a report's months touch, as months: the calendar shows years whole. */
export function yearMonths(months: readonly string[]): Period[] {
  const years = [...new Set(months.map((month) => month.slice(0, 4)))];
  return years.flatMap((year) => Array.from({ length: 12 }, (_, month) => addMonths(toPeriod(`${year}-01`), month)));
}
