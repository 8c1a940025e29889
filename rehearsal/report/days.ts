import { lastDayOf, period as toPeriod } from '../../domain/plain-date';
import { fenOf } from './amounts';
import { eventLabel, label, type Label } from './labels';
import type { RegionView } from './model';

/**
 * What can happen on a day of the calendar. The order is that of the legend and of the marks in a day; `mark` names both
 * shape and colour, so that neither carries the meaning alone.
 */
export const DAY_KINDS = {
  disbursed: { mark: 'disbursed', label: label('预付拨付', 'Prepayment disbursed') },
  due: { mark: 'due', label: label('返还到期', 'Returns due') },
  arrived: { mark: 'arrived', label: label('返还到账', 'Returns arrived') },
  late: { mark: 'late', label: label('逾期到账', 'Arrived after its day') },
  missing: { mark: 'missing', label: label('月末未到账', 'Not arrived at month end') },
  moved: { mark: 'moved', label: label('返还至基金账户', 'Moved to the fund') },
  confirmed: { mark: 'confirmed', label: label('确认结算', 'Statements confirmed') },
  paid: { mark: 'paid', label: label('货款支付', 'Enterprises paid') },
  preallocated: { mark: 'preallocated', label: label('月预拨', 'Pre-allocated') },
  settled: { mark: 'settled', label: label('月结算支付', 'Monthly settlement paid') },
  released: { mark: 'released', label: label('暂缓款放行', 'Held money released') },
  noticed: { mark: 'noticed', label: label('违约通知', 'Breach notices') },
  suspended: { mark: 'suspended', label: label('暂停支付', 'Suspensions') },
  resumed: { mark: 'resumed', label: label('恢复支付', 'Resumptions') },
  alert: { mark: 'alert', label: label('提醒', 'Alerts') },
} as const satisfies Record<string, { mark: string; label: Label }>;
export type DayKind = keyof typeof DAY_KINDS;

export interface DayEvent {
  kind: DayKind;
  count: number;
  /** undefined where the kind moves no money. */
  amount: bigint | undefined;
  /** Names of whom it concerned, in the order of the summary, each once. */
  who: string[];
}

interface Gathered {
  count: number;
  amount: bigint | undefined;
  who: Set<string>;
}

export type DaysByDate = Map<string, DayEvent[]>;

type Collect = (date: string | null, kind: DayKind, who: string, amount?: bigint) => void;

function collectPrepayment({ input, returns }: RegionView, name: (id: string) => string, collect: Collect): void {
  for (const row of input.summary.prepayments)
    collect(row.disbursedOn, 'disbursed', name(row.institution), fenOf(row.amount));
  for (const { row, amount, standing } of returns) {
    const who = name(row.institution);
    if (standing === 'none') continue;
    collect(row.dueOn, 'due', who, amount);
    collect(row.receivedOn, standing === 'on-time' ? 'arrived' : 'late', who, amount);
    collect(row.toFundOn, 'moved', who, amount);
    if (standing === 'missing' || standing === 'corrected')
      collect(lastDayOf(toPeriod(row.dueOn.slice(0, 7))), 'missing', who, amount);
  }
}

function collectWindows({ input }: RegionView, name: (id: string) => string, collect: Collect): void {
  for (const row of input.summary.statements)
    collect(row.confirmedOn, 'confirmed', name(row.institution), fenOf(row.net));
  for (const row of input.summary.payments)
    if (row.state === 'succeeded') collect(row.paidOn, 'paid', row.enterprise, fenOf(row.amount));
  for (const row of input.summary.breaches) {
    collect(row.noticeOn, 'noticed', name(row.institution));
    collect(row.suspendedFrom, 'suspended', name(row.institution));
    collect(row.resumedOn, 'resumed', name(row.institution));
  }
}

function collectFunds({ input }: RegionView, name: (id: string) => string, collect: Collect): void {
  for (const row of input.summary.preallocations)
    collect(row.paidOn, 'preallocated', name(row.institution), fenOf(row.amount));
  for (const row of input.summary.settlements) {
    collect(row.paidOn, 'settled', name(row.institution), fenOf(row.paid));
    collect(row.releasedOn, 'released', name(row.institution), fenOf(row.released));
  }
}

const ORDER = Object.keys(DAY_KINDS) as DayKind[];

/** Everything the summary says happened, by day; kinds in the legend's order, one entry each. */
export function daysOf(view: RegionView): DaysByDate {
  const days = new Map<string, Map<DayKind, Gathered>>();
  const collect: Collect = (date, kind, who, amount) => {
    if (date === null) return;
    let kinds = days.get(date);
    if (!kinds) days.set(date, (kinds = new Map<DayKind, Gathered>()));
    let entry = kinds.get(kind);
    if (!entry) kinds.set(kind, (entry = { count: 0, amount: undefined, who: new Set() }));
    entry.count += 1;
    entry.who.add(who);
    if (amount !== undefined) entry.amount = (entry.amount ?? 0n) + amount;
  };
  const name = (id: string): string => view.input.names[id] ?? id;
  collectPrepayment(view, name, collect);
  collectWindows(view, name, collect);
  collectFunds(view, name, collect);
  for (const alert of view.input.summary.alerts)
    collect(alert.on, 'alert', `${eventLabel(alert.kind).zh} · ${alert.case}`);

  const sorted = [...days.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(
    sorted.map(([date, kinds]) => [
      date,
      ORDER.flatMap((kind) => {
        const entry = kinds.get(kind);
        return entry ? [{ kind, count: entry.count, amount: entry.amount, who: [...entry.who] }] : [];
      }),
    ]),
  );
}
