import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireClosedBodies } from '../../db/body-changes';
import { postJournals } from '../../db/ledger';
import { caseIds } from '../../domain/ids';
import { period } from '../../domain/plain-date';
import { confirmOne } from '../../operator/commands/confirm-statement';
import { importRegion } from '../../operator/commands/import-region';
import { choosePolicies } from '../../operator/files/policy-choice';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, nonZeroBalances, refusalOf, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';
import { refusalOfAsync } from '../support/refusal';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// Through whom an institution settles changes only when nothing of it is open (新医保发〔2025〕50号 四(一); DESIGN 5.1).

const APRIL = period('2026-04');
const POLICIES = join(__dirname, '../../policies');

describe('an institution that settles for itself', () => {
  let database: TestDatabase;
  let BODY: string;
  let OTHER: string;
  let member: { institution: string; body: string };
  beforeAll(async () => {
    database = await createTestDatabase();
    const region = await saveWindowRegion(database.owner);
    member = region.members[0]!;
    [BODY, OTHER] = region.bodies.filter((body) => body !== member.body) as [string, string];
  });
  afterAll(() => database.drop());

  const change = (institution: string, settlesThrough: string | undefined) =>
    database.owner.transaction((trx) => requireClosedBodies(trx, REGION, [{ institution, settlesThrough }]));
  const whatIsOpen = async (institution: string, settlesThrough: string | undefined) => {
    const refusal = await refusalOfAsync(() => change(institution, settlesThrough));
    expect(refusal.code).toBe('SettlementBodyOpen');
    return refusal.details.open;
  };

  it('may become a member while nothing of it is open, or stay what it is with everything open', async () => {
    await change(BODY, OTHER);
    await change(member.institution, undefined);
    await fund(database.app, OTHER, { own: 1n });
    await change(OTHER, undefined);
    await change(member.institution, OTHER);
  });

  it('does not become one with open lines, money, payments that are not paid or a breach', async () => {
    const { app, owner } = database;
    await acceptLines(app, [
      { line: 'L1', body: BODY, enterprise: 'E0001', amountFen: 10_000n },
      { line: 'L2', body: BODY, enterprise: 'E0002', amountFen: 2_500n },
    ]);
    expect(await whatIsOpen(BODY, OTHER)).toEqual([{ institution: BODY, item: 'lines', count: 2, amount: '125.00' }]);
    await fund(app, BODY, { prepayment: 4_000n, own: 9_000n });
    expect(await whatIsOpen(BODY, OTHER)).toEqual([
      { institution: BODY, item: 'lines', count: 2, amount: '125.00' },
      { institution: BODY, item: 'money', count: 1, amount: '130.00' },
    ]);
    await confirmOne(windowContext(app, '2026-04-10'), {
      region: REGION,
      period: APRIL,
      institution: BODY,
      person: BODY,
    });
    expect(await whatIsOpen(BODY, OTHER)).toEqual([
      { institution: BODY, item: 'money', count: 1, amount: '5.00' },
      { institution: BODY, item: 'statements', count: 2, amount: '125.00' },
    ]);
    await writeByHand(owner, 'settle.breaches', (trx) =>
      trx('settle.breaches').insert({
        case_id: caseIds.breach(BODY, 'late-reconciliation', period('2026-03')),
        region: REGION,
        institution: BODY,
        kind: 'late-reconciliation',
        period: '2026-03',
        notice_on: '2026-04-21',
        deadline: '2026-05-20',
        suspends_on: '2026-05-21',
      }),
    );
    expect(await whatIsOpen(BODY, OTHER)).toContainEqual({
      institution: BODY,
      item: 'breaches',
      count: 1,
      amount: '0.00',
    });
    expect(await nonZeroBalances(app)).toMatchObject({ [`supervised/ledger/${BODY}/own`]: -500n });
  });

  it('nor does a member leave its body with open lines of its own; with those of others it does', async () => {
    const { app } = database;
    const { institution, body } = member;
    await acceptLines(app, [{ line: 'L3', body, enterprise: 'E0001', amountFen: 100n }]);
    await change(institution, undefined);
    await acceptLines(app, [{ line: 'L4', body, institution, enterprise: 'E0001', amountFen: 300n }]);
    expect(await whatIsOpen(institution, undefined)).toEqual([
      { institution, item: 'lines', count: 1, amount: '3.00' },
    ]);
  });

  it('does not become one with prepayment to give back', async () => {
    await postJournals(database.app, REGION, [
      journal('示例/sent', 'disbursement-sent', [
        transfer(`fund/advance/vbp/employee/${OTHER}/2026`, `fund/transit/employee/${OTHER}`, 60_000n),
      ]),
    ]);
    expect(await whatIsOpen(OTHER, BODY)).toEqual([
      { institution: OTHER, item: 'advances', count: 1, amount: '600.00' },
      { institution: OTHER, item: 'money', count: 1, amount: '0.01' },
    ]);
  });
});

describe('the import of a region folder', () => {
  it('is refused whole, on trial too, and tells what is open; once nothing is, it is taken', async () => {
    const database = await createTestDatabase();
    const dir = join(mkdtempSync(join(tmpdir(), 'settle-')), '650500');
    try {
      cpSync(join(__dirname, '../../rehearsal/sample/650500'), dir, { recursive: true });
      const context = windowContext(database.app, '2026-04-10');
      const input = { dir, choice: await choosePolicies(POLICIES, []), calendars: publishedYears(), replace: true };
      await importRegion(context, database.owner, { ...input, dryRun: false });
      const path = join(dir, 'institutions.csv');
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.replace(/^(H65050200003,.*,(?:true|false)),,/m, '$1,H65050200001,'));
      const line = { line: 'L1', body: 'H65050200003', enterprise: 'E0001', amountFen: 10_000n };
      await acceptLines(database.app, [line]);
      const refused = (dryRun: boolean) => refusalOf(importRegion(context, database.owner, { ...input, dryRun }));
      expect(await refused(true)).toBe('SettlementBodyOpen');
      expect(await refused(false)).toBe('SettlementBodyOpen');
      const through = () =>
        database.app('settle.institutions').where({ institution: 'H65050200003' }).pluck('settles_through');
      expect(await through()).toEqual([null]);
      const lines = await database.app('settle.application_lines').pluck('line_id');
      await database.app('settle.line_disputes').insert({
        line_id: lines[0],
        period: '2026-04',
        reason: '示例',
        on_date: '2026-04-10',
        at_time: '10:00',
        person: 'H65050200003',
      });
      const { changes } = await importRegion(context, database.owner, { ...input, dryRun: false });
      expect(changes).toMatchObject([{ change: 'changed', kind: 'institution', id: 'H65050200003' }]);
      expect(await through()).toEqual(['H65050200001']);
    } finally {
      rmSync(join(dir, '..'), { recursive: true, force: true });
      await database.drop();
    }
  });
});
