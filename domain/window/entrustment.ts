import type { PlainDate } from '../plain-date';

/** 药品货款直接结算委托书: the institution entrusts the agency with paying its suppliers. */
export interface Entrustment {
  /** A settlement body. */
  institution: string;
  number: string;
  from: PlainDate;
  /** The last day; until further notice where left out. */
  to?: PlainDate;
  /** SHA-256 of the letter, 64 hexadecimal digits. */
  sha256: string;
}
