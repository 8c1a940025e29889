import type { Client } from '@temporalio/client';
import pino from 'pino';
import { openCase } from '../../db/cases';
import { postJournals } from '../../db/ledger';
import { loadStandardDecisions } from '../../db/fund/standards';
import { savePolicy } from '../../db/register';
import { period, plainDate } from '../../domain/plain-date';
import { approveCollectionOf, proposeCollection, recordCollection } from '../../operator/commands/collect-balance';
import type { CommandContext } from '../../operator/commands/context';
import { approveStandard, proposeStandard } from '../../operator/commands/decide-standard';
import { withdrawDecision } from '../../operator/commands/withdraw-decision';
import { AT, PEOPLE, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, refusalOf, transfer } from '../support/ledger';
import { publishedPolicy } from '../support/published';

// Decisions on monthly funds: another ratio of the standard (宿迁 2025-06-13 三(二)1), and a balance that is collected (季度清算).

const FIRST = 'H65050000001';
const MAY = period('2026-05');
const POLICY = { ...publishedPolicy('suqian-2025'), sha256: '5'.repeat(64) };
let database: TestDatabase;
let context: CommandContext;

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  await savePolicy(database.owner, POLICY);
  await database.owner('settle.regions').update({ policies: ['suqian-2025'] });
  context = { db: database.app, client: {} as Client, log: pino({ level: 'silent' }), clock: { now: () => AT } };
});
afterEach(() => database.drop());

const propose = (change: Partial<Parameters<typeof proposeStandard>[1]> = {}) =>
  proposeStandard(context, {
    region: REGION,
    ratio: '0.35',
    fromPeriod: MAY,
    reason: '示例：基金运行平稳',
    person: PEOPLE.businessHead,
    ...change,
  });
const ID = `standard/${REGION}/2026-05/all/all`;
const approve = (person: string = PEOPLE.director) => approveStandard(context, { region: REGION, id: ID, person });

describe('another ratio of the monthly standard', () => {
  it('is proposed by a business head and counts from its month once a director has approved it', async () => {
    expect(await propose()).toMatchObject({ decisionId: ID, approvedBy: null });
    expect(await approve()).toMatchObject({ approvedBy: PEOPLE.director, approvedOn: AT.date });
    expect(await loadStandardDecisions(database.app, REGION)).toMatchObject([
      { ratio: '0.35', fromPeriod: '2026-05', institution: null, pool: null, approvedBy: PEOPLE.director },
    ]);
  });

  it('is never below the ratio of the policy, of a pool that is settled, with a reason, by the right person, once', async () => {
    expect(await refusalOf(propose({ ratio: '0.2999' }))).toBe('RatioTooLow');
    expect(await refusalOf(propose({ pool: 'employee-large' }))).toBe('UsageInvalid');
    expect(await refusalOf(propose({ reason: ' ' }))).toBe('ReasonMissing');
    expect(await refusalOf(propose({ person: PEOPLE.officer }))).toBe('ApprovalRoleMissing');
    expect(await refusalOf(propose({ institution: 'H65999900001' }))).toBe('NotFound');
    expect(await refusalOf(approve())).toBe('NotFound');
    await propose({ dryRun: true });
    await propose();
    expect(await refusalOf(propose({ ratio: '0.40' }))).toBe('IdempotencyConflict');
    expect(await refusalOf(approve(PEOPLE.officer))).toBe('ApprovalRoleMissing');
    await approve();
    expect(await refusalOf(approve())).toBe('AppendOnly');
  });

  it('does not change a month whose standard is worked out', async () => {
    await propose();
    await database.owner('settle.eligibility').insert({
      region: REGION,
      period: '2026-05',
      institution: FIRST,
      eligible: true,
      failed: [],
      results: '[]',
    });
    expect(await refusalOf(approve())).toBe('CaseStateInvalid');
    expect(await refusalOf(propose({ institution: FIRST }))).toBe('CaseStateInvalid');
    expect(await propose({ fromPeriod: period('2026-06') })).toMatchObject({ fromPeriod: '2026-06' });
  });

  it('is withdrawn with a reason while it is not approved, and may be proposed again then', async () => {
    const withdraw = (person: string, id = ID, reason = '示例：比例有误') =>
      withdrawDecision(context, { region: REGION, id, person, reason });
    expect(await refusalOf(withdraw(PEOPLE.businessHead))).toBe('NotFound');
    await propose({ ratio: '0.90' });
    expect(await refusalOf(withdraw(PEOPLE.officer))).toBe('ApprovalRoleMissing');
    expect(await refusalOf(withdraw(PEOPLE.businessHead, ID, ' '))).toBe('ReasonMissing');
    await withdraw(PEOPLE.businessHead);
    expect(await refusalOf(withdraw(PEOPLE.businessHead))).toBe('CaseStateInvalid');
    expect(await refusalOf(approve())).toBe('CaseStateInvalid');
    const { decisionId } = await propose();
    expect(decisionId).toBe(`${ID}/2`);
    expect(await refusalOf(propose())).toBe('IdempotencyConflict');
    await approveStandard(context, { region: REGION, id: decisionId, person: PEOPLE.director });
    expect(await refusalOf(withdraw(PEOPLE.director, decisionId))).toBe('CaseStateInvalid');
    expect(
      (await loadStandardDecisions(database.app, REGION)).map(({ ratio, approvedOn, withdrawnOn }) => [
        ratio,
        approvedOn,
        withdrawnOn,
      ]),
    ).toEqual([
      ['0.90', null, AT.date],
      ['0.35', AT.date, null],
    ]);
  });

  it('is kept to by the database when it is asked by raw SQL', async () => {
    await propose();
    const decided = database.app('settle.standard_decisions');
    const by = (person: string) => ({ approved_by: person, approved_on: AT.date });
    expect(await refusalOf(decided.clone().update(by(PEOPLE.businessHead)))).toBe('ApprovalByPreparer');
    expect(await refusalOf(decided.clone().update(by(PEOPLE.finance)))).toBe('ApprovalRoleMissing');
    expect(await refusalOf(decided.clone().update({ ratio: '0.9' }))).toBe('42501');
    await decided.clone().update(by(PEOPLE.director));
    expect(await refusalOf(database.owner('settle.standard_decisions').update({ ratio: '0.9' }))).toBe('AppendOnly');
    expect(await refusalOf(database.owner('settle.standard_decisions').delete())).toBe('AppendOnly');
  });
});

