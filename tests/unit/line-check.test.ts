import { period, plainDate, type PlainDate } from '../../domain/plain-date';
import {
  amountOf,
  firstDefect,
  LINE_CODES,
  REJECTION_CODES,
  REJECTION_REASONS,
  type ApplicationLine,
  type LineCode,
  type LineFacts,
} from '../../domain/window/line-check';

// The rules of a line by itself (新医保发〔2025〕50号 四(二); DESIGN 5.2), by hand.

const FACTS: LineFacts = {
  period: period('2026-04'),
  firstPeriod: period('2026-03'),
  applicationFrom: plainDate('2026-04-01'),
  applicationTo: plainDate('2026-04-05'),
  orderedFrom: plainDate('2026-03-01'),
  categories: new Set(['vbp-national', 'vbp-alliance', 'negotiated']),
  isListed: (drug) => drug !== '未列入',
  isInstitution: (id) => id === 'H65050000001',
  isEnterprise: (id) => id === 'E0001',
  isSuspended: (_, on) => on === '2026-04-04',
};

const day = (text: string): PlainDate => plainDate(text);
const GOOD: ApplicationLine = {
  line: 'L1',
  order: '示例订单',
  institution: 'H65050000001',
  enterprise: 'E0001',
  drug: '示例药品',
  category: 'vbp-national',
  kind: 'delivery',
  quantity: '10',
  unitPrice: '12.5',
  amountFen: 12_500n,
  orderedOn: day('2026-03-20'),
  receivedOn: day('2026-03-28'),
  appliedOn: day('2026-04-03'),
  verifiedBy: '',
  invoice: '',
};
const credit = { kind: 'return', quantity: '-10', amountFen: -12_500n, verifiedBy: 'both' } as const;
const cut = {
  kind: 'price-adjustment',
  quantity: '1',
  unitPrice: '-12.5',
  amountFen: -1_250n,
  verifiedBy: 'both',
} as const;

const TABLE: readonly [string, Partial<ApplicationLine>, LineCode | undefined][] = [
  ['a good line', {}, undefined],
  ['applied for on the 1st', { appliedOn: day('2026-04-01') }, undefined],
  ['applied for on the 5th', { appliedOn: day('2026-04-05') }, undefined],
  ['applied for on the 6th', { appliedOn: day('2026-04-06') }, 'after-cutoff'],
  ['applied for the day before the 1st', { appliedOn: day('2026-03-31') }, 'before-window'],
  ['ordered on the first day', { orderedOn: day('2026-03-01') }, undefined],
  ['ordered the day before', { orderedOn: day('2026-02-28') }, 'before-direct-settlement'],
  [
    'without an order date, received on the first day',
    { orderedOn: undefined, receivedOn: day('2026-03-01') },
    undefined,
  ],
  [
    'without an order date, received the day before',
    { orderedOn: undefined, receivedOn: day('2026-02-28') },
    'before-direct-settlement',
  ],
  ['received on the day of application', { receivedOn: day('2026-04-03') }, undefined],
  ['received the day after', { receivedOn: day('2026-04-04') }, 'received-after-application'],
  ['of the province’s own procurement', { category: 'vbp-provincial' }, 'out-of-scope'],
  ['negotiated', { category: 'negotiated' }, undefined],
  ['not in the catalogue', { drug: '未列入' }, 'out-of-scope'],
  ['a fen too much', { amountFen: 12_501n }, 'amount-mismatch'],
  ['delivered nothing', { quantity: '0', amountFen: 0n }, 'amount-mismatch'],
  ['delivered less than nothing', { quantity: '-10', amountFen: -12_500n }, 'amount-mismatch'],
  ['returned more than nothing', { ...credit, quantity: '10', amountFen: 12_500n }, 'amount-mismatch'],
  ['returned at a negative price', { ...credit, unitPrice: '-12.5', amountFen: 12_500n }, 'amount-mismatch'],
  ['a price adjustment of two', { ...cut, quantity: '2', amountFen: -2_500n }, 'amount-mismatch'],
  ['a price adjustment upwards', { ...cut, quantity: '1.00', unitPrice: '3', amountFen: 300n }, undefined],
  ['a price adjustment downwards', cut, undefined],
  ['an institution that nobody knows', { institution: 'H65050000002' }, 'unknown-institution'],
  ['an enterprise that nobody knows', { enterprise: 'E0002' }, 'unknown-enterprise'],
  ['a return that both have verified', credit, undefined],
  ['a return that one has verified', { ...credit, verifiedBy: 'enterprise' }, 'unverified-credit'],
  ['a price adjustment that nobody has verified', { ...cut, verifiedBy: '' }, 'unverified-credit'],
  ['applied for during a suspension', { appliedOn: day('2026-04-04') }, 'enterprise-suspended'],
];

describe('a line', () => {
  it.each(TABLE)('%s', (_, more, code) => {
    expect(firstDefect({ ...GOOD, ...more }, FACTS)).toBe(code);
  });

  it('of a month before the first is before the window, whatever its dates', () => {
    expect(firstDefect(GOOD, { ...FACTS, firstPeriod: period('2026-05') })).toBe('before-window');
  });

  it('has the first code that applies, in the order of the codes', () => {
    const wrongs: [LineCode, Partial<ApplicationLine>][] = [
      ['after-cutoff', { appliedOn: day('2026-04-06') }],
      ['before-direct-settlement', { orderedOn: day('2026-02-01') }],
      ['received-after-application', { receivedOn: day('2026-04-30') }],
      ['out-of-scope', { category: 'other' }],
      ['amount-mismatch', { amountFen: 1n }],
      ['unknown-institution', { institution: 'H65050000002' }],
      ['unknown-enterprise', { enterprise: 'E0002' }],
      ['unverified-credit', { ...credit, verifiedBy: '' }],
    ];
    wrongs.forEach(([code], from) => {
      const all = wrongs.slice(from).reverse();
      const line = all.reduce((before, [, more]) => ({ ...before, ...more }), GOOD);
      expect(firstDefect(line, FACTS)).toBe(code);
    });
    expect(wrongs.map(([code]) => code)).toEqual(LINE_CODES.slice(1, 9));
  });

  it.each(REJECTION_CODES)('rejected with %s is told why in both languages', (code) => {
    expect(REJECTION_REASONS[code].chinese).toMatch(/[\u4e00-\u9fff]/);
    expect(REJECTION_REASONS[code].english).toMatch(/^[a-z]/);
  });
});

describe('an amount', () => {
  it.each([
    ['3', '0.0050', 2n], // 1.5 fen
    ['-3', '0.0050', -2n],
    ['1', '0.0049', 0n],
    ['1', '0.0050', 1n],
    ['0.3333', '0.0150', 0n], // 0.49995 fen
    ['7', '3.3333', 2_333n], // 2333.31 fen
    ['471', '66.36', 3_125_556n],
    ['1', '-12.5', -1_250n],
    ['999999999999999', '9999.9999', 999_999_989_999_999_000_000n], // beyond 2^53: 10^15 × 9999.9999 less one × 9999.9999
    ['900719.9254', '1000000', 90_071_992_540_000n],
  ])('%s × %s is rounded half up to the fen', (quantity, price, fen) => {
    expect(amountOf(quantity, price)).toBe(fen);
  });
});
