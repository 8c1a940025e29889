import fc from 'fast-check';
import { endToEndIdFor, hashText, messageIdFor } from '../../activities/bank/ids';
import { isBankId } from '../../activities/bank/iso20022/values';
import type { Remittance } from '../../activities/bank/port';

const payment: Remittance = {
  kind: 'payment',
  region: '650500',
  period: '2026-04',
  institution: 'H65050100001',
  enterprise: 'E0001',
  attempt: 1,
};

describe('an end-to-end id', () => {
  it.each<[string, Remittance, string]>([
    ['of a payment', payment, 'P650500.2604.H65050100001.E0001.1'],
    ['of its second attempt', { ...payment, attempt: 2 }, 'P650500.2604.H65050100001.E0001.2'],
    [
      'of a disbursement',
      {
        kind: 'disbursement',
        region: '650100',
        period: '2026-03',
        institution: 'H65010000001',
        pool: 'employee',
        attempt: 1,
      },
      'D650100.2603.H65010000001.-.EM1',
    ],
    [
      'of a return moved on',
      { kind: 'agency-return', region: '650100', period: '2026-04', pool: 'resident', attempt: 3 },
      'R650100.2604.-.-.RE3',
    ],
  ])('%s is readable', (_, remittance, expected) => {
    expect(endToEndIdFor(remittance)).toBe(expected);
  });

  it('is hashed where 35 characters do not suffice, and stays the same', () => {
    const long = { ...payment, enterprise: '91650100MA77XXXXXX' };
    expect(endToEndIdFor(long)).toMatch(/^P650500\.2604\.\.[A-Z2-7]{16}$/);
    expect(endToEndIdFor(long)).toBe(endToEndIdFor({ ...long }));
    expect(endToEndIdFor(long)).not.toBe(endToEndIdFor({ ...long, attempt: 2 }));
  });

  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('-', '.', 'EM', 'E1', 'E.1', 'employee', ''));
  const optional = fc.option(text, { nil: undefined });
  const anyKey = fc
    .record({
      kind: fc.constantFrom<Remittance['kind']>('payment', 'disbursement', 'agency-return', 'fund'),
      region: fc.constantFrom('650500', '650100', 'P650100'),
      period: fc.constantFrom('2026-04', '2026', '2026-Q1', '2604'),
      institution: optional,
      enterprise: optional,
      pool: fc.oneof(optional, fc.constantFrom('employee', 'resident')),
      attempt: fc.integer({ min: 1, max: 999 }),
    })
    .map((fields) => JSON.parse(JSON.stringify(fields)) as Remittance);

  it('fits the field, whatever the key', () => {
    fc.assert(
      fc.property(anyKey, (key) => isBankId(endToEndIdFor(key))),
      { numRuns: 2_000 },
    );
  });

  it('differs where the key differs', () => {
    const canonical = (key: Remittance): string =>
      JSON.stringify([
        key.kind,
        key.region,
        key.period,
        key.institution ?? '',
        key.enterprise ?? '',
        key.pool ?? '',
        key.attempt,
      ]);
    fc.assert(
      fc.property(anyKey, anyKey, (left, right) => {
        expect(endToEndIdFor(left) === endToEndIdFor(right)).toBe(canonical(left) === canonical(right));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a message id', () => {
  it('is the case and what tells its messages apart, where that fits', () => {
    expect(messageIdFor('prepayment/650100/2026', 'pay', 1)).toBe('prepayment/650100/2026.pay.1');
  });

  it('is hashed where it does not fit or reads two ways', () => {
    const long = messageIdFor('breach/H65050100001/prepayment-not-returned/2026-04', 1);
    expect(long).toMatch(/^breach\/H650501000\.\.[A-Z2-7]{16}$/);
    expect(messageIdFor('a.b', 'c')).not.toBe(messageIdFor('a', 'b.c'));
    expect(messageIdFor('a', 'b', 'c')).not.toBe(messageIdFor('a', 'b.c'));
  });

  it('fits the field, whatever the parts', () => {
    const part = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('/', '//', 'a/', '/a', '批次'));
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 3 }), (caseId, parts) => isBankId(messageIdFor(caseId, ...parts))),
      { numRuns: 2_000 },
    );
  });
});

it('hash text is the base 32 of SHA-256', () => {
  // SHA-256 of the empty text is e3b0c44298fc1c149afb…; its first 50 bits in base 32 are 4OYMIQUY7Q.
  expect(hashText('', 10)).toBe('4OYMIQUY7Q');
});
