import { verify } from '../../db/verify';
import { period } from '../../domain/plain-date';
import { confirm, confirmOne, previewStatements } from '../../operator/commands/confirm-statement';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { nonZeroBalances, refusalOf } from '../support/ledger';
import { acceptLines, fileLetter, fund, REGION, saveWindowRegion, windowContext, type LineOf } from '../support/window';

// Confirmation per settlement body (新医保发〔2025〕50号 四(二); DESIGN 5.2), against numbers worked out by hand.

const APRIL = period('2026-04');
let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let bodies: string[];
let BODY: string;
let OTHER: string;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ bodies } = await saveWindowRegion(database.owner));
  [BODY, OTHER] = bodies as [string, string];
  context = windowContext(database.app, '2026-04-10');
});
afterEach(() => database.drop());

const line = (id: string, enterprise: string, amountFen: bigint, more: Partial<LineOf> = {}): LineOf => ({
  line: id,
  body: BODY,
  enterprise,
  amountFen,
  ...more,
});

const states = async (): Promise<Record<string, string>> => {
  const rows = await database.app('settle.line_states').orderBy('line_id').select('line', 'state');
  return Object.fromEntries(rows.map((row) => [row.line, row.state]));
};

/** E0001: 100.00 + 50.00 − 20.00 = 130.00; E0002: 30.00 − 30.00 = 0.00, carried; E0003: 70.00. */
async function handLines(): Promise<void> {
  await acceptLines(database.app, [
    line('L1', 'E0001', 10_000n),
    line('L2', 'E0001', 5_000n),
    line('L3', 'E0001', -2_000n),
    line('L4', 'E0002', 3_000n),
    line('L5', 'E0002', -3_000n),
    line('L6', 'E0003', 7_000n),
  ]);
}

const confirmBody = (institution = BODY) =>
  confirmOne(context, { region: REGION, period: APRIL, institution, person: institution });

describe('a confirmation', () => {
  it('reserves prepayment first, then own money, enterprises in code order, and settles the lines of positive nets', async () => {
    await handLines();
    await fund(database.app, BODY, { prepayment: 15_000n, own: 6_000n });
    // 130.00 to E0001 from prepayment; E0003's 70.00: the last 20.00 of prepayment and 50.00 of its own.
    expect(await confirmBody()).toMatchObject({
      outcome: 'confirmed',
      revision: 1,
      again: false,
      grossFen: 22_000n,
      creditsFen: -2_000n,
      netFen: 20_000n,
      fromPrepaymentFen: 15_000n,
      fromOwnFen: 5_000n,
      enterprises: [
        { enterprise: 'E0001', netFen: 13_000n, fromPrepaymentFen: 13_000n, fromOwnFen: 0n },
        { enterprise: 'E0003', netFen: 7_000n, fromPrepaymentFen: 2_000n, fromOwnFen: 5_000n },
      ],
      carried: [{ enterprise: 'E0002', netFen: 0n, lines: 2 }],
    });
    expect(await nonZeroBalances(database.app)).toEqual({
      'supervised/cash': 21_000n,
      [`supervised/ledger/${BODY}/own`]: -1_000n,
      [`supervised/payable/${BODY}/E0001`]: -13_000n,
      [`supervised/payable/${BODY}/E0003`]: -7_000n,
    });
    expect(await states()).toEqual({
      L1: 'settled',
      L2: 'settled',
      L3: 'settled',
      L4: 'open',
      L5: 'open',
      L6: 'settled',
    });
    expect(await database.app('ledger.journal').where({ event: 'confirm' }).select('key', 'reference', 'date')).toEqual([
      {
        key: `statement/650500/2026-04/${BODY}#1/confirm`,
        reference: `statement/650500/2026-04/${BODY}`,
        date: '2026-04-10',
      },
    ]);
  });
});
