import type { Category } from '../region';
import type { Period, PlainDate } from '../plain-date';

/**
 * What an application line is accepted by (新医保发〔2025〕50号 四(二); DESIGN 5.2). The codes stand in the order in which they
 * are asked: a line is rejected with the first one that applies. The last two look at other lines and are decided over all
 * of them at once (db/application-fates.ts); all others are decided here, line by line.
 */
export const LINE_CODES = [
  'before-window',
  'after-cutoff',
  'before-direct-settlement',
  'received-after-application',
  'out-of-scope',
  'amount-mismatch',
  'unknown-institution',
  'unknown-enterprise',
  'unverified-credit',
  'enterprise-suspended',
  'conflict',
  'already-settled',
] as const;
export type LineCode = (typeof LINE_CODES)[number];

/** `unreadable`: a cell is no date, number or word of its list, so that no rule can be asked. */
export const REJECTION_CODES = ['unreadable', ...LINE_CODES] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

interface RejectionReason {
  readonly chinese: string;
  readonly english: string;
}

export const REJECTION_REASONS: Readonly<Record<RejectionCode, RejectionReason>> = {
  unreadable: { chinese: '单元格内容无法识别', english: 'a cell cannot be read' },
  'before-window': { chinese: '申请日期早于本期申请开始日', english: 'applied for before the window opens' },
  'after-cutoff': { chinese: '申请日期晚于本期申请截止日', english: 'applied for after the last day of applications' },
  'before-direct-settlement': {
    chinese: '采购发生在直接结算实施之前',
    english: 'bought before direct settlement began',
  },
  'received-after-application': { chinese: '收货日期晚于申请日期', english: 'received after it was applied for' },
  'out-of-scope': {
    chinese: '药品不在直接结算范围或收货当日不在目录内',
    english: 'not within direct settlement, or not in the catalogue on the day of receipt',
  },
  'amount-mismatch': {
    chinese: '金额与数量乘单价不符，或数量正负与业务类型不符',
    english: 'the amount is not quantity × unit price, or the sign does not fit the kind',
  },
  'unknown-institution': { chinese: '医疗机构未登记', english: 'the institution is not registered' },
  'unknown-enterprise': { chinese: '医药企业未登记', english: 'the enterprise is not registered' },
  'unverified-credit': {
    chinese: '退货或调价未经双方核对',
    english: 'a return or price adjustment that not both sides have verified',
  },
  'enterprise-suspended': {
    chinese: '申请当日该企业货款结算已暂停',
    english: 'settlement with the enterprise was suspended on the day of application',
  },
  conflict: { chinese: '同一明细编号的内容不一致', english: 'the same line id with other content' },
  'already-settled': { chinese: '该明细已在以前批次结算', english: 'settled in an earlier window' },
};

