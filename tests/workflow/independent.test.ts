import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { stringify } from 'yaml';
import { rehearse } from '../../rehearsal/rehearse';
import type { Summary } from '../../rehearsal/summary';
import { calculateYear, type Script } from '../independent/calculate';
import { makeFolder, type MadeUpFolder } from '../independent/made-up-folder';
import { yuan } from '../independent/days';

// A year of a made-up region with some 3,500 lines, all that can go wrong in it, and the same year by a calculation that
// shares no code with the engine (tests/independent): they agree to the fen and to the day.

const LINES_A_PERIOD = 350;
const SEED = 20_260_301;

/** What people and the bank do otherwise than on time; bodies by their place in the folder. */
function scriptOf({ bodies, goodLines }: MadeUpFolder): Script {
  const body = (index: number): string => bodies[index]!;
  const some = (index: number, period: string, count: number): string[] =>
    (goodLines.get(`${body(index)}/${period}`) ?? []).slice(0, count);
  return {
    institutions: {
      // Late with a return, and one that comes on Sunday 2026-05-31, after the month's last working day.
      [body(1)]: {
        return: { '2026-05': '2026-05-31', '2026-09': '2026-09-25' },
        confirm: { '2026-06': '2026-06-20', '2026-09': '2026-09-20' },
      },
      // Never confirms in May and June; June's comes with July's, after the deadline of neither.
      [body(2)]: { confirm: { '2026-05': 'never', '2026-06': 'never', '2026-07': '2026-07-20' } },
      // Agrees without the money; makes it good with the next window, or after the suspension has begun.
      [body(3)]: { topUp: { '2026-06': 'never', '2026-08': 'never' }, confirm: { '2026-09': 'never' } },
      // A return that never comes and one that comes after the suspension has begun.
      [body(4)]: {
        return: { '2026-07': 'never', '2026-10': 'never' },
        correct: { 'prepayment-not-returned/2026-07': '2026-09-10' },
      },
      // Disputes, and lines that come back corrected or as they were.
      [body(6)]: {
        dispute: {
          '2026-03': some(6, '2026-03', 3),
          '2026-05': some(6, '2026-05', 2),
          '2026-06': some(6, '2026-06', 1),
        },
      },
      [body(0)]: { dispute: { '2026-04': some(0, '2026-04', 9) } },
      // Excused, and a correction that an officer records.
      [body(7)]: {
        confirm: { '2026-04': 'never', '2026-10': 'never', '2026-11': 'never' },
        forceMajeure: { 'late-reconciliation/2026-04': '示例：洪水，证据12号' },
        correct: { 'late-reconciliation/2026-10': '2026-11-25' },
      },
      // Misses a window and makes it good on a day of its own in the next one.
      [body(8)]: { confirm: { '2026-07': 'never' }, correct: { 'late-reconciliation/2026-07': '2026-08-08' } },
      // Misses every window until December.
      [body(9)]: {
        confirm: Object.fromEntries(['08', '09', '10', '11'].map((month) => [`2026-${month}`, 'never'])),
        return: { '2026-11': '2026-12-02' },
      },
    },
    bank: [
      {
        period: '2026-04',
        institution: body(0),
        enterprise: 'E0001',
        outcome: 'rejected',
        retryOn: '2026-04-27',
      },
    ],
    enterprises: { E0007: { finding: { '2026-06': 'refused' }, performsOn: '2026-09-03' } },
  };
}

let directory: string;
let summary: Summary;
let expected: ReturnType<typeof calculateYear>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-independent-'));
  const folder = join(directory, 'region');
  const script = scriptOf(makeFolder(folder, SEED, LINES_A_PERIOD));
  writeFileSync(join(directory, 'scenario.yaml'), stringify(script));
  expected = calculateYear(folder, script);
  const result = await rehearse({
    regions: [folder],
    from: '2026-01',
    to: '2026-12',
    policies: [],
    scenario: join(directory, 'scenario.yaml'),
    seed: 7,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log: pino({ level: 'silent' }),
  });
  await result.stop();
  summary = result.summaries[0]!;
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Rows in one order, whatever order each side has them in. */
function ordered<T extends object>(rows: readonly T[]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))))
    .sort();
}

describe('a year that the engine settled and a calculation apart from it', () => {
  it('has something of everything', () => {
    const states = new Set(expected.breaches.map(({ kind, state }) => `${kind} ${state}`));
    expect([...states].sort()).toEqual([
      'late-reconciliation closed',
      'late-reconciliation resumed',
      'not-settled closed',
      'not-settled resumed',
      'prepayment-not-returned closed',
      'prepayment-not-returned resumed',
      'prepayment-not-returned suspended',
    ]);
    expect(new Set(expected.rejectedLines.map(({ code }) => code)).size).toBe(12);
    expect(expected.returns.some(({ fromUnused }) => fromUnused !== '0.00')).toBe(true);
    expect(expected.lines.disputed).not.toBe('0.00');
  });

  it.each(['prepayments', 'returns', 'rejectedLines', 'statements', 'payments', 'breaches'] as const)(
    'agrees on %s',
    (part) => {
      expect(ordered<object>(summary[part])).toEqual(ordered<object>(expected[part]));
    },
  );

  it('agrees on the sums of the lines', () => {
    expect(summary.lines).toEqual(expected.lines);
  });

  it("agrees on every institution's ledger", () => {
    const balanceOf = (account: string): string =>
      summary.balances.find((row) => row.account === account)?.balance ?? '0.00';
    for (const [body, { prepayment, own }] of Object.entries(expected.ledgers)) {
      expect([body, balanceOf(`supervised/ledger/${body}/prepayment`)]).toEqual([body, yuan(-prepayment)]);
      expect([body, balanceOf(`supervised/ledger/${body}/own`)]).toEqual([body, yuan(-own)]);
    }
  });

  it('keeps every invariant', () => {
    expect(summary.invariants.filter(({ ok }) => !ok)).toEqual([]);
  });
});
