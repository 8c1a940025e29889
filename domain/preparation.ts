import { groupBy } from './group-by';
import { sum, type Ratio } from './money';
import { firstDayOf, period as toPeriod, type PlainDate } from './plain-date';
import type { Policy } from './policy/schema';
import { planPrepayments, settlementBodies, type PrepaymentExclusion, type PrepaymentInstitution } from './prepayment';
import { poolFen, sumPools, type PoolFen, type PrepaymentPool } from './pools';
import { Refusal } from './refusal';
import type { Purchase } from './region';
import type { Entrustment } from './window/entrustment';

/**
 * What an agency takes stock of before anything runs (新医保发〔2025〕50号 三(一) 全面准备阶段): purchases of the last two years,
 * settlement bodies with their members, virtual ledgers, letters, and the prepayments that follow.
 */
export interface PreparationInput {
  readonly institutions: readonly (PrepaymentInstitution & { readonly name: string })[];
  readonly purchases: readonly Purchase[];
  readonly budgets: Readonly<Partial<Record<PrepaymentPool, bigint>>>;
  readonly policy: Policy;
  /** The year that is prepared. */
  readonly year: number;
  readonly letters: readonly Entrustment[];
  /** Settlement bodies whose virtual ledger is open. */
  readonly ledgers: ReadonlySet<string>;
}

export interface YearOfPurchases {
  readonly year: number;
  /** Of the categories that settle directly, online; null where nothing is known of that year. */
  readonly directFen: bigint | null;
  /** Of all categories and channels. */
  readonly allFen: bigint | null;
}

export interface PreparedBody {
  readonly institution: string;
  readonly name: string;
  /** Institutions that settle through it, in code order. */
  readonly members: readonly string[];
  /** The two years before, the earlier one first. */
  readonly purchases: readonly YearOfPurchases[];
  readonly prepayment?: { readonly baseFen: bigint; readonly ratio: Ratio; readonly amountFen: bigint };
  readonly pools?: PoolFen;
  readonly excluded?: PrepaymentExclusion;
  /** The number of the letter that is current when the first window opens. */
  readonly letter?: string;
  readonly ledgerOpen: boolean;
}

export interface Preparation {
  readonly year: number;
  /** The day on which letters have to be current. */
  readonly firstWindowOn?: PlainDate;
  readonly bodies: readonly PreparedBody[];
  readonly totalFen: bigint;
  readonly budgets: readonly {
    readonly pool: PrepaymentPool;
    readonly budgetFen: bigint;
    readonly drawnFen: bigint | null;
  }[];
  /** What the budgets lack; zero where they reach. */
  readonly missingFen: bigint;
}

const YEARS_BACK = [2, 1] as const;
/** More than any region prepays: amounts are worked out before it is asked whether the budgets reach. */
const PLENTY_FEN = 10n ** 17n;

/** @throws Refusal `FileInvalid` and `PolicyNotInForce` as planPrepayments does; budgets that do not reach are a result */
export function prepareRegion(input: PreparationInput): Preparation {
  const { institutions, purchases, policy, year, letters, budgets } = input;
  const prepayment = policy.prepayment!;
  const bodyOf = settlementBodies(institutions);
  const bodies = institutions.filter(({ institution }) => bodyOf.get(institution) === institution);
  const plenty = { [prepayment.poolOrder[0]!]: PLENTY_FEN };
  const planned = planPrepayments({ institutions, purchases, budgets: plenty, policy: prepayment, year });
  const amounts = new Map(planned.rows.map((row) => [row.institution, row]));
  const excluded = new Map(planned.excluded.map(({ institution, reason }) => [institution, reason]));
  const pools = withinBudgets(input);
  const firstWindowOn = firstWindowOf(policy, year);
  const purchasesOf = createPurchases(input, bodyOf);
  const members = groupBy(
    [...bodyOf].filter(([member, body]) => member !== body),
    ([, body]) => body,
  );
  return {
    year,
    ...(firstWindowOn ? { firstWindowOn } : {}),
    bodies: bodies
      .map(({ institution, name }): PreparedBody => {
        const row = amounts.get(institution);
        const reason = excluded.get(institution);
        const drawn = pools?.get(institution);
        const letter = firstWindowOn && currentLetter(letters, institution, firstWindowOn);
        return {
          institution,
          name,
          members: (members.get(institution) ?? []).map(([member]) => member).sort(),
          purchases: YEARS_BACK.map((back) => purchasesOf(institution, year - back)),
          ...(row ? { prepayment: { baseFen: row.baseFen, ratio: row.ratio, amountFen: row.amountFen } } : {}),
          ...(drawn ? { pools: drawn } : {}),
          ...(reason ? { excluded: reason } : {}),
          ...(letter === undefined ? {} : { letter }),
          ledgerOpen: input.ledgers.has(institution),
        };
      })
      .sort((a, b) => (a.institution < b.institution ? -1 : 1)),
    ...reachOf(prepayment.poolOrder, budgets, sum(planned.rows.map(({ amountFen }) => amountFen)), pools),
  };
}

/** What each body draws from which pool; undefined where the budgets do not reach. */
function withinBudgets({
  institutions,
  purchases,
  budgets,
  policy,
  year,
}: PreparationInput): Map<string, PoolFen> | undefined {
  try {
    const { rows } = planPrepayments({ institutions, purchases, budgets, policy: policy.prepayment!, year });
    return new Map(rows.map((row) => [row.institution, row.pools]));
  } catch (error) {
    if (error instanceof Refusal && error.code === 'BudgetInsufficient') return undefined;
    throw error;
  }
}

function reachOf(
  order: readonly PrepaymentPool[],
  budgets: PreparationInput['budgets'],
  totalFen: bigint,
  pools: ReadonlyMap<string, PoolFen> | undefined,
): Pick<Preparation, 'totalFen' | 'budgets' | 'missingFen'> {
  const available = sum(order.map((pool) => budgets[pool] ?? 0n));
  const drawn = pools && poolFen((pool) => sum([...pools.values()].map((parts) => parts[pool])));
  return {
    totalFen,
    budgets: order.map((pool) => ({ pool, budgetFen: budgets[pool] ?? 0n, drawnFen: drawn ? drawn[pool] : null })),
    missingFen: drawn ? totalFen - sumPools(drawn) : totalFen - available,
  };
}

/** What each body and its members bought in a year. */
function createPurchases({ purchases, policy }: PreparationInput, bodyOf: ReadonlyMap<string, string>) {
  const categories: readonly string[] = policy.window?.categories ?? policy.prepayment!.base.categories;
  const years = new Set(purchases.map(({ year }) => year));
  const byBody = groupBy(purchases, ({ year, institution }) => `${year}/${bodyOf.get(institution)}`);
  return (body: string, year: number): YearOfPurchases => {
    if (!years.has(year)) return { year, directFen: null, allFen: null };
    const own = byBody.get(`${year}/${body}`) ?? [];
    const direct = own.filter(({ category, channel }) => channel === 'online' && categories.includes(category));
    return {
      year,
      directFen: sum(direct.map(({ amountFen }) => amountFen)),
      allFen: sum(own.map(({ amountFen }) => amountFen)),
    };
  };
}

function firstWindowOf({ window }: Policy, year: number): PlainDate | undefined {
  if (window === undefined) return undefined;
  const january = toPeriod(`${year}-01`);
  return firstDayOf(window.firstPeriod > january ? window.firstPeriod : january);
}

function currentLetter(letters: readonly Entrustment[], institution: string, on: PlainDate): string | undefined {
  return letters.find((each) => each.institution === institution && each.from <= on && on <= (each.to ?? on))?.number;
}
