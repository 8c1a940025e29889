import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { EMPTY_SCENARIO, type InstitutionScript, type Scenario } from '../../domain/scenario';
import type { Region } from '../../domain/region';
import { createConfirmationActors } from '../../rehearsal/actors/confirmations';
import type { Actors } from '../../rehearsal/actors/actors';
import { makeRegion } from '../../rehearsal/made-up-region';
import type { IncomingMoney } from '../../workers/bank-simulator/script-client';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// Institutions of a rehearsal in their windows (DESIGN 8): by default everything on the 10th, topping up exactly what is missing.

let database: TestDatabase;
let app: Knex.Transaction;
let context: ReturnType<typeof windowContext>;
let directory: string;
let paidIn: IncomingMoney[];
const region = makeRegion({ code: REGION, institutions: 4 });
const [A, B] = region.institutions.map(({ institution }) => institution).sort() as [string, string];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-actors-'));
  database = await createTestDatabase();
  await saveWindowRegion(database.owner, { institutions: 4, entrusted: false });
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

// Each test is taken back, so that every one begins with the same books.
beforeEach(async () => {
  app = await database.app.transaction();
  await acceptLines(app, [
    { line: 'L1', body: A, enterprise: 'E0001', amountFen: 10_000n },
    { line: 'L2', body: A, enterprise: 'E0002', amountFen: 500n },
    { line: 'M1', body: B, enterprise: 'E0001', amountFen: 4_000n },
  ]);
  await fund(app, A, { prepayment: 6_000n });
  paidIn = [];
});
afterEach(() => app.rollback());

const NOTHING: InstitutionScript = { return: {}, confirm: {}, topUp: {}, dispute: {}, correct: {}, forceMajeure: {} };

/** Scripts by body; months are plain text here. */
type Scripts = Record<string, { [K in keyof InstitutionScript]?: Record<string, unknown> }>;

function actors(scripts: Scripts = {}, files: Partial<Region['files']> = {}): Actors {
  context = windowContext(app, '2026-03-01');
  const institutions = Object.fromEntries(
    Object.entries(scripts).map(([body, each]) => [body, { ...NOTHING, ...each } as InstitutionScript]),
  );
  const scenario: Scenario = { ...EMPTY_SCENARIO, institutions };
  return createConfirmationActors({
    context,
    scenario,
    bank: { openAccounts: () => Promise.resolve(), credit: async (credits) => void paidIn.push(...credits) },
    regions: [{ ...region, files: { ...region.files, ...files } }],
  });
}

async function days(people: Actors, ...dates: string[]): Promise<void> {
  for (const date of dates) {
    context.setDay(date);
    await people.act({ date: plainDate(date), phase: Phase.PeopleAct });
  }
}

const statements = (): Promise<object[]> =>
  app('settle.statements')
    .orderBy(['period', 'institution'])
    .select(
      'institution',
      'period',
      'net_fen',
      'from_prepayment_fen',
      'from_own_fen',
      'top_up_fen',
      'confirmed_on',
      'confirmed_by',
    );

const statement = (institution: string, change: object) => ({
  institution,
  period: '2026-04',
  confirmed_on: '2026-04-10',
  confirmed_by: institution,
  ...change,
});
const OF_A = { net_fen: 10_500n, from_prepayment_fen: 6_000n, from_own_fen: 4_500n, top_up_fen: 4_500n };
const OF_B = { net_fen: 4_000n, from_prepayment_fen: 0n, from_own_fen: 4_000n, top_up_fen: 4_000n };

