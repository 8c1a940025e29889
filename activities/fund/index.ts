import type { ActivityDependencies } from '../dependencies';
import type { FundActivities } from '../types';
import { createClearingActivities } from './clearing';
import { createFundLookActivities } from './look';
import { createFundRunActivities } from './run';
import { createTransferActivities } from './transfer';

/** 月预拨、月结算、季度清算 (宿迁 2025-06-13 三). */
export function createFundActivities(dependencies: ActivityDependencies): FundActivities {
  return {
    ...createFundLookActivities(dependencies),
    ...createFundRunActivities(dependencies),
    ...createTransferActivities(dependencies),
    ...createClearingActivities(dependencies),
  };
}
