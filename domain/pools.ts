/** Fund pools (DESIGN 2). */
export const POOLS = ['employee', 'resident', 'employee-large', 'employee-personal'] as const;
export type Pool = (typeof POOLS)[number];

/** Pools a prepayment may draw on; the order in which it does so is the policy's (新医保发〔2025〕50号 四(一)). */
export const PREPAYMENT_POOLS = ['employee', 'resident', 'employee-large'] as const;
export type PrepaymentPool = (typeof PREPAYMENT_POOLS)[number];

/** Fen for each prepayment pool; all three keys are there, zero where nothing. */
export type PoolFen = Record<PrepaymentPool, bigint>;

export const NO_POOL_FEN: Readonly<PoolFen> = { employee: 0n, resident: 0n, 'employee-large': 0n };

export function isPool(text: string): text is Pool {
  return POOLS.some((pool) => pool === text);
}

export function isPrepaymentPool(text: string): text is PrepaymentPool {
  return PREPAYMENT_POOLS.some((pool) => pool === text);
}

/** Builds the three keys from a function of the pool. */
export function poolFen(amountOf: (pool: PrepaymentPool) => bigint): PoolFen {
  return {
    employee: amountOf('employee'),
    resident: amountOf('resident'),
    'employee-large': amountOf('employee-large'),
  };
}

export function sumPools(amounts: Readonly<PoolFen>): bigint {
  return PREPAYMENT_POOLS.reduce((total, pool) => total + amounts[pool], 0n);
}

export function addPools(left: Readonly<PoolFen>, right: Readonly<PoolFen>): PoolFen {
  return poolFen((pool) => left[pool] + right[pool]);
}

export function subtractPools(left: Readonly<PoolFen>, right: Readonly<PoolFen>): PoolFen {
  return poolFen((pool) => left[pool] - right[pool]);
}
