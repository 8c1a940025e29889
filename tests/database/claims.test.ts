import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import pino from 'pino';
import { findClaimFile, loadClaims, loadReviews } from '../../db/fund/claims';
import { savePolicy } from '../../db/register';
import type { Deduction, ReviewStep } from '../../domain/fund/claims';
import { plainDate, period as toPeriod } from '../../domain/plain-date';
import type { CommandContext } from '../../operator/commands/context';
import { importClaims } from '../../operator/commands/import-claims';
import { reviewClaims } from '../../operator/commands/review-claims';
import { PEOPLE, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { publishedPolicy } from '../support/published';

// Claims of a month come in, and are reviewed and re-checked by two people (宿迁 2025-06-13 三(一)).

const log = pino({ level: 'silent' });
const PERIOD = toPeriod('2026-04');
const MONTH = { region: REGION, period: PERIOD };
const FIRST = 'H65050000001';
const SECOND = 'H65050000002';
const HEADER = 'institution,pool,declared,deducted,paying_region';
/** SQLSTATE of a missing privilege. */
const FORBIDDEN = '42501';
let database: TestDatabase;
let context: CommandContext;
let today: string;
let directory: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  await savePolicy(database.owner, { ...publishedPolicy('suqian-2025'), sha256: '5'.repeat(64) });
  await database.owner('settle.regions').update({ policies: ['suqian-2025'] });
  today = '2026-05-06';
  const clock = { now: () => ({ date: plainDate(today), time: '10:00' }) };
  context = { db: database.app, client: {} as Client, log, clock };
  directory = mkdtempSync(join(tmpdir(), 'settle-claims-'));
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await database.drop();
});

function claimsFile(...rows: string[]): string {
  const path = join(directory, `claims-${PERIOD}.csv`);
  writeFileSync(path, `${[HEADER, ...rows].join('\n')}\n`);
  return path;
}
const TWO = [`${FIRST},employee,1000.00,0,`, `${SECOND},resident,500.50,0.50,650400`];
const take = (rows: string[] = TWO, options: { replace?: boolean; dryRun?: boolean } = {}) =>
  importClaims(context, claimsFile(...rows), { region: REGION, person: PEOPLE.officer, ...options });
const review = (step: ReviewStep, person: string, deductions: Deduction[] = []) =>
  reviewClaims(context, { ...MONTH, step, person, deductions });
const deduction = (fen: bigint, institution = FIRST): Deduction => ({
  institution,
  pool: 'employee',
  deductedFen: fen,
  reason: '示例：超限定支付范围',
});

describe('claims of a month', () => {
  it('are imported by an officer or operator, and who tried is recorded', async () => {
    const path = claimsFile(...TWO);
    const refused = importClaims(context, path, { region: REGION, person: PEOPLE.cashier });
    expect(await refusalOf(refused)).toBe('RecorderRoleMissing');
    const attempts = database
      .app('settle.decision_attempts')
      .join('settle.decision_outcomes', 'decision_outcomes.attempt_id', 'decision_attempts.attempt_id');
    expect(await attempts.select('person', 'action', 'outcome')).toEqual([
      { person: PEOPLE.cashier, action: 'import-claims', outcome: 'RecorderRoleMissing' },
    ]);
  });

  it('are kept by institution, pool and paying region, the own region where none is named', async () => {
    const taken = await take();
    expect(taken).toMatchObject({ claims: 2, institutions: 2, declaredFen: 150_050n, deductedFen: 50n });
    expect(await loadClaims(database.app, MONTH)).toEqual([
      {
        institution: FIRST,
        pool: 'employee',
        payingRegion: REGION,
        declaredFen: 100_000n,
        deductedFen: 0n,
        reason: '',
      },
      {
        institution: SECOND,
        pool: 'resident',
        payingRegion: '650400',
        declaredFen: 50_050n,
        deductedFen: 50n,
        reason: '随申报文件',
      },
    ]);
  });

  it('stand once in a file, also where one row names the own region: nothing of a file that repeats one is taken', async () => {
    const repeated = importClaims(context, claimsFile(...TWO, `${FIRST},employee,1000.00,0,${REGION}`), {
      region: REGION,
      person: PEOPLE.officer,
    });
    await expect(repeated).rejects.toMatchObject({
      code: 'FileInvalid',
      message: expect.stringContaining('twice') as string,
    });
    expect(await loadClaims(database.app, MONTH)).toEqual([]);
  });

  it('come in once: the same bytes again change nothing, other content is refused, or takes their place when asked to', async () => {
    await take();
    expect(await take()).toMatchObject({ repeated: true });
    const other = [`${FIRST},employee,900.00,0,`];
    expect(await refusalOf(take(other))).toBe('IdempotencyConflict');
    expect(await take(other, { replace: true, dryRun: true })).toMatchObject({ replaced: true });
    expect(await loadClaims(database.app, MONTH)).toHaveLength(2);
    expect(await take(other, { replace: true })).toMatchObject({ replaced: true, reviewVoided: false });
    expect((await loadClaims(database.app, MONTH)).map(({ declaredFen }) => declaredFen)).toEqual([90_000n]);
    expect(await database.app('settle.replaced_claims').where(MONTH)).toHaveLength(2);
  });

  it('come when the month is over, to somebody who may import', async () => {
    today = '2026-04-30';
    expect(await refusalOf(take())).toBe('OutsideWindow');
    today = '2026-05-01';
    const path = claimsFile(...TWO);
    expect(await refusalOf(importClaims(context, path, { region: REGION, person: PEOPLE.finance }))).toBe(
      'RecorderRoleMissing',
    );
    expect(await take()).toMatchObject({ claims: 2 });
  });

  it.each([
    ['an institution of another region', 'H65999900001,employee,1.00,0,'],
    ['a pool that the policy does not settle', `${FIRST},employee-large,1.00,0,`],
    ['more deducted than declared', `${FIRST},employee,1.00,1.01,`],
  ])('are refused as a whole for %s', async (_, row) => {
    expect(await refusalOf(take([...TWO, row]))).toBe('FileInvalid');
    expect(await loadClaims(database.app, MONTH)).toEqual([]);
  });
});