describe('a balance below zero', () => {
  const month = (change: object = {}) => ({
    region: REGION,
    period: '2026-01',
    institution: FIRST,
    pool: 'employee',
    payable_fen: 1_000n,
    preallocated_fen: 3_000n,
    carried_in_fen: 0n,
    paid_fen: 0n,
    held_fen: 0n,
    carried_out_fen: -2_000n,
    offset_fen: 1_000n,
    prepared_on: '2026-02-16',
    settled_on: '2026-02-16',
    ...change,
  });
  const collect = (amountFen?: bigint) =>
    proposeCollection(context, {
      region: REGION,
      institution: FIRST,
      pool: 'employee',
      ...(amountFen === undefined ? {} : { amountFen }),
      reason: '示例：退出即时结算',
      person: PEOPLE.businessHead,
    });
  const received = (id: string, receiptId = 'R1') =>
    recordCollection(context, {
      region: REGION,
      id,
      person: PEOPLE.accountant,
      receiptId,
      receivedOn: plainDate('2026-03-02'),
    });

  it('is collected after two people have decided it, and booked once: Dr cash, Cr the advance', async () => {
    const caseId = `fund/${REGION}/2026-01`;
    await openCase(database.app, { caseId, region: REGION, kind: 'fund', period: '2026-01', policy: POLICY, at: AT });
    const { settled_on: settledOn, ...worked } = month();
    await database.app('settle.settlements').insert(worked);
    await database.app('settle.settlements').update({ settled_on: settledOn });
    const advance = `fund/advance/instant/employee/${FIRST}`;
    await postJournals(database.app, REGION, [
      journal('opening', 'opening', [transfer('fund/cash/employee', 'fund/opening/employee', 10_000n)]),
      journal('sent', 'preallocation-sent', [transfer(advance, `fund/transit/employee/${FIRST}`, 2_000n)]),
    ]);
    expect(await refusalOf(collect(2_001n))).toBe('CaseStateInvalid');
    // One that was a mistake stands in nobody's way.
    const mistaken = { region: REGION, id: (await collect(1n)).collectionId, person: PEOPLE.director };
    await withdrawDecision(context, { ...mistaken, reason: '示例：金额有误' });
    expect(await refusalOf(approveCollectionOf(context, mistaken))).toBe('CaseStateInvalid');
    const { collectionId, amountFen } = await collect();
    expect(collectionId).toBe(`${mistaken.id}/2`);
    expect(amountFen).toBe(2_000n);
    expect(await refusalOf(collect(1n))).toBe('IdempotencyConflict');
    expect(await refusalOf(received(collectionId))).toBe('ApprovalIncomplete');
    const approving = (person: string) => approveCollectionOf(context, { region: REGION, id: collectionId, person });
    expect(await refusalOf(approving(PEOPLE.businessHead))).toBe('ApprovalRoleMissing');
    await approving(PEOPLE.director);
    expect(await received(collectionId)).toMatchObject({ receiptId: 'R1' });
    expect(await received(collectionId)).toMatchObject({ receiptId: 'R1' });
    expect(await refusalOf(received(collectionId, 'R2'))).toBe('IdempotencyConflict');
    const { rows } = await database.app.raw<{ rows: { path: string; balance: string }[] }>(
      `select a.path, b.balance_fen::text as balance from ledger.account a join ledger.balance b using (region, account_id)
        where a.path in (?, 'fund/cash/employee') order by 1`,
      [advance],
    );
    expect(rows).toEqual([
      { path: advance, balance: '0' },
      { path: 'fund/cash/employee', balance: '12000' },
    ]);
    const comeIn = { region: REGION, id: collectionId, person: PEOPLE.director, reason: '示例' };
    expect(await refusalOf(withdrawDecision(context, comeIn))).toBe('CaseStateInvalid');
    // Nothing is owed any more.
    expect(await refusalOf(collect())).toBe('CaseStateInvalid');
  });
});
