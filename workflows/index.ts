export { prepaymentDisbursement } from './prepayment-disbursement';
export { prepaymentReturn } from './prepayment-return';
export { starter } from './starter';
