import { sum, yuan } from '../../domain/money';
import type { ReturnRow, Summary } from '../../rehearsal/summary';
import { formatAmount } from './amounts';
import type { Output, Paint } from './output';
import { formatTable } from './table';

/** Regions stand side by side, so many in a row, so that a line fits a terminal. */
const REGIONS_IN_A_ROW = 3;

const total = (amounts: readonly string[]): bigint => sum(amounts.map(yuan));

/** Accounts of what is advanced and has not come back to the fund (DESIGN 6). */
const ADVANCE = 'fund/advance/vbp/';

/** The figures of one region that people ask for first. Amounts in fen. */
export interface KeyFigures {
  readonly region: string;
  readonly prepayments: number;
  readonly prepaidFen: bigint;
  readonly returns: Record<ReturnRow['state'], number>;
  readonly toFundFen: bigint;
  /** By the ledger. */
  readonly outstandingFen: bigint;
  readonly statements: number;
  readonly confirmedFen: bigint;
  /** To enterprises. */
  readonly payments: number;
  readonly paidFen: bigint;
  readonly rejectedLines: number;
  /** Lines that no window has settled when the last month ends, disputed ones aside. */
  readonly openFen: bigint;
  readonly disputedFen: bigint;
  readonly breaches: BreachCounts;
  readonly enterpriseCases: number;
  readonly alerts: number;
  readonly holding: number;
  readonly invariants: number;
}

/** Notices by what became of them: a breach that was suspended and resumed counts under both. */
export interface BreachCounts {
  readonly notices: number;
  readonly suspended: number;
  readonly resumed: number;
  /** Neither corrected nor resumed when the last month ends. */
  readonly open: number;
}

function breachCounts(breaches: Summary['breaches']): BreachCounts {
  const counted = (holds: (row: Summary['breaches'][number]) => boolean) => breaches.filter(holds).length;
  return {
    notices: breaches.length,
    suspended: counted(({ suspendedFrom }) => suspendedFrom !== null),
    resumed: counted(({ resumedOn }) => resumedOn !== null),
    open: counted(({ state }) => state === 'noticed' || state === 'suspended'),
  };
}

export function keyFiguresOf(summary: Summary): KeyFigures {
  const { region, prepayments, returns, balances, statements, payments, rejectedLines } = summary;
  const { lines, breaches, enterpriseCases, alerts, invariants } = summary;
  const arrived = payments.filter(({ state }) => state === 'succeeded');
  const paid = prepayments.filter(({ disbursedOn }) => disbursedOn !== null);
  const counted = (state: ReturnRow['state']) => returns.filter((row) => row.state === state).length;
  return {
    region,
    prepayments: paid.length,
    prepaidFen: total(paid.map(({ amount }) => amount)),
    returns: { 'on-time': counted('on-time'), late: counted('late'), missing: counted('missing') },
    toFundFen: total(returns.filter(({ toFundOn }) => toFundOn !== null).map(({ amount }) => amount)),
    outstandingFen: total(balances.filter(({ account }) => account.startsWith(ADVANCE)).map(({ balance }) => balance)),
    statements: statements.length,
    confirmedFen: total(statements.map(({ net }) => net)),
    payments: arrived.length,
    paidFen: total(arrived.map(({ amount }) => amount)),
    rejectedLines: rejectedLines.length,
    openFen: yuan(lines.open),
    disputedFen: yuan(lines.disputed),
    breaches: breachCounts(breaches),
    enterpriseCases: enterpriseCases.length,
    alerts: alerts.length,
    holding: invariants.filter(({ ok }) => ok).length,
    invariants: invariants.length,
  };
}

export function everyInvariantHolds(summaries: readonly Summary[]): boolean {
  return summaries.every(({ invariants }) => invariants.length > 0 && invariants.every(({ ok }) => ok));
}

type Row = readonly [chinese: string, english: string, value: (figures: KeyFigures) => string];

/** Rows that belong together are left out together, where no region beside has any of it. */
interface RowGroup {
  readonly applies: (figures: KeyFigures) => boolean;
  readonly rows: readonly Row[];
}