describe('the review of claims', () => {
  it('is a first review and a re-check by two people, and each says what it takes off', async () => {
    await take();
    expect(await review('first-review', PEOPLE.officer, [deduction(10_000n)])).toMatchObject({
      claims: 2,
      deductedFen: 10_050n,
    });
    expect(await review('re-check', PEOPLE.businessHead, [deduction(2_500n)])).toMatchObject({ deductedFen: 2_550n });
    expect((await loadReviews(database.app, MONTH)).map(({ step, person }) => [step, person])).toEqual([
      ['first-review', PEOPLE.officer],
      ['re-check', PEOPLE.businessHead],
    ]);
    expect((await loadClaims(database.app, MONTH))[0]).toMatchObject({
      deductedFen: 2_500n,
      reason: '示例：超限定支付范围',
    });
  });

  it('is refused to the wrong person, out of order, twice, and without claims', async () => {
    expect(await refusalOf(review('first-review', PEOPLE.officer))).toBe('NotFound');
    await take();
    expect(await refusalOf(review('re-check', PEOPLE.businessHead))).toBe('ApprovalOutOfOrder');
    expect(await refusalOf(review('first-review', PEOPLE.finance))).toBe('ApprovalRoleMissing');
    await review('first-review', PEOPLE.threeHats);
    expect(await refusalOf(review('first-review', PEOPLE.officer))).toBe('ApprovalNotOpen');
    expect(await refusalOf(review('re-check', PEOPLE.threeHats))).toBe('ApprovalSamePerson');
    await review('re-check', PEOPLE.businessHead);
    expect(await refusalOf(review('re-check', PEOPLE.businessHead))).toBe('ApprovalNotOpen');
    const attempts = await database
      .app('settle.decision_attempts')
      .join('settle.decision_outcomes', 'decision_outcomes.attempt_id', 'decision_attempts.attempt_id')
      .where({ action: 'review-claims' })
      .select('outcome');
    expect(attempts.map(({ outcome }) => outcome as string).sort()).toEqual([
      'ApprovalNotOpen',
      'ApprovalNotOpen',
      'ApprovalOutOfOrder',
      'ApprovalRoleMissing',
      'ApprovalSamePerson',
      'NotFound',
      'accepted',
      'accepted',
    ]);
  });

  it('takes no more off a claim than it declares, off a claim that is there, with a reason', async () => {
    await take();
    expect(await refusalOf(review('first-review', PEOPLE.officer, [deduction(100_001n)]))).toBe('DeductionInvalid');
    expect(await refusalOf(review('first-review', PEOPLE.officer, [deduction(1n, SECOND)]))).toBe('DeductionInvalid');
    expect(await refusalOf(review('first-review', PEOPLE.officer, [{ ...deduction(1n), reason: ' ' }]))).toBe(
      'ReasonMissing',
    );
    expect(await loadReviews(database.app, MONTH)).toEqual([]);
  });

  it('takes off a claim once, with its region named or not', async () => {
    await take();
    const named = { ...deduction(1n), payingRegion: REGION };
    expect(await refusalOf(review('first-review', PEOPLE.officer, [deduction(1n), named]))).toBe('DeductionInvalid');
    expect(await loadReviews(database.app, MONTH)).toEqual([]);
  });

  it('is of the file that was read: another one that has come since is refused', async () => {
    await take();
    const { sha256 } = (await findClaimFile(database.app, MONTH))!;
    await take([TWO[0]!], { replace: true });
    const first = { ...MONTH, step: 'first-review' as const, person: PEOPLE.officer };
    expect(await refusalOf(reviewClaims(context, { ...first, sha256 }))).toBe('ApprovalContentChanged');
    const now = (await findClaimFile(database.app, MONTH))!.sha256;
    expect(await reviewClaims(context, { ...first, sha256: now })).toMatchObject({ sha256: now, claims: 1 });
  });

  it('is answered again under the same update id, as long as it counts', async () => {
    await take();
    const first = { ...MONTH, step: 'first-review' as const, person: PEOPLE.officer, updateId: 'review-1' };
    const done = await reviewClaims(context, first);
    today = '2026-05-07';
    expect(await reviewClaims(context, first)).toEqual(done);
    expect(await refusalOf(reviewClaims(context, { ...first, deductions: [deduction(1n)] }))).toBe(
      'IdempotencyConflict',
    );
    await take([TWO[0]!], { replace: true });
    expect(await refusalOf(reviewClaims(context, first))).toBe('IdempotencyConflict');
  });

  it('is of a file: another file before the re-check needs another first review, and none comes after it', async () => {
    await take();
    await review('first-review', PEOPLE.officer);
    expect(await take([TWO[0]!], { replace: true })).toMatchObject({ reviewVoided: true });
    expect(await refusalOf(review('re-check', PEOPLE.businessHead))).toBe('ApprovalOutOfOrder');
    await review('first-review', PEOPLE.officer);
    await review('re-check', PEOPLE.businessHead);
    expect(await refusalOf(take(TWO, { replace: true }))).toBe('CaseStateInvalid');
  });
});

