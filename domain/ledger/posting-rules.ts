import type { AccountKind } from './chart';

/**
 * What each event may post (DESIGN 6), as a closed table: event, debited kinds and credited kinds. Whatever matches no row
 * is refused by the database with `LedgerPostingForbidden`. Migration 0002 holds the same rows, and a test compares.
 *
 * `supervised/ledger/prepayment` is debited by few events on purpose: prepaid money is for direct settlement only, 严禁挪作他用
 * (新医保发〔2025〕50号 四(一)). Besides payables it pays November's return (剩余预付资金), gives its rest to the institution after
 * the last return, and takes back a disbursement that the bank returned.
 */
interface PostingRule {
  readonly debit: AccountKind;
  readonly credit: AccountKind;
  /**
   * The event this one takes back: the same two accounts the other way round, the same amount and the same reference, and
   * no more often than it was posted.
   */
  readonly reverses?: string;
}

const rule = (debit: AccountKind, credit: AccountKind): PostingRule => ({ debit, credit });

const PREPAYMENT_EVENTS = {
  'disbursement-sent': [rule('fund/advance/vbp', 'fund/transit')],
  'disbursement-booked': [rule('fund/transit', 'fund/cash'), rule('supervised/cash', 'supervised/ledger/prepayment')],
  'disbursement-failed': [rule('fund/transit', 'fund/advance/vbp')],
  'disbursement-returned': [
    rule('fund/cash', 'fund/advance/vbp'),
    { ...rule('supervised/ledger/prepayment', 'supervised/cash'), reverses: 'disbursement-booked' },
  ],
  'return-received': [rule('supervised/cash', 'supervised/ledger/returning')],
  'return-from-unused': [rule('supervised/ledger/prepayment', 'supervised/ledger/returning')],
  'return-excess': [rule('supervised/cash', 'supervised/ledger/own')],
  'return-move-sent': [rule('supervised/ledger/returning', 'supervised/transit/fund')],
  'return-move-booked': [rule('supervised/transit/fund', 'supervised/cash'), rule('fund/cash', 'fund/advance/vbp')],
  'return-move-failed': [rule('supervised/transit/fund', 'supervised/ledger/returning')],
  'return-move-returned': [
    rule('supervised/cash', 'supervised/ledger/returning'),
    rule('fund/advance/vbp', 'fund/cash'),
  ],
  'prepayment-rest': [rule('supervised/ledger/prepayment', 'supervised/ledger/own')],
} as const;

const SETTLEMENT_EVENTS = {
  'top-up': [rule('supervised/cash', 'supervised/ledger/own')],
  confirm: [
    rule('supervised/ledger/prepayment', 'supervised/payable'),
    rule('supervised/ledger/own', 'supervised/payable'),
  ],
  'confirm-reversal': [
    rule('supervised/payable', 'supervised/ledger/prepayment'),
    rule('supervised/payable', 'supervised/ledger/own'),
  ],
  'payment-sent': [rule('supervised/payable', 'supervised/transit/enterprise')],
  'payment-booked': [rule('supervised/transit/enterprise', 'supervised/cash')],
  'payment-failed': [rule('supervised/transit/enterprise', 'supervised/payable')],
  'payment-returned': [rule('supervised/cash', 'supervised/payable')],
  'payment-cancelled': [
    rule('supervised/payable', 'supervised/ledger/prepayment'),
    rule('supervised/payable', 'supervised/ledger/own'),
  ],
} as const;

const FUND_EVENTS = {
  opening: [rule('fund/cash', 'fund/opening'), rule('fund/fiscal-deposit', 'fund/opening')],
  'fiscal-transfer': [rule('fund/cash', 'fund/fiscal-deposit')],
  'fiscal-transfer-returned': [{ ...rule('fund/fiscal-deposit', 'fund/cash'), reverses: 'fiscal-transfer' }],
  'preallocation-sent': [rule('fund/advance/instant', 'fund/transit')],
  'preallocation-booked': [rule('fund/transit', 'fund/cash')],
  'preallocation-failed': [rule('fund/transit', 'fund/advance/instant')],
  'preallocation-returned': [rule('fund/cash', 'fund/advance/instant'), rule('fund/advance/instant', 'fund/benefit')],
  'settlement-offset': [rule('fund/benefit', 'fund/advance/instant')],
  'settlement-sent': [rule('fund/benefit', 'fund/transit')],
  'settlement-booked': [rule('fund/transit', 'fund/cash')],
  'settlement-failed': [rule('fund/transit', 'fund/benefit')],
  'settlement-returned': [rule('fund/cash', 'fund/benefit')],
  hold: [rule('fund/memo/held', 'fund/memo/contra')],
  'release-sent': [rule('fund/memo/contra', 'fund/memo/held'), rule('fund/benefit', 'fund/transit')],
  'release-booked': [rule('fund/transit', 'fund/cash')],
  'release-failed': [rule('fund/memo/held', 'fund/memo/contra'), rule('fund/transit', 'fund/benefit')],
  'release-returned': [rule('fund/memo/held', 'fund/memo/contra'), rule('fund/cash', 'fund/benefit')],
  'instant-collected': [rule('fund/cash', 'fund/advance/instant')],
} as const;

const SUSPENSE_EVENTS = {
  'suspense-received': [rule('fund/cash', 'fund/suspense'), rule('supervised/cash', 'supervised/suspense')],
  'suspense-resolved': [
    rule('fund/suspense', 'fund/cash'),
    rule('fund/suspense', 'fund/advance/instant'),
    rule('supervised/suspense', 'supervised/cash'),
    rule('supervised/suspense', 'supervised/ledger/own'),
    rule('supervised/suspense', 'supervised/ledger/returning'),
    rule('supervised/suspense', 'supervised/payable'),
  ],
} as const;

export const POSTING_RULES = {
  ...PREPAYMENT_EVENTS,
  ...SETTLEMENT_EVENTS,
  ...FUND_EVENTS,
  ...SUSPENSE_EVENTS,
} as const satisfies Record<string, readonly PostingRule[]>;

/** What happened, as the journal records it. */
export type LedgerEvent = keyof typeof POSTING_RULES;
