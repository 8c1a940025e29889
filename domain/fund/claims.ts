import type { Pool } from '../pools';

/** What an institution declares for a month from a pool (申报费用), by the region that pays (就医地结算、参保地支付). */
export interface Claim {
  readonly institution: string;
  readonly pool: Pool;
  readonly payingRegion: string;
  readonly declaredFen: bigint;
  readonly deductedFen: bigint;
}

/** What a review takes off a claim in place of what was taken off before, and why (扣减). */
export interface Deduction {
  readonly institution: string;
  readonly pool: Pool;
  /** The settling region where left out. */
  readonly payingRegion?: string;
  readonly deductedFen: bigint;
  readonly reason: string;
}

/** 初审 by an officer, then 复核 by a business head (宿迁 2025-06-13 三(一)); never the same person. */
export const REVIEW_STEPS = ['first-review', 're-check'] as const;
export type ReviewStep = (typeof REVIEW_STEPS)[number];

export const REVIEW_ROLES = { 'first-review': 'officer', 're-check': 'business-head' } as const satisfies Record<
  ReviewStep,
  string
>;
