import { z } from 'zod';
import { isPrepaymentPool, POOLS } from '../../../domain/pools';
import type { FundOpening } from '../../../domain/region';
import { regionCode, text, yuanOrMore } from '../cells';
import type { FileFindings } from '../findings';
import { checkYaml, readYaml, scalar } from '../yaml';

/** `region.yaml`: who the region is, which policies it names, and what each pool has when the year begins. */
export interface RegionYaml {
  readonly code: string;
  readonly name: string;
  readonly policies?: readonly string[];
  readonly funds: readonly FundOpening[];
}

const amount = scalar(yuanOrMore).optional();

const FUND = z.strictObject({
  pool: z.enum(POOLS),
  cash: amount,
  fiscalDeposit: amount,
  prepaymentBudget: amount,
});

const REGION = z.strictObject({
  code: scalar(regionCode),
  name: scalar(text),
  policies: z.array(scalar(text)).optional(),
  funds: z.array(FUND),
});

export async function readRegionYaml(path: string, findings: FileFindings): Promise<RegionYaml | undefined> {
  const source = await readYaml(path, findings);
  const region = source && checkYaml(source, REGION, findings);
  if (source === undefined || region === undefined) return undefined;
  const seen = new Set<string>();
  region.funds.forEach(({ pool, prepaymentBudget }, index) => {
    const place = { line: source.lineOf(['funds', index, 'pool']), column: `funds[${index}].pool` };
    if (seen.has(pool)) findings.add('duplicate', `the pool ${pool} stands twice in funds`, place);
    seen.add(pool);
    if (!isPrepaymentPool(pool) && (prepaymentBudget ?? 0n) > 0n) {
      findings.add('pool-not-prepaid', `${pool} has a prepaymentBudget; leave it out`, place);
    }
  });
  return {
    code: region.code,
    name: region.name,
    ...(region.policies === undefined ? {} : { policies: region.policies }),
    funds: region.funds.map((fund) => ({
      pool: fund.pool,
      cashFen: fund.cash ?? 0n,
      fiscalDepositFen: fund.fiscalDeposit ?? 0n,
      prepaymentBudgetFen: fund.prepaymentBudget ?? 0n,
    })),
  };
}
