import { minimum } from '../money';

export interface MonthToSettle {
  /** Declared less deducted; 0 where nothing was claimed. */
  readonly payableFen: bigint;
  /** What was pre-allocated for the month and booked by the bank. */
  readonly preallocatedFen: bigint;
  /** Zero or less: what the month before left to be worked off. */
  readonly carriedInFen: bigint;
  readonly suspended: boolean;
  /** Pre-allocated in a month that was final when the bank sent it back: owed again, like what is payable. */
  readonly returnedFen?: bigint;
  /** Paid back beyond the balance below zero, out of this month's advance. */
  readonly beyondFen?: bigint;
}

export interface SettledMonth {
  readonly netFen: bigint;
  readonly paidFen: bigint;
  readonly heldFen: bigint;
  /** Zero or less. */
  readonly carriedOutFen: bigint;
  /** How much of the advance (暂付款—即时结算) is used up: Dr 待遇支出, Cr 暂付款. */
  readonly offsetFen: bigint;
}

/**
 * What becomes of one institution's and pool's month (宿迁 2025-06-13 三(二)3: 月结算支付金额=月应付金额-月预拨金额). A negative result
 * is carried to the next month; a suspended institution's is held (新医保发〔2025〕50号 五(一)).
 */
export function settleMonth(month: MonthToSettle): SettledMonth {
  const { payableFen, preallocatedFen, carriedInFen, suspended, returnedFen = 0n, beyondFen = 0n } = month;
  if (payableFen < 0n || preallocatedFen < 0n || carriedInFen > 0n || returnedFen < 0n)
    throw new RangeError('payable and pre-allocated are zero or more, what is carried in is zero or less');
  if (beyondFen < 0n || beyondFen > preallocatedFen)
    throw new RangeError('no more is paid back beyond the balance than was pre-allocated');
  const advanceFen = preallocatedFen - carriedInFen - beyondFen;
  const owedFen = payableFen + returnedFen;
  const netFen = owedFen - advanceFen;
  const due = netFen > 0n ? netFen : 0n;
  return {
    netFen,
    paidFen: suspended ? 0n : due,
    heldFen: suspended ? due : 0n,
    carriedOutFen: netFen < 0n ? netFen : 0n,
    offsetFen: minimum(owedFen, advanceFen),
  };
}

/** What the identity of DESIGN 5.7 adds up, over the months settled so far. */
export interface Cleared {
  readonly payableFen: bigint;
  readonly preallocatedFen: bigint;
  /** Without what was released later. */
  readonly paidFen: bigint;
  /** Gross: also what was released since. */
  readonly heldFen: bigint;
  /** Of the last month. */
  readonly carriedOutFen: bigint;
}

/** Σ payable = Σ pre-allocated + Σ paid + Σ held + carried out, with carried out zero or less. */
export function identityHolds({ payableFen, preallocatedFen, paidFen, heldFen, carriedOutFen }: Cleared): boolean {
  return carriedOutFen <= 0n && payableFen === preallocatedFen + paidFen + heldFen + carriedOutFen;
}
