import type { Knex } from 'knex';
import { Phase } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { caseIds } from '../../domain/ids';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { exampleStaff, type Region } from '../../domain/region';
import { createPolicyBook } from '../../domain/policy';
import { openingJournals } from '../../operator/commands/opening';
import { balances, postJournals } from '../../db/ledger';
import { saveRegion } from '../../db/register';
import { writeByHand } from './by-hand';
import type { TestDatabase } from './database';
import { publishedPolicy } from './published';
import { regionOf, type TestStage } from './stage';

/** Regions under Suqian's scheme with hospitals whose spending, standing and claims are given by hand. */
export const hospitalOf = (code: string, number = 1): string => `H${code}0000${number}`;

export interface FundRegionOptions {
  hospitals?: number;
  cashFen?: bigint;
  depositFen?: bigint;
  /** Also under the breach rules of Xinjiang, so that suspension bites. */
  policies?: readonly string[];
}

const POOLS: readonly Pool[] = ['employee', 'resident', 'employee-personal'];

export function fundRegionOf(code: string, options: FundRegionOptions = {}): Region {
  const { hospitals = 1, cashFen = 1_000_000_000n, depositFen = 0n, policies = ['suqian-2025'] } = options;
  const numbers = Array.from({ length: hospitals }, (_, index) => index + 1);
  const region = regionOf(
    code,
    numbers.map((number) => ({ institution: hospitalOf(code, number), baseFen: 0n })),
  );
  return {
    ...region,
    policies,
    funds: POOLS.map((pool) => ({ pool, cashFen, fiscalDepositFen: depositFen, prepaymentBudgetFen: 0n })),
    purchases: [],
    // The finance department's person decides on no request of the agency.
    staff: [...exampleStaff(code), { person: `${code}-treasury`, name: '示例财政局经办', roles: ['finance'] }],
  };
}

/** A region with its books opened on 1 January 2026, on a database that has the policy; hospital 1 was paid 1,200.00 in 2025. */
export async function openFundRegion(
  { owner, app }: TestDatabase,
  code: string,
  options: FundRegionOptions = {},
  spending: Parameters<typeof endowFund>[2] = [{ amountFen: 120_000n }],
): Promise<void> {
  const region = fundRegionOf(code, { hospitals: 2, ...options });
  const policies = [...(options.policies ?? ['suqian-2025'])];
  await saveRegion(owner, region, { policies, provisionalCalendar: false });
  const book = createPolicyBook(policies.map((id) => publishedPolicy(id)));
  await postJournals(app, code, openingJournals(region, book, policies, plainDate('2026-01-01')));
  if (spending.length > 0) await endowFund(owner, code, spending);
}

/** What the pools paid a hospital in 2025, and that it is in good standing; twelve times 100,000 is 30,000 a month. */
export async function endowFund(
  owner: Knex,
  code: string,
  spending: readonly { number?: number; pool?: Pool; amountFen: bigint }[],
  standing: Record<number, object> = {},
): Promise<void> {
  await owner('settle.spending').insert(
    spending.map(({ number = 1, pool = 'employee', amountFen }) => ({
      region: code,
      year: 2025,
      institution: hospitalOf(code, number),
      pool,
      amount_fen: amountFen,
    })),
  );
  await owner('settle.standings').insert(
    [...new Set(spending.map(({ number = 1 }) => number))].map((number) => ({
      region: code,
      institution: hospitalOf(code, number),
      known_from: '2025-01-01',
      score: 90,
      major_violation_on: null,
      traceability: true,
      active: true,
      cooperates: true,
      agreement_kept: true,
      recorded_by: '示例',
      ...standing[number],
    })),
  );
}

export interface ClaimOf {
  number?: number;
  pool?: Pool;
  declaredFen: bigint;
  deductedFen?: bigint;
  payingRegion?: string;
}

/** Claims of a month as an import leaves them. */
export async function claim(owner: Knex, code: string, period: string, claims: readonly ClaimOf[]): Promise<void> {
  await owner('settle.claims').insert(
    claims.map(({ number = 1, pool = 'employee', declaredFen, deductedFen = 0n, payingRegion = code }) => ({
      region: code,
      period,
      institution: hospitalOf(code, number),
      pool,
      paying_region: payingRegion,
      declared_fen: declaredFen,
      deducted_fen: deductedFen,
    })),
  );
}

/** 初审 and 复核 of a month's claims on one day, by two people. */
export async function review(owner: Knex, code: string, period: string, on: string): Promise<void> {
  const total = await owner('settle.claims')
    .where({ region: code, period })
    .first(owner.raw('count(*)::int as claims'), owner.raw('coalesce(sum(deducted_fen), 0)::bigint as deducted'));
  for (const [step, role] of [
    ['first-review', 'officer'],
    ['re-check', 'business-head'],
  ])
    await owner('settle.claim_reviews').insert({
      region: code,
      period,
      step,
      claims: total.claims,
      deducted_fen: total.deducted,
      person: `${code}-${role}`,
      reviewed_on: on,
      at_time: '10:00',
    });
}

/** A breach of a hospital that suspends it from a day until it is corrected. */
export async function suspend(
  owner: Knex,
  code: string,
  { number = 1, from, correctedOn }: { number?: number; from: string; correctedOn?: string },
): Promise<string> {
  const caseId = caseIds.breach(hospitalOf(code, number), 'prepayment-not-returned', toPeriod(from.slice(0, 7)));
  await writeByHand(owner, 'settle.breaches', (trx) =>
    trx('settle.breaches').insert({
      case_id: caseId,
      region: code,
      institution: hospitalOf(code, number),
      kind: 'prepayment-not-returned',
      period: from.slice(0, 7),
      notice_on: '2025-12-01',
      deadline: '2025-12-15',
      suspends_on: from,
      corrected_on: correctedOn ?? null,
      corrected_by: correctedOn ? 'engine' : null,
    }),
  );
  return caseId;
}

/** Starts a month's fund on the 1st at midnight, as the calendar does. */
export async function startFund(play: TestStage, code: string, period: string): Promise<string> {
  const caseId = caseIds.fund(code, toPeriod(period));
  const start = { date: plainDate(`${period}-01`), phase: Phase.Deadline };
  play.setClock(start.date, start.phase);
  await play.machine.start(
    { caseId, workflowType: 'monthlyFund', kind: 'fund', input: { region: code, period } },
    barrierMs(start),
  );
  await play.settle(caseId);
  return caseId;
}

/** Balances of the fund book that are not zero, without the opening. */
export async function fundBalances(db: Knex, code: string): Promise<Record<string, bigint>> {
  const all = await balances(db, code);
  return Object.fromEntries(
    all
      .filter(({ account, balanceFen }) => balanceFen !== 0n && !account.startsWith('fund/opening'))
      .map(({ account, balanceFen }) => [account, balanceFen]),
  );
}
