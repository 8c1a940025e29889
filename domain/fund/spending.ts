import type { Pool } from '../pools';

/** What a pool paid an institution in a year (spending-<year>.csv): what the monthly standard is a share of. */
export interface Spending {
  readonly year: number;
  readonly institution: string;
  readonly pool: Pool;
  readonly amountFen: bigint;
}
