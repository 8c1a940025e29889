import { fen, roundedQuotient, shareOut, total, yuan, type WorkingDays } from './days';

const POOLS = ['employee', 'resident', 'employee-large'] as const;
const BASE_CATEGORIES = ['vbp-national', 'vbp-alliance', 'vbp-provincial'];

export interface Return {
  body: string;
  period: string;
  amount: bigint;
  pools: bigint[];
  fromUnused: bigint;
  receivedOn: string | null;
  toFundOn: string | null;
}

export interface Advance {
  body: string;
  base: bigint;
  ratio: string;
  amount: bigint;
  pools: bigint[];
  returns: Return[];
}

export function poolsAsYuan(pools: readonly bigint[]): Record<string, string> {
  return Object.fromEntries(POOLS.map((pool, index) => [pool, yuan(pools[index]!)]));
}

/** Advances of 2026 and how they come back (新医保发〔2025〕50号 四(一)), bodies in code order. */
export function advancesOf(
  institutions: readonly Record<string, string>[],
  purchases: readonly Record<string, string>[],
  funds: readonly { pool: string; prepaymentBudget: string }[],
): Advance[] {
  const bodyOf = new Map(institutions.map((each) => [each.institution!, each.settles_through || each.institution!]));
  const left = POOLS.map((pool) => fen(funds.find((fund) => fund.pool === pool)?.prepaymentBudget ?? '0'));
  const advances: Advance[] = [];
  const bodies = institutions.filter((each) => !each.settles_through);
  for (const body of bodies.sort((a, b) => (a.institution! < b.institution! ? -1 : 1))) {
    const base = total(
      purchases
        .filter((row) => bodyOf.get(row.institution!) === body.institution)
        .filter((row) => row.channel === 'online' && BASE_CATEGORIES.includes(row.category!))
        .map((row) => fen(row.amount!)),
    );
    if (body.executes_well !== 'true' || base === 0n) continue;
    const ratio = body.three_flows === 'true' ? '0.6' : '0.5';
    const amount = roundedQuotient(base * (ratio === '0.6' ? 6n : 5n), 10n);
    let open = amount;
    const pools = left.map((budget, index) => {
      const drawn = budget < open ? budget : open;
      left[index] = budget - drawn;
      open -= drawn;
      return drawn;
    });
    advances.push({
      body: body.institution!,
      base,
      ratio,
      amount,
      pools,
      returns: returnsOf(body.institution!, amount, pools),
    });
  }
  return advances;
}

function returnsOf(body: string, amount: bigint, pools: readonly bigint[]): Return[] {
  const tenth = roundedQuotient(amount, 10n);
  let open = amount;
  let openPools = [...pools];
  return ['04', '05', '06', '07', '08', '09', '10', '11'].flatMap((month): Return[] => {
    const due = month === '11' || tenth > open ? open : tenth;
    const parts = shareOut(due, openPools);
    open -= due;
    openPools = openPools.map((pool, index) => pool - parts[index]!);
    if (due === 0n) return [];
    return [
      { body, period: `2026-${month}`, amount: due, pools: parts, fromUnused: 0n, receivedOn: null, toFundOn: null },
    ];
  });
}

/** The last working day on or after the arrival on which a month's returns are moved on. */
export function movedOn(receivedOn: string, days: WorkingDays, monthAfter: (month: string) => string): string {
  const month = receivedOn.slice(0, 7);
  const move = days.lastOf(month);
  return receivedOn <= move ? move : days.lastOf(monthAfter(month));
}
