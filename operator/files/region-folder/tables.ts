import { CATEGORIES, CHANNELS, ROLES } from '../../../domain/region';
import { POOLS } from '../../../domain/pools';
import {
  accountNumber,
  bankCode,
  bool,
  count,
  date,
  enterpriseId,
  institutionId,
  oneOf,
  optional,
  personId,
  purchaseYuan,
  quantity,
  quantityOrMore,
  regionCode,
  sha256,
  signedYuan,
  someOf,
  text,
  unitPrice,
  yuanOrMore,
} from '../cells';
import { column, extraColumn } from '../table';

/** The columns of every file of a region folder, in the order of the format (docs/region-folder.md). */

const category = oneOf(CATEGORIES);
const pool = oneOf(POOLS);

export const INSTITUTION_COLUMNS = {
  institution: column(institutionId),
  name: column(text),
  level: column(optional(text)),
  three_flows: column(bool),
  executes_well: column(bool),
  settles_through: column(optional(institutionId)),
  account: column(optional(accountNumber)),
  bank_code: column(optional(bankCode)),
} as const;

export const ENTERPRISE_COLUMNS = {
  enterprise: column(enterpriseId),
  name: column(text),
  account: column(accountNumber),
  bank_code: column(bankCode),
} as const;

export const PURCHASE_COLUMNS = {
  institution: column(institutionId),
  category: column(category),
  channel: column(oneOf(CHANNELS)),
  amount: column(purchaseYuan),
} as const;

export const STAFF_COLUMNS = {
  person: column(personId),
  name: column(text),
  roles: column(someOf(ROLES)),
  from: column(optional(date)),
  to: column(optional(date)),
} as const;

export const APPLICATION_COLUMNS = {
  line: column(text),
  order: column(text),
  institution: column(institutionId),
  enterprise: column(enterpriseId),
  drug: column(text),
  category: column(category),
  kind: column(oneOf(['delivery', 'return', 'price-adjustment'])),
  quantity: column(quantity),
  unit_price: column(unitPrice),
  amount: column(signedYuan),
  received_on: column(date),
  applied_on: column(date),
  verified_by: column(optional(oneOf(['both', 'institution', 'enterprise']))),
  invoice: extraColumn(optional(text)),
  ordered_on: extraColumn(optional(date)),
} as const;

export const CATALOGUE_COLUMNS = {
  drug: column(text),
  category: column(category),
  from: column(date),
  to: column(optional(date)),
} as const;

export const ENTRUSTMENT_COLUMNS = {
  institution: column(institutionId),
  number: column(text),
  from: column(date),
  to: column(optional(date)),
  sha256: column(sha256),
} as const;

export const SPENDING_COLUMNS = {
  institution: column(institutionId),
  pool: column(pool),
  amount: column(yuanOrMore),
} as const;

export const CLAIM_COLUMNS = {
  institution: column(institutionId),
  pool: column(pool),
  declared: column(yuanOrMore),
  deducted: column(yuanOrMore),
  paying_region: extraColumn(optional(regionCode)),
} as const;

/** Of a review: no file of the folder. */
export const DEDUCTION_COLUMNS = {
  institution: column(institutionId),
  pool: column(pool),
  deducted: column(yuanOrMore),
  reason: column(text),
  paying_region: extraColumn(optional(regionCode)),
} as const;

export const ELIGIBILITY_COLUMNS = {
  institution: column(institutionId),
  score: column(quantityOrMore),
  major_violation_on: column(optional(date)),
  traceability: column(bool),
  active: column(bool),
  cooperates: column(bool),
  agreement_kept: extraColumn(optional(bool)),
} as const;

export const SUPPLY_COLUMNS = {
  enterprise: column(enterpriseId),
  orders: column(count),
  responded: column(count),
  ordered_quantity: column(quantityOrMore),
  delivered_quantity: column(quantityOrMore),
} as const;
