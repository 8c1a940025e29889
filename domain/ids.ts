import { isPeriod, type Period } from './plain-date';

/** Region codes have six digits (`650400`), institutions `H` or `P` and eleven digits, enterprises a letter and more. */
const REGION = /^\d{6}$/;
const INSTITUTION = /^[HP]\d{11}$/;
const ENTERPRISE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
const QUARTER = /^\d{4}-Q[1-4]$/;

export const INSTITUTION_RULE = 'H (hospital or clinic) or P (pharmacy) and 11 digits';
export const REGION_RULE = 'six digits';
export const ENTERPRISE_RULE = 'a letter or digit, then up to 31 letters, digits, dots, hyphens or underscores';

export function isRegionCode(text: string): boolean {
  return REGION.test(text);
}

export function isInstitutionId(text: string): boolean {
  return INSTITUTION.test(text);
}

/** Enterprises are free of a national scheme here; slashes are excluded, since ids are parts of case and account names. */
export function isEnterpriseId(text: string): boolean {
  return ENTERPRISE.test(text);
}

/** Case ids, which are workflow ids (DESIGN 7). */
export const caseIds = {
  prepayment: (region: string, year: number) => `prepayment/${region}/${year}`,
  prepaymentReturn: (region: string, month: Period) => `return/${region}/${month}`,
  window: (region: string, month: Period) => `window/${region}/${month}`,
  fund: (region: string, month: Period) => `fund/${region}/${month}`,
  clearing: (region: string, quarter: string) => `clearing/${region}/${quarter}`,
  monitoring: (region: string, month: Period) => `monitoring/${region}/${month}`,
  breach: (institution: string, kind: string, month: Period) => `breach/${institution}/${kind}/${month}`,
  /** The region is named where several regions know the enterprise: each has cases of its own. */
  enterprise: (enterprise: string, kind: string, month: Period, region?: string) =>
    `enterprise/${enterprise}${region === undefined ? '' : `@${region}`}/${kind}/${month}`,
} as const;

export type CaseId =
  | { kind: 'prepayment'; region: string; year: number }
  | { kind: 'return' | 'window' | 'fund' | 'monitoring'; region: string; period: Period }
  | { kind: 'clearing'; region: string; quarter: string }
  | { kind: 'breach'; institution: string; breach: string; period: Period }
  | { kind: 'enterprise'; enterprise: string; region?: string; finding: string; period: Period };

/** Reads a case id; undefined for text that is none. */
export function parseCaseId(text: string): CaseId | undefined {
  const [kind, subject, second, third, ...rest] = text.split('/');
  if (kind === undefined || subject === undefined || second === undefined || rest.length > 0) return undefined;
  if (third !== undefined) return parseLongCaseId(kind, subject, second, third);
  if (!isRegionCode(subject)) return undefined;
  if (kind === 'prepayment') {
    return /^\d{4}$/.test(second) ? { kind, region: subject, year: Number(second) } : undefined;
  }
  if (kind === 'clearing') return QUARTER.test(second) ? { kind, region: subject, quarter: second } : undefined;
  if (kind === 'return' || kind === 'window' || kind === 'fund' || kind === 'monitoring') {
    return isPeriod(second) ? { kind, region: subject, period: second } : undefined;
  }
  return undefined;
}

function parseLongCaseId(kind: string, subject: string, second: string, third: string): CaseId | undefined {
  if (!isPeriod(third) || second === '') return undefined;
  if (kind === 'breach' && isInstitutionId(subject)) {
    return { kind, institution: subject, breach: second, period: third };
  }
  if (kind === 'enterprise') return parseEnterpriseCaseId(subject, second, third);
  return undefined;
}

function parseEnterpriseCaseId(subject: string, finding: string, period: Period): CaseId | undefined {
  const [enterprise, region, ...rest] = subject.split('@');
  if (!isEnterpriseId(enterprise!) || rest.length > 0) return undefined;
  if (region === undefined) return { kind: 'enterprise', enterprise: enterprise!, finding, period };
  return isRegionCode(region) ? { kind: 'enterprise', enterprise: enterprise!, region, finding, period } : undefined;
}