describe('institutions without a script', () => {
  it('file a letter each before the first window, top up exactly what is missing and confirm on the 10th, once', async () => {
    const people = actors();
    await days(people, '2026-02-27');
    expect(await app('settle.entrustments')).toEqual([]);
    await days(people, '2026-03-01');
    expect(await app('settle.entrustments').pluck('valid_from')).toEqual(Array(4).fill('2026-03-01'));
    await days(people, '2026-04-09');
    expect(await statements()).toEqual([]);
    await days(people, '2026-04-10', '2026-04-10', '2026-04-11');
    expect(await statements()).toEqual([statement(A, OF_A), statement(B, OF_B)]);
    expect(
      paidIn.map(({ payerName, amountFen, bookedOn, account }) => [payerName, amountFen, bookedOn, account]),
    ).toEqual([
      [A, 4_500n, '2026-04-10', `${REGION}-SUPERVISED`],
      [B, 4_000n, '2026-04-10', `${REGION}-SUPERVISED`],
    ]);
  });

  it('say when they act next', async () => {
    const points = await actors().nextPoints({ date: plainDate('2026-04-11'), phase: Phase.PeopleAct });
    expect(points).toContainEqual({ date: '2026-05-10', phase: Phase.PeopleAct });
  });

  it('do nothing but at the hour at which people act', async () => {
    const people = actors();
    context.setDay('2026-04-10');
    expect(await people.act({ date: plainDate('2026-04-10'), phase: Phase.RunsStart })).toBe(false);
  });
});

describe('institutions with a script', () => {
  it('confirm on another day, or never', async () => {
    const people = actors({
      [A]: { confirm: { '2026-04': plainDate('2026-04-19') } },
      [B]: { confirm: { '2026-04': 'never' } },
    });
    await days(people, '2026-04-10', '2026-04-19', '2026-04-20');
    expect(await statements()).toEqual([statement(A, { ...OF_A, confirmed_on: '2026-04-19' })]);
  });

  it('that missed a window make it good with the next one', async () => {
    const people = actors({ [B]: { confirm: { '2026-04': 'never' } } });
    await days(people, '2026-04-10', '2026-05-10');
    expect(await statements()).toEqual([
      statement(A, OF_A),
      statement(B, { ...OF_B, period: '2026-05', confirmed_on: '2026-05-10' }),
    ]);
  });

  it('make it good on a day of their own within the next window', async () => {
    const people = actors({
      [B]: { confirm: { '2026-04': 'never' }, correct: { 'late-reconciliation/2026-04': plainDate('2026-05-08') } },
    });
    await days(people, '2026-04-10', '2026-05-08', '2026-05-10');
    expect(await statements()).toEqual([
      statement(A, OF_A),
      statement(B, { ...OF_B, period: '2026-05', confirmed_on: '2026-05-08' }),
    ]);
  });

  it('try without the money and are refused', async () => {
    await days(actors({ [A]: { topUp: { '2026-04': 'never' } } }), '2026-04-10');
    expect(await statements()).toEqual([statement(B, OF_B)]);
    expect(
      await app('settle.refused_confirmations').select('institution', 'code', 'needed_fen', 'available_fen'),
    ).toEqual([{ institution: A, code: 'ConfirmationUnfunded', needed_fen: 10_500n, available_fen: 6_000n }]);
  });

  it('dispute before they confirm; lines that are not open are passed over', async () => {
    await days(actors({ [A]: { dispute: { '2026-04': ['L2', 'M1', 'L9'] } } }), '2026-04-10');
    expect(await statements()).toMatchObject([{ institution: A, net_fen: 10_000n }, { institution: B }]);
    expect(await app('settle.line_states').where({ state: 'disputed' }).pluck('line')).toEqual(['L2']);
  });

  it('that come after the window has closed come in vain', async () => {
    const people = actors({ [A]: { confirm: { '2026-04': plainDate('2026-04-25') } } });
    await days(people, '2026-04-10', '2026-04-25');
    expect(await statements()).toEqual([statement(B, OF_B)]);
  });
});

describe('a region folder with letters', () => {
  it('brings those that there are; who has none is refused', async () => {
    const entrustments = join(directory, 'entrustments.csv');
    writeFileSync(entrustments, `institution,number,from,to,sha256\n${A},W1,2026-04-01,2026-12-31,${'a'.repeat(64)}\n`);
    await days(actors({}, { entrustments }), '2026-04-10');
    expect(await statements()).toMatchObject([{ institution: A }]);
    expect(await app('settle.refused_confirmations').select('institution', 'code')).toEqual([
      { institution: B, code: 'EntrustmentMissing' },
    ]);
    expect(await app('settle.entrustments').pluck('number')).toEqual(['W1']);
  });
});
