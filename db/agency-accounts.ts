/** The agency's own accounts at its bank. Region folders name none, so they are derived from the region and the pool. */
export const agencyAccounts = {
  fund: (region: string, pool: string) => `${region}-FUND-${pool.toUpperCase()}`,
  fiscalDeposit: (region: string) => `${region}-FISCAL-DEPOSIT`,
  supervised: (region: string) => `${region}-SUPERVISED`,
  /** The agency's accounts are kept by one bank; its code is the region's. */
  bankCode: (region: string) => `${region}000000`,
} as const;
