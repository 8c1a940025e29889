export { prepaymentDisbursement } from './prepayment-disbursement';
export { prepaymentReturn } from './prepayment-return';
export { settlementWindow } from './settlement-window';
export { starter } from './starter';
