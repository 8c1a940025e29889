import fc from 'fast-check';
import { BankTimeout, type PaymentAnswer } from '../../activities/bank/port';
import { loadPayments } from '../../db/payments';
import { verify } from '../../db/verify';
import { plainDate } from '../../domain/plain-date';
import { nonZeroBalances } from '../support/ledger';
import { REGION } from '../support/window';
import { BODY, raised, startWindowBatch, type WindowBatch } from '../support/window-batch';
import '../support/property-time';

// Whatever the order in which the bank's answers come, early or late, again or out of date: what is settled, owed and in which
// state is what the bank did (DESIGN 5.4).

/** What the bank does with a payment on 2026-04-21; a return comes on the 22nd. */
const FATES = ['booked', 'rejected', 'returned', 'unknown-to-bank'] as const;
type Fate = (typeof FATES)[number];
const ENTERPRISES = ['E0001', 'E0002', 'E0003'] as const;
const ASKS = ['2026-04-22', '2026-04-23', '2026-04-24', '2026-04-27', '2026-04-28'] as const;
const PAID_FEN = 10_000n;
const OWN_FEN = 100_000n;

/** What one answer says: nothing yet, what is so up to the 21st, or all of it. */
const word = fc.constantFrom('nothing', 'nothing', 'first', 'all');
const scripts = fc.record({
  fates: fc.tuple(...ENTERPRISES.map(() => fc.constantFrom(...FATES))),
  // The first answer to the message: at once with what is known, or none at all.
  first: fc.constantFrom('accepted', 'pending', 'final', 'timeout'),
  // Each time the bank is asked, how much it says of each payment; it may fall back to less than it has said before.
  asks: fc.array(fc.tuple(word, word, word), { minLength: ASKS.length, maxLength: ASKS.length }),
  repeats: fc.nat({ max: 2 }),
});
type Script = typeof scripts extends fc.Arbitrary<infer T> ? T : never;

const BOOKED = { bookedOn: plainDate('2026-04-21') };
const BACK = { returnedOn: plainDate('2026-04-22') };

function answer(endToEndId: string, fate: Fate, how: string): PaymentAnswer {
  if (how === 'nothing') return { endToEndId, state: 'pending' };
  const bankReference = `B-${endToEndId}`;
  if (fate === 'returned')
    return how === 'first'
      ? { endToEndId, state: 'booked', ...BOOKED, bankReference }
      : { endToEndId, state: 'returned', ...BOOKED, ...BACK, bankReference, reasonCode: 'AC04' };
  return fate === 'booked' ? { endToEndId, state: fate, ...BOOKED, bankReference } : { endToEndId, state: fate };
}

/** A bank that says of each payment as much as the script has for this question. */
function play(batch: WindowBatch, { fates, first }: Script): { says: (how: readonly string[]) => void } {
  const fateOf = new Map<string, number>();
  let told: readonly string[] = ['nothing', 'nothing', 'nothing'];
  const say = (endToEndId: string): PaymentAnswer => {
    const index = fateOf.get(endToEndId)!;
    return answer(endToEndId, fates[index]!, told[index]!);
  };
  batch.bank.send = ({ messageId, instructions }) => {
    for (const { endToEndId, remittance } of instructions)
      fateOf.set(endToEndId, ENTERPRISES.indexOf(remittance.enterprise as (typeof ENTERPRISES)[number]));
    if (first === 'timeout') return Promise.reject(new BankTimeout('no answer'));
    const state = first === 'final' ? 'accepted' : first;
    const answers = instructions.map(({ endToEndId }): PaymentAnswer => {
      // A message's first answer speaks of refusals only: bookings come later.
      const isRefused = first === 'final' && fates[fateOf.get(endToEndId)!] === 'rejected';
      return { endToEndId, state: isRefused ? 'rejected' : state };
    });
    return Promise.resolve({ messageId, answers });
  };
  batch.bank.ask = ({ payments }) => Promise.resolve(payments.map(({ endToEndId }) => say(endToEndId)));
  return { says: (how) => void (told = how) };
}

const STATES = { booked: 'succeeded', rejected: 'failed', returned: 'returned', 'unknown-to-bank': 'failed' } as const;

it('what is paid, owed and in which state is what the bank did, whenever and however often it said so', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const batch = await startWindowBatch(ENTERPRISES);
      try {
        const { app } = batch.database;
        const bank = play(batch, script);
        const request = await raised(batch, 1);
        await batch.decide(request);
        await batch.release(request);
        await batch.send('2026-04-21');
        for (const [index, on] of ASKS.entries())
          for (let time = 0; time <= script.repeats; time += 1) {
            bank.says(script.asks[index]!);
            await batch.ask(on);
          }
        bank.says(['all', 'all', 'all']);
        await batch.ask('2026-04-29');
        await batch.ask('2026-04-30');

        const payments = await loadPayments(app, { caseId: `window/${REGION}/2026-04` });
        expect(payments.map(({ enterprise, state, paidOn, attempt }) => [enterprise, state, paidOn, attempt])).toEqual(
          ENTERPRISES.map((enterprise, index) => {
            const fate = script.fates[index]!;
            return [enterprise, STATES[fate], fate === 'booked' ? BOOKED.bookedOn : null, 1];
          }),
        );
        const paid = script.fates.filter((fate) => fate === 'booked').length;
        const owed = ENTERPRISES.filter((_, index) => script.fates[index] !== 'booked');
        const cash = OWN_FEN - PAID_FEN * BigInt(paid);
        expect(await nonZeroBalances(app)).toEqual({
          'supervised/cash': cash,
          [`supervised/ledger/${BODY}/own`]: -(OWN_FEN - PAID_FEN * 3n),
          ...Object.fromEntries(owed.map((each) => [`supervised/payable/${BODY}/${each}`, -PAID_FEN])),
        });
        expect((await verify(app, REGION)).filter(({ ok }) => !ok)).toEqual([]);
      } finally {
        await batch.database.drop();
      }
    }),
    { numRuns: 12 },
  );
});
