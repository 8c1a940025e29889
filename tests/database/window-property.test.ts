import fc from 'fast-check';
import type { Knex } from 'knex';
import { openCase } from '../../db/cases';
import { balances } from '../../db/ledger';
import { reopenStatementParts } from '../../db/statement-reversal';
import type { ConfirmationOutcome } from '../../db/statements';
import { cancelledTogether } from '../../db/verify/cancelled-parts';
import { WINDOW_INVARIANTS } from '../../db/verify/window';
import { period, plainDate } from '../../domain/plain-date';
import { fundStatement } from '../../domain/window/funding';
import { netPerEnterprise, splitNets } from '../../domain/window/netting';
import { confirm } from '../../operator/commands/confirm-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { recordTopUps } from '../../operator/commands/record-top-up';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { publishedPolicy } from '../support/published';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';
import '../support/property-time';

// Whatever people do in whatever order: the set-based SQL does what the pure rules say, no line settles twice, nothing vanishes,
// and the settled money does not depend on who came first (DESIGN 5.2).

const MONTHS = ['2026-03', '2026-04', '2026-05'] as const;
const ENTERPRISES = ['E0001', 'E0002', 'E0003'];
const PREPAID = 3_000n;
const RUNS = 15;

let database: TestDatabase;
let bodies: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  ({ bodies } = await saveWindowRegion(database.owner, { institutions: 4 }));
  bodies = bodies.slice(0, 3);
  for (const body of bodies) await fund(database.app, body, { prepayment: PREPAID });
  const policy = publishedPolicy('xinjiang-2025-50');
  for (const month of MONTHS)
    await openCase(database.app, {
      caseId: `window/${REGION}/${month}`,
      region: REGION,
      kind: 'window',
      period: month,
      policy,
      at: { date: plainDate(`${month}-01`), time: '00:00' },
    });
});
afterAll(() => database.drop());

/** Each run is taken back, so that every one begins with the same books. */
async function takenBack<T>(work: (trx: Knex) => Promise<T>): Promise<T> {
  const done: { value?: T } = {};
  const end = new Error('taken back');
  await database.app
    .transaction(async (trx) => {
      done.value = await work(trx);
      throw end;
    })
    .catch((error: unknown) => {
      if (error !== end) throw error;
    });
  return done.value!;
}