describe('the database', () => {
  const row = { ...MONTH, reviewed_on: '2026-05-06', at_time: '10:00' };
  it('keeps to it when it is asked by raw SQL', async () => {
    const { app } = database;
    await take();
    await review('first-review', PEOPLE.threeHats);
    const recheck = (person: string, deductedFen: bigint) =>
      app('settle.claim_reviews').insert({ ...row, step: 're-check', claims: 2, deducted_fen: deductedFen, person });
    expect(await refusalOf(recheck(PEOPLE.threeHats, 50n))).toBe('ApprovalSamePerson');
    expect(await refusalOf(recheck(PEOPLE.officer, 50n))).toBe('ApprovalRoleMissing');
    // What it says it has seen is not what is there.
    expect(await refusalOf(recheck(PEOPLE.businessHead, 51n))).toBe('ApprovalContentChanged');
    await recheck(PEOPLE.businessHead, 50n);
    const [{ review_id: reviewId }] = await app('settle.claim_reviews').where({ step: 're-check' }).select('review_id');
    const late = { review_id: reviewId as bigint, institution: FIRST, pool: 'employee', paying_region: REGION };
    expect(await refusalOf(app('settle.claim_deductions').insert({ ...late, deducted_fen: 1n, reason: '示例' }))).toBe(
      'ApprovalNotOpen',
    );
    const claim = { ...MONTH, institution: FIRST, pool: 'resident', paying_region: REGION, declared_fen: 1n };
    expect(await refusalOf(app('settle.claims').insert(claim))).toBe('CaseStateInvalid');
    expect(await refusalOf(app('settle.claims').where(MONTH).delete())).toBe('CaseStateInvalid');
    expect(await refusalOf(app('settle.claims').update({ deducted_fen: 0n }))).toBe(FORBIDDEN);
    expect(await refusalOf(app('settle.claim_reviews').delete())).toBe(FORBIDDEN);
    const spending = { region: REGION, year: 2025, institution: FIRST, pool: 'employee', amount_fen: 1n };
    expect(await refusalOf(app('settle.spending').insert(spending))).toBe(FORBIDDEN);
  });
});
