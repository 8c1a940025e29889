import type { Client } from '@temporalio/client';
import pino from 'pino';
import { createDisbursementActivities } from '../../activities/prepayment/disbursement';
import { postJournals } from '../../db/ledger';
import { loadApprovedRatios } from '../../db/ratio-decisions';
import { loadInstitutions, loadPurchases } from '../../db/register';
import { multiply } from '../../domain/money';
import { prepaymentBase, settlementBodies } from '../../domain/prepayment';
import type { CommandContext } from '../../operator/commands/context';
import { approveRatio, proposeRatio } from '../../operator/commands/decide-ratio';
import { AT, newCase, PEOPLE, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, refusalOf, transfer } from '../support/ledger';
import { publishedPolicy } from '../support/published';

// Another prepayment ratio by an approved decision with its reason (新医保发〔2025〕50号 四(一)).

const log = pino({ level: 'silent' });
let database: TestDatabase;
let context: CommandContext;
let body: string;
let member: string | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  context = { db: database.app, client: {} as Client, log, clock: { now: () => AT } };
  const bodies = settlementBodies(await loadInstitutions(database.app, REGION));
  const purchases = await loadPurchases(database.app, REGION, 2025);
  const bases = prepaymentBase(
    purchases,
    await loadInstitutions(database.app, REGION),
    publishedPolicy('xinjiang-2025-50').policy.prepayment!,
  );
  const institutions = await loadInstitutions(database.app, REGION);
  body = institutions.find(
    ({ institution, executesWell }) => executesWell && (bases.get(institution) ?? 0n) > 0n,
  )!.institution;
  member = [...bodies].find(([institution, through]) => institution !== through)?.[0];
});
afterEach(() => database.drop());

const propose = (change: Partial<Parameters<typeof proposeRatio>[1]> = {}) =>
  proposeRatio(context, {
    region: REGION,
    institution: body,
    year: 2026,
    ratio: '0.55',
    reason: '示例：线上采购率高',
    document: '示例12号',
    person: PEOPLE.businessHead,
    dryRun: false,
    ...change,
  });
const approve = (person: string = PEOPLE.director) =>
  approveRatio(context, { region: REGION, institution: body, year: 2026, person, dryRun: false });

describe('another ratio by decision', () => {
  it('counts once a director has approved it, and is what the prepayment is computed with', async () => {
    await propose();
    expect([...(await loadApprovedRatios(database.app, REGION, 2026))]).toEqual([]);
    await approve();
    const institutions = await loadInstitutions(database.app, REGION);
    const base = prepaymentBase(
      await loadPurchases(database.app, REGION, 2025),
      institutions,
      publishedPolicy('xinjiang-2025-50').policy.prepayment!,
    ).get(body)!;

    await postJournals(
      database.app,
      REGION,
      ['employee', 'resident', 'employee-large'].map((pool) =>
        journal(`opening/${pool}`, 'opening', [transfer(`fund/cash/${pool}`, `fund/opening/${pool}`, 10n ** 13n)]),
      ),
    );
    const caseId = await newCase(database.app);
    await createDisbursementActivities({
      db: database.app,
      bank: {} as never,
      log,
      heartbeat: () => undefined,
    }).prepareDisbursement({ caseId, at: AT, revision: 1 });
    const row = await database.app('settle.prepayments').where({ institution: body, year: 2026 }).first();
    expect([row.ratio, row.amount_fen]).toEqual(['0.55', multiply(base, '0.55')]);
    const told = await database
      .app('settle.case_events')
      .where({ case_id: caseId, event: 'ratio-by-decision' })
      .first();
    expect(told.detail).toBe(`${body}: 0.55, 示例：线上采购率高（示例12号）`);
  });

  it('is proposed once, by a business head, and approved by a director who did not propose it', async () => {
    expect(await refusalOf(propose({ person: PEOPLE.officer }))).toBe('ApprovalRoleMissing');
    expect(await refusalOf(approve())).toBe('NotFound');
    await propose();
    expect(await refusalOf(propose({ ratio: '0.6' }))).toBe('IdempotencyConflict');
    expect(await refusalOf(approve(PEOPLE.businessHead))).toBe('ApprovalRoleMissing');
    await approve();
    expect(await refusalOf(approve())).toBe('AppendOnly');
  });

  it('is nobody’s who only settles through another', async () => {
    const other = member ?? 'H65050099999';
    expect(await refusalOf(propose({ institution: other }))).toBe('NotSettlementBody');
  });

  it('is tried without a trace by a dry run', async () => {
    await propose({ dryRun: true });
    expect(await database.app('settle.ratio_decisions').first()).toBeUndefined();
  });

  it('keeps every attempt, refused ones too', async () => {
    await refusalOf(propose({ person: PEOPLE.officer }));
    const row = await database.app('settle.decision_attempts').where({ action: 'propose-ratio' }).first();
    expect(row.person).toBe(PEOPLE.officer);
  });

  describe('under raw SQL', () => {
    const raw = (change: object) =>
      database.app('settle.ratio_decisions').insert({
        region: REGION,
        institution: body,
        year: 2026,
        ratio: '0.9',
        reason: 'r',
        document: 'd',
        proposed_by: PEOPLE.businessHead,
        proposed_on: AT.date,
        ...change,
      });

    it('is not approved as it is proposed, nor by its proposer, nor changed or removed', async () => {
      expect(await refusalOf(raw({ approved_by: PEOPLE.director, approved_on: AT.date }))).toBe('ApprovalIncomplete');
      expect(await refusalOf(raw({ proposed_by: PEOPLE.cashier }))).toBe('ApprovalRoleMissing');
      await raw({});
      const update = (change: object) => database.owner('settle.ratio_decisions').update(change);
      expect(await refusalOf(update({ approved_by: PEOPLE.businessHead, approved_on: AT.date }))).toBe(
        'ApprovalByPreparer',
      );
      expect(await refusalOf(update({ ratio: '0.1' }))).toBe('AppendOnly');
      expect(await refusalOf(database.owner('settle.ratio_decisions').delete())).toBe('AppendOnly');
    });
  });
});