const bodyIndex = fc.nat({ max: 2 });
const lineOf = fc.record({
  body: bodyIndex,
  enterprise: fc.constantFrom(...ENTERPRISES),
  amountFen: fc.bigInt({ min: -900n, max: 1_500n }),
});
type Line = typeof lineOf extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  fc.record({ kind: fc.constant('lines' as const), lines: fc.array(lineOf, { minLength: 1, maxLength: 8 }) }),
  fc.record({ kind: fc.constant('top-up' as const), body: bodyIndex, fen: fc.bigInt({ min: 1n, max: 2_000n }) }),
  fc.record({ kind: fc.constant('dispute' as const), body: bodyIndex, nth: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('confirm' as const), body: bodyIndex }),
  fc.record({ kind: fc.constant('confirm-all' as const) }),
  fc.record({ kind: fc.constant('withdraw' as const), body: bodyIndex }),
  fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('next-month' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Stored {
  line: string;
  body: string;
  enterprise: string;
  amount_fen: bigint;
  state: string;
}

const linesIn = (trx: Knex): Promise<Stored[]> =>
  trx('settle.line_states')
    .where({ region: REGION })
    .orderBy('line')
    .select('line', 'body', 'enterprise', 'amount_fen', 'state');

/** What the pure rules say of a body, over its open lines and its ledger. */
async function expectedOf(trx: Knex, body: string) {
  const open = (await linesIn(trx)).filter((each) => each.body === body && each.state === 'open');
  const { payable, carried } = splitNets(
    netPerEnterprise(open.map(({ enterprise, amount_fen }) => ({ enterprise, amountFen: amount_fen }))),
  );
  const held = Object.fromEntries((await balances(trx, REGION)).map((row) => [row.account, -row.balanceFen]));
  const available = {
    prepayment: held[`supervised/ledger/${body}/prepayment`] ?? 0n,
    own: held[`supervised/ledger/${body}/own`] ?? 0n,
  };
  return { payable, carried, funding: fundStatement(payable, available, ['prepayment', 'own']) };
}

type Expected = Awaited<ReturnType<typeof expectedOf>>;

function agrees(outcome: ConfirmationOutcome, { payable, carried, funding }: Expected): void {
  if (outcome.outcome === 'confirmed' && outcome.again) return;
  expect(outcome.carried).toEqual(carried);
  if (payable.length === 0) expect(outcome.outcome).toBe('nothing');
  else if (!funding.enough) expect(outcome).toMatchObject({ outcome: 'refused', missingFen: funding.missingFen });
  else
    expect(outcome).toMatchObject({
      outcome: 'confirmed',
      netFen: funding.neededFen,
      enterprises: funding.enterprises.map((part, index) => ({ ...payable[index], ...part })),
    });
}

/** Plays one step; refusals are part of the game. */
function createGame(trx: Knex) {
  let month = 0;
  let serial = 0;
  const context = windowContext(trx, `${MONTHS[0]}-10`);
  const window = () => ({ region: REGION, period: period(MONTHS[month]!) });

  async function accept(lines: readonly Line[]): Promise<void> {
    await acceptLines(
      trx,
      lines.map(({ body, ...rest }) => {
        serial += 1;
        return { ...rest, line: `L${String(serial).padStart(4, '0')}`, body: bodies[body]!, period: MONTHS[month]! };
      }),
    );
  }

  async function confirmThem(institutions: readonly string[]): Promise<void> {
    const expected = new Map<string, Expected>();
    for (const body of institutions) expected.set(body, await expectedOf(trx, body));
    for (const outcome of await confirm(context, { ...window(), institutions }))
      agrees(outcome, expected.get(outcome.institution)!);
  }

  /** Payments are there when a window is closed to institutions, and only of those before this month's. */
  async function cancel(nth: number): Promise<void> {
    const parts = await trx('settle.statement_enterprises as e')
      .join('settle.statements as s', function () {
        for (const column of ['region', 'period', 'institution', 'revision']) this.on(`s.${column}`, `e.${column}`);
      })
      .whereNull('s.reversed_on')
      .whereNull('e.cancelled_on')
      .where('e.period', '<', MONTHS[month]!)
      .orderBy(['e.period', 'e.institution', 'e.enterprise'])
      .select<{ period: string; institution: string; revision: number; enterprise: string }[]>(
        'e.period',
        'e.institution',
        'e.revision',
        'e.enterprise',
      );
    if (parts.length === 0) return;
    const { revision, ...part } = parts[nth % parts.length]!;
    const suffix = revision > 1 ? `#${revision}` : '';
    const paymentId = `payment/${REGION}/${part.period}/${part.institution}/${part.enterprise}${suffix}`;
    const caseId = `window/${REGION}/${part.period}`;
    await reopenStatementParts(trx, [{ ...part, paymentId, region: REGION, caseId }], context.clock.now());
  }

  return async (each: Step): Promise<void> => {
    if (each.kind === 'next-month') {
      if (month < MONTHS.length - 1)
        await trx('settle.windows')
          .where(window())
          .update({ confirmations_closed_on: `${MONTHS[month]}-20` });
      month = Math.min(month + 1, MONTHS.length - 1);
      context.setDay(`${MONTHS[month]}-10`);
    } else if (each.kind === 'lines') await accept(each.lines);
    else if (each.kind === 'confirm-all') await confirmThem(bodies);
    else if (each.kind === 'cancel') await cancel(each.nth);
    else {
      const body = bodies[each.body]!;
      const acting = { ...window(), institution: body, reason: '示例', person: body };
      if (each.kind === 'confirm') await confirmThem([body]);
      else if (each.kind === 'withdraw') await refusalOf(withdrawStatement(context, acting));
      else if (each.kind === 'top-up') {
        serial += 1;
        const topUp = {
          topUpId: `T${serial}`,
          institution: body,
          amountFen: each.fen,
          receivedOn: context.clock.now().date,
        };
        await recordTopUps(context, { ...window(), topUps: [topUp] });
      } else {
        const open = (await linesIn(trx)).filter((line) => line.body === body && line.state === 'open');
        const line = open[each.nth % Math.max(open.length, 1)];
        if (line) await disputeLines(context, { ...acting, lines: [line.line] });
      }
    }
  };
}

/** Gross in = settled + open + disputed, each line counted once; and every invariant. */
async function holds(trx: Knex): Promise<void> {
  const lines = await linesIn(trx);
  const { rows } = await trx.raw<{ rows: { count: number; fen: bigint }[] }>(
    'select count(*)::int as count, coalesce(sum(amount_fen), 0)::bigint as fen from settle.application_lines',
  );
  const { count, fen } = rows[0]!;
  expect(lines).toHaveLength(count);
  expect(lines.reduce((total, each) => total + each.amount_fen, 0n)).toBe(fen);
  expect(lines.map(({ state }) => state).filter((state) => !['open', 'settled', 'disputed'].includes(state))).toEqual(
    [],
  );
  const open = lines.filter(({ state }) => state === 'open').map(({ line }) => line);
  expect(await trx('settle.open_lines').where({ region: REGION }).orderBy('line').pluck('line')).toEqual(open);
  // The game has statements without a window that pays them.
  for (const { name, check } of WINDOW_INVARIANTS.filter((each) => each !== cancelledTogether))
    expect({ name, ...(await check(trx, REGION)) }).toMatchObject({ ok: true });
}

describe('a window in which people do whatever they do', () => {
  it('settles as the pure rules say, and nothing vanishes, after every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
        await takenBack(async (trx) => {
          const play = createGame(trx);
          for (const each of steps) {
            await play(each);
            await holds(trx);
          }
        });
      }),
      { numRuns: RUNS },
    );
  });
});

