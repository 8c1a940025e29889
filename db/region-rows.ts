import type { CatalogueListing, Region } from '../domain/region';
import type { Spending } from '../domain/fund/spending';
import { agencyAccounts } from './agency-accounts';

/** The rows of one table of a region's register. */
export interface RegisterTable {
  /** For people: `institution`. */
  name: string;
  table: string;
  /** What tells one row from another, besides the region. */
  key: readonly string[];
  rows: readonly Readonly<Record<string, unknown>>[];
}

export interface RegionOptions {
  policies: readonly string[];
  provisionalCalendar: boolean;
  /** A drug leaves it by the last day of its listing, not by being left out. */
  catalogue?: readonly CatalogueListing[];
  /** What each pool paid each institution in earlier years. */
  spending?: readonly Spending[];
}

/** A region's folder as rows, in an order in which they can be inserted: institutions that others settle through come first. */
export function regionRows(region: Region, options: RegionOptions): RegisterTable[] {
  return [
    ...places(region, options),
    ...peopleAndPurchases(region),
    catalogue(region, options),
    spending(region, options),
  ];
}

function places(region: Region, options: RegionOptions): RegisterTable[] {
  const { code } = region;
  const bodiesFirst = [...region.institutions].sort((a, b) => Number(!!a.settlesThrough) - Number(!!b.settlesThrough));
  return [
    {
      name: 'region',
      table: 'settle.regions',
      key: [],
      rows: [
        {
          region: code,
          name: region.name,
          policies: [...options.policies],
          provisional_calendar: options.provisionalCalendar,
          supervised_account: agencyAccounts.supervised(code),
        },
      ],
    },
    {
      name: 'fund',
      table: 'settle.funds',
      key: ['pool'],
      rows: region.funds.map((fund) => ({
        region: code,
        pool: fund.pool,
        account: agencyAccounts.fund(code, fund.pool),
        prepayment_budget_fen: fund.prepaymentBudgetFen,
      })),
    },
    {
      name: 'institution',
      table: 'settle.institutions',
      key: ['institution'],
      rows: bodiesFirst.map((row) => ({
        region: code,
        institution: row.institution,
        name: row.name,
        level: row.level,
        three_flows: row.threeFlows,
        executes_well: row.executesWell,
        settles_through: row.settlesThrough ?? null,
        account: row.account,
        bank_code: row.bankCode,
      })),
    },
    {
      name: 'enterprise',
      table: 'settle.enterprises',
      key: ['enterprise'],
      rows: region.enterprises.map((row) => ({
        region: code,
        enterprise: row.enterprise,
        name: row.name,
        account: row.account,
        bank_code: row.bankCode,
      })),
    },
  ];
}

function peopleAndPurchases({ code, purchases, staff }: Region): RegisterTable[] {
  return [
    {
      name: 'purchase',
      table: 'settle.purchases',
      key: ['year', 'row_no'],
      rows: purchases.map((row, index) => ({
        region: code,
        year: row.year,
        row_no: index + 1,
        institution: row.institution,
        category: row.category,
        channel: row.channel,
        amount_fen: row.amountFen,
      })),
    },
    {
      name: 'person',
      table: 'settle.staff',
      key: ['person'],
      rows: staff.map((row) => ({
        region: code,
        person: row.person,
        name: row.name,
        roles: [...row.roles],
        valid_from: row.from ?? null,
        valid_to: row.to ?? null,
      })),
    },
  ];
}

function catalogue({ code }: Region, options: RegionOptions): RegisterTable {
  return {
    name: 'catalogue',
    table: 'settle.catalogue',
    key: ['drug', 'category', 'valid_from'],
    rows: (options.catalogue ?? []).map(({ drug, category, from, to }) => ({
      region: code,
      drug,
      category,
      valid_from: from,
      valid_to: to ?? null,
    })),
  };
}

function spending({ code }: Region, options: RegionOptions): RegisterTable {
  return {
    name: 'spending',
    table: 'settle.spending',
    key: ['year', 'institution', 'pool'],
    rows: (options.spending ?? []).map(({ year, institution, pool, amountFen }) => ({
      region: code,
      year,
      institution,
      pool,
      amount_fen: amountFen,
    })),
  };
}
