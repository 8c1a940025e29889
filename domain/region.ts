import type { Period, PlainDate } from './plain-date';
import type { Pool } from './pools';
import type { RoleTerm } from './staff';

/**
 * The words of a region folder as the engine uses them: one 统筹地区 with its funds, institutions, enterprises, last
 * year's purchases and staff. Everything here has been checked by the reader of the folder (`operator/files`); the rules
 * of a policy come on top of it.
 */

/** 国家集采, 省际联盟集采, 省级集采, 国家谈判药品, 其他. */
export const CATEGORIES = ['vbp-national', 'vbp-alliance', 'vbp-provincial', 'negotiated', 'other'] as const;
export type Category = (typeof CATEGORIES)[number];

/** 线上采购 through the procurement system, or 线下采购 past it. */
export const CHANNELS = ['online', 'offline'] as const;
export type Channel = (typeof CHANNELS)[number];

export const ROLES = [
  'officer',
  'business-head',
  'finance',
  'director',
  'cashier',
  'accountant',
  'preparer',
  'operator',
  'compliance',
] as const;
export type Role = (typeof ROLES)[number];

export interface FundOpening {
  readonly pool: Pool;
  readonly cashFen: bigint;
  readonly fiscalDepositFen: bigint;
  /** How much of this pool may be prepaid in a year. */
  readonly prepaymentBudgetFen: bigint;
}

export interface Institution {
  /** `H` or `P` and eleven digits. */
  readonly institution: string;
  readonly name: string;
  /** 医院等级 as the agency writes it; no rule reads it. */
  readonly level: string;
  /** 三流合一: order, goods and money flows are unified. */
  readonly threeFlows: boolean;
  readonly executesWell: boolean;
  /** The settlement body (医联体/医共体结算主体) that settles for it; undefined when it settles for itself. */
  readonly settlesThrough: string | undefined;
  /** Empty only where it settles through another institution. */
  readonly account: string;
  readonly bankCode: string;
}

export interface Enterprise {
  readonly enterprise: string;
  readonly name: string;
  readonly account: string;
  readonly bankCode: string;
}

export interface Purchase {
  readonly year: number;
  readonly institution: string;
  readonly category: Category;
  readonly channel: Channel;
  readonly amountFen: bigint;
}

export interface Staff {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** First and last day on which the roles are held; open where left out. */
  readonly from?: PlainDate;
  readonly to?: PlainDate;
  /** In the running system: each role with its own dates, and what is done for somebody on leave. */
  readonly terms?: readonly RoleTerm[];
}

/** A drug as the catalogue (药品目录) has it, from its first day to its last; without `to` it is still listed. */
export interface CatalogueListing {
  readonly drug: string;
  readonly category: Category;
  readonly from: PlainDate;
  readonly to: PlainDate | undefined;
}

export interface PeriodFile {
  readonly period: Period;
  readonly path: string;
}

export interface YearFile {
  readonly year: number;
  readonly path: string;
}

/** Paths of the files that are read where they are used, since they may be of any size. All in order of their date. */
export interface RegionFiles {
  readonly applications: readonly PeriodFile[];
  readonly claims: readonly PeriodFile[];
  readonly supply: readonly PeriodFile[];
  readonly spending: readonly YearFile[];
  readonly eligibility?: string;
  readonly catalogue?: string;
  readonly entrustments?: string;
}

export interface Region {
  /** Six digits of the administrative division, such as `650500`. */
  readonly code: string;
  readonly name: string;
  /** Ids of the policies the region names; undefined when its files decide which apply. */
  readonly policies?: readonly string[];
  readonly funds: readonly FundOpening[];
  /** In code order, like enterprises. */
  readonly institutions: readonly Institution[];
  readonly enterprises: readonly Enterprise[];
  /** In the order of the files: year, then line. Rows of one institution, category and channel add up. */
  readonly purchases: readonly Purchase[];
  readonly staff: readonly Staff[];
  /** True when the folder has no staff.csv and the people are {@link exampleStaff}. */
  readonly staffIsExample: boolean;
  readonly files: RegionFiles;
}

const EXAMPLE_NAMES: Record<Role, string> = {
  officer: '示例经办员',
  'business-head': '示例业务负责人',
  finance: '示例财务',
  director: '示例经办机构负责人',
  cashier: '示例出纳',
  accountant: '示例会计',
  preparer: '示例制单员',
  operator: '示例操作员',
  compliance: '示例合规员',
};

/**
 * One made-up person per role, for a folder without staff.csv: ids like `650500-officer`, no limit of dates. Where claims are paid,
 * a second one of finance confirms transfers from the fiscal deposit, who decides nothing on them.
 */
export function exampleStaff(regionCode: string, { paysClaims = false } = {}): Staff[] {
  const staff: Staff[] = ROLES.map((role) => ({
    person: `${regionCode}-${role}`,
    name: EXAMPLE_NAMES[role],
    roles: [role],
  }));
  const treasury: Staff = { person: `${regionCode}-treasury`, name: '示例财政局经办', roles: ['finance'] };
  return paysClaims ? [...staff, treasury] : staff;
}