const GROUPS: readonly RowGroup[] = [
  {
    applies: ({ prepayments, returns }) => prepayments + returns['on-time'] + returns.late + returns.missing > 0,
    rows: [
      ['预付', 'prepayments', ({ prepayments }) => String(prepayments)],
      ['', 'prepaid, yuan', ({ prepaidFen }) => formatAmount(prepaidFen)],
      ['返还', 'returns on time', ({ returns }) => String(returns['on-time'])],
      ['', 'late', ({ returns }) => String(returns.late)],
      ['', 'missing', ({ returns }) => String(returns.missing)],
      ['归集', 'moved to the fund, yuan', ({ toFundFen }) => formatAmount(toFundFen)],
      ['未还', 'outstanding, yuan', ({ outstandingFen }) => formatAmount(outstandingFen)],
    ],
  },
  {
    applies: ({ statements, rejectedLines, openFen }) => statements + rejectedLines > 0 || openFen !== 0n,
    rows: [
      ['货款', 'statements confirmed', ({ statements }) => String(statements)],
      ['', 'confirmed, yuan', ({ confirmedFen }) => formatAmount(confirmedFen)],
      ['支付', 'payments to enterprises', ({ payments }) => String(payments)],
      ['', 'paid, yuan', ({ paidFen }) => formatAmount(paidFen)],
      ['未结', 'lines open, yuan', ({ openFen }) => formatAmount(openFen)],
      ['异议', 'lines disputed, yuan', ({ disputedFen }) => formatAmount(disputedFen)],
      ['退回', 'lines rejected', ({ rejectedLines }) => String(rejectedLines)],
    ],
  },
  {
    applies: ({ breaches }) => breaches.notices > 0,
    rows: [
      ['违约', 'breach notices', ({ breaches }) => String(breaches.notices)],
      ['暂停', 'suspended', ({ breaches }) => String(breaches.suspended)],
      ['恢复', 'resumed', ({ breaches }) => String(breaches.resumed)],
      ['', 'not corrected yet', ({ breaches }) => String(breaches.open)],
    ],
  },
  {
    applies: ({ enterpriseCases }) => enterpriseCases > 0,
    rows: [['企业', 'enterprise cases', ({ enterpriseCases }) => String(enterpriseCases)]],
  },
  { applies: () => true, rows: [['预警', 'alerts', ({ alerts }) => String(alerts)]] },
];

function invariantCell({ holding, invariants }: KeyFigures, paint: Paint): string {
  return paint(holding === invariants && invariants > 0 ? 'green' : 'red', `${holding}/${invariants} hold`);
}

function block(figures: readonly KeyFigures[], paint: Paint): string[] {
  const rows = GROUPS.filter(({ applies }) => figures.some(applies)).flatMap((group) => group.rows);
  return formatTable(
    [{ title: '' }, { title: '' }, ...figures.map(({ region }) => ({ title: region, align: 'right' as const }))],
    [
      ...rows.map(([chinese, english, value]) => [chinese, english, ...figures.map(value)]),
      ['核验', 'invariants', ...figures.map((each) => invariantCell(each, paint))],
    ],
  );
}

/** The figures of all regions as a table, then each invariant that does not hold. */
export function figureLines(summaries: readonly Summary[], { paint }: Output): string[] {
  const figures = summaries.map(keyFiguresOf);
  const lines: string[] = [];
  for (let index = 0; index < figures.length; index += REGIONS_IN_A_ROW) {
    if (index > 0) lines.push('');
    lines.push(...block(figures.slice(index, index + REGIONS_IN_A_ROW), paint));
  }
  for (const { region, invariants } of summaries) {
    for (const { name, ok, detail } of invariants) {
      if (!ok) lines.push(`${paint('red', 'BROKEN')}  ${region}  ${name}: ${detail}`);
    }
  }
  return lines;
}

/** Which months, under which policies and by which calendar. */
export function headingLines(summaries: readonly Summary[], { paint }: Output): string[] {
  const [first] = summaries;
  if (first === undefined) return [];
  const policies = new Set(
    summaries.flatMap((summary) =>
      summary.policies.map(({ id, version, sha256 }) => `${id} version ${version} (${sha256.slice(0, 12)})`),
    ),
  );
  const { source, provisional } = first.calendar;
  return [
    paint('bold', `预演 · rehearsal of ${first.from} to ${first.to}`),
    ...[...policies].map((policy) => `政策 policy    ${policy}`),
    `日历 calendar  ${source}`,
    ...(provisional
      ? [paint('yellow', 'The calendar is provisional: days without a notice are assumed from weekends.')]
      : []),
  ];
}