/** What is settled, and the money, without the moments at which it was. */
async function settledMoney(trx: Knex) {
  return {
    lines: await linesIn(trx),
    statements: await trx('settle.statements').orderBy(['institution', 'revision']).select('*'),
    payments: await trx('settle.statement_enterprises').orderBy(['institution', 'enterprise']).select('*'),
    balances: await balances(trx, REGION),
  };
}

const plan = fc.record({ topUp: fc.bigInt({ min: 1n, max: 3_000n }), dispute: fc.option(fc.nat({ max: 9 })) });

describe('whatever the order in which bodies come', () => {
  it('the settled money is the same', async () => {
    const order = fc.shuffledSubarray([0, 0, 0, 1, 1, 1, 2, 2, 2], { minLength: 9, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(lineOf, { minLength: 4, maxLength: 24 }),
        fc.tuple(plan, plan, plan),
        order,
        order,
        async (lines, plans, first, second) => {
          const played = async (turns: readonly number[]) =>
            takenBack(async (trx) => {
              const play = createGame(trx);
              await play({ kind: 'lines', lines });
              const next = [0, 0, 0];
              for (const body of turns) {
                const { topUp, dispute } = plans[body]!;
                const turn = next[body]!++;
                if (turn === 0 && dispute !== null) await play({ kind: 'dispute', body, nth: dispute });
                if (turn === 1) await play({ kind: 'top-up', body, fen: topUp });
                if (turn === 2) await play({ kind: 'confirm', body });
              }
              return settledMoney(trx);
            });
          expect(await played(second)).toEqual(await played(first));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('one command for all of them settles what a command for each does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lineOf, { minLength: 4, maxLength: 24 }), async (lines) => {
        const played = async (steps: readonly Step[]) =>
          takenBack(async (trx) => {
            const play = createGame(trx);
            await play({ kind: 'lines', lines });
            for (const each of steps) await play(each);
            const { statements, ...rest } = await settledMoney(trx);
            return { ...rest, statements: statements.map(({ confirmed_by: _, ...row }) => row as object) };
          });
        const oneByOne = [2, 0, 1].map((body): Step => ({ kind: 'confirm', body }));
        expect(await played([{ kind: 'confirm-all' }])).toEqual(await played(oneByOne));
      }),
      { numRuns: RUNS },
    );
  });
});
