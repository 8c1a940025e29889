import { cutIntoMessages, messageLimits } from '../../activities/bank/message-limits';
import { Refusal } from '../../domain/refusal';

const payments = (...amounts: bigint[]) => amounts.map((amountFen) => ({ amountFen }));
const cut = (limits: { maxPayments: number; maxAmountFen?: bigint }, ...amounts: bigint[]): bigint[][] =>
  cutIntoMessages(payments(...amounts), limits).map((message) => message.map(({ amountFen }) => amountFen));

describe('a batch over the bank’s limits is cut', () => {
  it.each<[string, { maxPayments: number; maxAmountFen?: bigint }, bigint[], bigint[][]]>([
    ['not where it fits', { maxPayments: 3 }, [1n, 2n, 3n], [[1n, 2n, 3n]]],
    ['at the number of payments', { maxPayments: 2 }, [1n, 2n, 3n], [[1n, 2n], [3n]]],
    ['at the amount, to the fen', { maxPayments: 9, maxAmountFen: 10n }, [4n, 6n, 1n], [[4n, 6n], [1n]]],
    ['one fen over the amount', { maxPayments: 9, maxAmountFen: 10n }, [4n, 7n, 3n], [[4n], [7n, 3n]]],
    ['at whichever comes first', { maxPayments: 2, maxAmountFen: 10n }, [1n, 1n, 9n, 2n], [[1n, 1n], [9n], [2n]]],
    [
      'and what is more than a message goes alone',
      { maxPayments: 9, maxAmountFen: 10n },
      [1n, 11n, 1n],
      [[1n], [11n], [1n]],
    ],
    ['and nothing is no message', { maxPayments: 1 }, [], []],
  ])('%s', (_, limits, amounts, messages) => {
    expect(cut(limits, ...amounts)).toEqual(messages);
  });
});

describe('limits in the environment', () => {
  it.each([
    [{}, { maxPayments: 1_000 }],
    [{ SETTLE_BANK_MAX_PAYMENTS: '200' }, { maxPayments: 200 }],
    [{ SETTLE_BANK_MAX_AMOUNT: '5000000.00' }, { maxPayments: 1_000, maxAmountFen: 500_000_000n }],
  ])('%j', (env, limits) => expect(messageLimits(env)).toEqual(limits));

  it.each([
    { SETTLE_BANK_MAX_PAYMENTS: '0' },
    { SETTLE_BANK_MAX_PAYMENTS: '1.5' },
    { SETTLE_BANK_MAX_PAYMENTS: '50001' },
    { SETTLE_BANK_MAX_PAYMENTS: 'many' },
    { SETTLE_BANK_MAX_AMOUNT: '0.00' },
    { SETTLE_BANK_MAX_AMOUNT: '1.005' },
    { SETTLE_BANK_MAX_AMOUNT: '5e6' },
  ])('%j is none', (env) => expect(() => messageLimits(env)).toThrow(Refusal));
});
