import { verify } from '../../db/verify';
import { period, plainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { confirm } from '../../operator/commands/confirm-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { recordTopUps } from '../../operator/commands/record-top-up';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { cellsOf, createImports, type Cells } from '../support/applications';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// Many at once (issue 5): at any moment every row of every file is accepted, repeated or rejected, every accepted line is settled, open or
// disputed, each once, and nobody waits for ever.

const WORKERS = 5;
const STEPS = 10;
const IDS = 12;
const APRIL = period('2026-04');
const ON = '2026-04-10';

let database: TestDatabase;
let bodies: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  ({ bodies } = await saveWindowRegion(database.owner, { institutions: 4 }));
  bodies = bodies.slice(0, 3);
  for (const body of bodies) await fund(database.app, body, { own: 50_000n });
});
afterAll(() => database.drop());

/** Numbers below a bound, the same for a seed each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Rows of few ids, so that workers meet: in two months, with two contents, some of them credits. */
function rowsOf(below: (bound: number) => number, month: string): Cells[] {
  return Array.from({ length: 1 + below(6) }, () => {
    const id = below(IDS);
    const isCredit = id % 4 === 3;
    return cellsOf(`G${id}`, {
      order: below(6) === 0 ? '二' : '一',
      institution: bodies[id % bodies.length]!,
      enterprise: `E000${1 + (id % 3)}`,
      ordered_on: '2026-03-01',
      received_on: '2026-03-02',
      applied_on: `${month}-03`,
      ...(isCredit ? { kind: 'return', quantity: '-2', amount: '-25.00' } : {}),
    });
  });
}

function createWorker(seed: number) {
  const below = numbers(seed);
  const context = windowContext(database.app, ON);
  const imports = createImports(() => context);
  const own = () => {
    const institution = bodies[below(bodies.length)]!;
    return { region: REGION, period: APRIL, institution, person: institution };
  };
  const actions: (() => Promise<unknown>)[] = [
    () => imports.rows(rowsOf(below, '2026-04'), '2026-04'),
    () => imports.rows(rowsOf(below, '2026-03'), '2026-03'),
    () => confirm(context, { region: REGION, period: APRIL }),
    () => {
      const { institution, ...rest } = own();
      return confirm(context, { ...rest, institutions: [institution] });
    },
    () => withdrawStatement(context, { ...own(), reason: '示例' }),
    () => disputeLines(context, { ...own(), lines: [`G${below(IDS)}`], reason: '示例' }),
    () => {
      const { institution, person, ...rest } = own();
      const topUp = { topUpId: `T${seed}-${below(1_000_000)}`, institution, amountFen: BigInt(1_000 + below(20_000)) };
      return recordTopUps(context, { ...rest, person, topUps: [{ ...topUp, receivedOn: plainDate(ON) }] });
    },
  ];
  return {
    /** @returns how many steps were not refused */
    async run(): Promise<number> {
      let done = 0;
      for (let step = 0; step < STEPS; step += 1)
        try {
          await actions[below(actions.length)]!();
          done += 1;
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
      imports.remove();
      return done;
    },
  };
}

it('nothing vanishes while five people import, confirm, take back, dispute and pay in at once', async () => {
  const running = { now: true };
  const broken: string[] = [];
  let looks = 0;
  const watch = async (): Promise<void> => {
    while (running.now) {
      for (const { name, ok, detail } of await verify(database.app, REGION)) if (!ok) broken.push(`${name}: ${detail}`);
      looks += 1;
    }
  };
  const watching = watch();
  const done = await Promise.all(Array.from({ length: WORKERS }, (_, index) => createWorker(index + 1).run())).finally(
    () => void (running.now = false),
  );
  await watching;
  expect(broken).toEqual([]);
  expect(Math.min(...done)).toBeGreaterThan(0);
  expect(looks).toBeGreaterThan(1);
  await confirm(windowContext(database.app, ON), { region: REGION, period: APRIL });
  // In the end, too, each line of each file once, and what was settled is what statements say.
  const states = await database.app('settle.line_states').distinct('state').pluck<string[]>('state');
  expect(states).toEqual(expect.arrayContaining(['settled', 'withdrawn']));
  expect((await verify(database.app, REGION)).filter(({ ok }) => !ok)).toEqual([]);
}, 120_000);
