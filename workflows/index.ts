export { breachCase } from './breach-case';
export { documentsRun } from './documents-run';
export { enterpriseCase } from './enterprise-case';
export { monitoring } from './monitoring';
export { prepaymentDisbursement } from './prepayment-disbursement';
export { prepaymentReturn } from './prepayment-return';
export { settlementWindow } from './settlement-window';
export { starter } from './starter';
