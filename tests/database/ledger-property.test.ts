import fc from 'fast-check';
import { ACCOUNT_KINDS, parseAccount } from '../../domain/ledger/chart';
import type { Journal } from '../../domain/ledger/journal';
import type { LedgerEvent } from '../../domain/ledger/posting-rules';
import { balances, postJournals } from '../../db/ledger';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { journal, refusalOf, transfer, verifyLedger } from '../support/ledger';
import '../support/property-time';

/** The supervised book of one institution, as a handful of amounts: what a clerk would keep on paper. */
interface Paper {
  readonly amounts: Map<string, bigint>;
  readonly contents: Map<string, string>;
}

const H = 'H65050100001';
const MOVES: readonly (readonly [LedgerEvent, string, string])[] = [
  ['disbursement-booked', 'supervised/cash', `supervised/ledger/${H}/prepayment`],
  ['top-up', 'supervised/cash', `supervised/ledger/${H}/own`],
  ['confirm', `supervised/ledger/${H}/prepayment`, `supervised/payable/${H}/E1`],
  ['confirm', `supervised/ledger/${H}/own`, `supervised/payable/${H}/E1`],
  ['payment-sent', `supervised/payable/${H}/E1`, `supervised/transit/${H}/E1`],
  ['payment-booked', `supervised/transit/${H}/E1`, 'supervised/cash'],
  ['payment-failed', `supervised/transit/${H}/E1`, `supervised/payable/${H}/E1`],
  ['return-from-unused', `supervised/ledger/${H}/prepayment`, `supervised/ledger/${H}/returning`],
  // Not in the table:
  ['top-up', `supervised/ledger/${H}/prepayment`, `supervised/ledger/${H}/own`],
];
const FORBIDDEN = MOVES.length - 1;

const moves = fc.record({
  key: fc.integer({ min: 1, max: 60 }),
  move: fc.integer({ min: 0, max: FORBIDDEN }),
  fen: fc.bigInt({ min: 1n, max: 50n }),
});
type Move = typeof moves extends fc.Arbitrary<infer T> ? T : never;

const toJournal = ({ key, move, fen }: Move): Journal => {
  const [event, debit, credit] = MOVES[move]!;
  return journal(`k${key}`, event, [transfer(debit, credit, fen)]);
};

/** What posting a batch ends with on paper; the paper is changed only when nothing is refused. */
function postOnPaper(paper: Paper, batch: readonly Move[]): string {
  const amounts = new Map(paper.amounts);
  const contents = new Map(paper.contents);
  let forbidden = false;
  for (const { key, move, fen } of batch) {
    const content = `${move} ${fen}`;
    const known = contents.get(`k${key}`);
    if (known !== undefined && known !== content) return 'IdempotencyConflict';
    if (known === content) continue;
    contents.set(`k${key}`, content);
    const [, debit, credit] = MOVES[move]!;
    amounts.set(debit, (amounts.get(debit) ?? 0n) + fen);
    amounts.set(credit, (amounts.get(credit) ?? 0n) - fen);
    forbidden ||= move === FORBIDDEN;
  }
  if (forbidden) return 'LedgerPostingForbidden';
  for (const [account, fen] of amounts) {
    const { bound } = ACCOUNT_KINDS[parseAccount(account)!.kind];
    if ((bound === 'debit' && fen < 0n) || (bound === 'credit' && fen > 0n)) return 'LedgerInsufficient';
  }
  for (const [account, fen] of amounts) paper.amounts.set(account, fen);
  for (const [key, content] of contents) paper.contents.set(key, content);
  return 'not refused';
}

describe('the ledger', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('agrees with a clerk who keeps the same book on paper, whatever is posted', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(moves, { minLength: 1, maxLength: 6 }), { maxLength: 15 }),
        async (batches) => {
          run += 1;
          const region = String(100_000 + run);
          const paper: Paper = { amounts: new Map(), contents: new Map() };
          for (const batch of batches) {
            const expected = postOnPaper(paper, batch);
            expect(await refusalOf(postJournals(database.app, region, batch.map(toJournal)))).toBe(expected);
          }
          const stored = await balances(database.app, region);
          expect(new Map(stored.map((row) => [row.account, row.balanceFen]))).toEqual(paper.amounts);
          // This clerk keeps the supervised book alone, so only the agreement of both books is left out.
          const broken = (await verifyLedger(database.app, region)).filter((row) => !row.ok);
          expect(broken.filter((row) => !row.name.startsWith('advance outstanding'))).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