/** 发货, 退货, 调价. */
export const LINE_KINDS = ['delivery', 'return', 'price-adjustment'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Who has verified a return or price adjustment; empty where nobody has. */
export const VERIFIERS = ['both', 'institution', 'enterprise'] as const;
export type VerifiedBy = (typeof VERIFIERS)[number] | '';

/** One line of an application, as its file has it. */
export interface ApplicationLine {
  readonly line: string;
  readonly order: string;
  readonly institution: string;
  readonly enterprise: string;
  readonly drug: string;
  readonly category: Category;
  readonly kind: LineKind;
  /** A decimal of up to four places; negative in returns. */
  readonly quantity: string;
  /** Yuan with up to four places. */
  readonly unitPrice: string;
  readonly amountFen: bigint;
  readonly orderedOn: PlainDate | undefined;
  readonly receivedOn: PlainDate;
  readonly appliedOn: PlainDate;
  readonly verifiedBy: VerifiedBy;
  readonly invoice: string;
}

/** What the rules are asked against: one region, one period, one policy version. */
export interface LineFacts {
  readonly period: Period;
  /** The first period of direct settlement. */
  readonly firstPeriod: Period;
  readonly applicationFrom: PlainDate;
  readonly applicationTo: PlainDate;
  /** What was bought earlier is settled outside the engine. */
  readonly orderedFrom: PlainDate;
  readonly categories: ReadonlySet<Category>;
  /** In the catalogue under this category on a day; always true in a region without a catalogue. */
  isListed(drug: string, category: Category, on: PlainDate): boolean;
  isInstitution(id: string): boolean;
  isEnterprise(id: string): boolean;
  /** The days of application are the only ones on which it is asked. */
  isSuspended(enterprise: string, on: PlainDate): boolean;
}

/** The first code of the line's own that applies; undefined for a line that other lines alone can still reject. */
export function firstDefect(line: ApplicationLine, facts: LineFacts): LineCode | undefined {
  if (line.appliedOn < facts.applicationFrom || facts.period < facts.firstPeriod) return 'before-window';
  if (line.appliedOn > facts.applicationTo) return 'after-cutoff';
  // 三(二): bought from the first day on; the order dates a purchase where the file has its date.
  if ((line.orderedOn ?? line.receivedOn) < facts.orderedFrom) return 'before-direct-settlement';
  if (line.receivedOn > line.appliedOn) return 'received-after-application';
  if (!facts.categories.has(line.category) || !facts.isListed(line.drug, line.category, line.receivedOn))
    return 'out-of-scope';
  if (!hasRightSign(line) || amountOf(line.quantity, line.unitPrice) !== line.amountFen) return 'amount-mismatch';
  if (!facts.isInstitution(line.institution)) return 'unknown-institution';
  if (!facts.isEnterprise(line.enterprise)) return 'unknown-enterprise';
  if (line.kind !== 'delivery' && line.verifiedBy !== 'both') return 'unverified-credit';
  if (facts.isSuspended(line.enterprise, line.appliedOn)) return 'enterprise-suspended';
  return undefined;
}

/** Delivered is more than nothing, returned less; a price adjustment is one, at a price of either sign. */
function hasRightSign({ kind, quantity, unitPrice }: ApplicationLine): boolean {
  if (kind === 'price-adjustment') return tenThousandths(quantity) === ONE;
  const isNegative = quantity.startsWith('-');
  return !unitPrice.startsWith('-') && isNegative === (kind === 'return') && NOT_ZERO.test(quantity);
}

const NOT_ZERO = /[1-9]/;
const PLACES = 4;
const ONE = 10_000n;
/** Quantity and price have four places each, and a yuan 100 fen. */
const PER_FEN = 1_000_000n;

/** A decimal with up to four places as ten thousandths. */
function tenThousandths(decimal: string): bigint {
  return BigInt(digitsOf(decimal));
}

/** `12.5` is `125000`. */
function digitsOf(decimal: string): string {
  const point = decimal.indexOf('.');
  if (point < 0) return `${decimal}0000`;
  return decimal.slice(0, point) + decimal.slice(point + 1).padEnd(PLACES, '0');
}

/**
 * quantity × unit price in fen, rounded half up (away from zero).
 * @param quantity and unitPrice decimals with at most four places
 */
export function amountOf(quantity: string, unitPrice: string): bigint {
  return smallAmount(quantity, unitPrice) ?? exactAmount(quantity, unitPrice);
}

function exactAmount(quantity: string, unitPrice: string): bigint {
  const exact = tenThousandths(quantity) * tenThousandths(unitPrice);
  const half = PER_FEN / 2n;
  return (exact < 0n ? exact - half : exact + half) / PER_FEN;
}

/**
 * The same sum in whole numbers below 2^53, which doubles hold exactly: nearly every line, at a fifth of the time. Undefined
 * where the product is larger.
 */
function smallAmount(quantity: string, unitPrice: string): bigint | undefined {
  const product = Number(digitsOf(quantity)) * Number(digitsOf(unitPrice));
  const rounding = Math.abs(product) + Number(PER_FEN) / 2;
  if (rounding > Number.MAX_SAFE_INTEGER) return undefined;
  const fen = (rounding - (rounding % Number(PER_FEN))) / Number(PER_FEN);
  return BigInt(product < 0 ? -fen : fen);
}
