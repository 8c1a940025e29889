import fc from 'fast-check';
import { fundStatement, type FundingSource } from '../../domain/window/funding';
import { revisionOfPayment, statementId, statementPaymentId, statementReference } from '../../domain/window/ids';
import { netPerEnterprise, splitNets, type NettedLine } from '../../domain/window/netting';

// Set-off per enterprise and the reservation of money (新医保发〔2025〕50号 四(二); DESIGN 5.2), against sums worked out by hand.

const line = (enterprise: string, amountFen: bigint): NettedLine => ({ enterprise, amountFen });
const PREPAYMENT_FIRST: readonly FundingSource[] = ['prepayment', 'own'];

describe('the net of an enterprise', () => {
  it('sets credits off against deliveries', () => {
    expect(netPerEnterprise([line('E2', 500n), line('E1', 10_000n), line('E1', -2_500n), line('E1', 1n)])).toEqual([
      { enterprise: 'E1', grossFen: 10_001n, creditsFen: -2_500n, netFen: 7_501n, lines: 3 },
      { enterprise: 'E2', grossFen: 500n, creditsFen: 0n, netFen: 500n, lines: 1 },
    ]);
  });

  it('is in code order, which is that of the code units', () => {
    const nets = netPerEnterprise(['e1', 'E10', 'E2', 'E1'].map((enterprise) => line(enterprise, 1n)));
    expect(nets.map(({ enterprise }) => enterprise)).toEqual(['E1', 'E10', 'E2', 'e1']);
  });

  it.each([
    [[300n, -300n], 'carried'],
    [[300n, -301n], 'carried'],
    [[300n, -299n], 'payable'],
    [[-5n], 'carried'],
    [[0n], 'carried'],
  ])('of %p is %s', (amounts, expected) => {
    const { payable, carried } = splitNets(netPerEnterprise(amounts.map((amount) => line('E1', amount))));
    expect([payable.length, carried.length]).toEqual(expected === 'payable' ? [1, 0] : [0, 1]);
  });

  it('is carried whole: no line of it is in the statement', () => {
    const nets = netPerEnterprise([line('E1', 400n), line('E1', -400n), line('E2', 5n)]);
    expect(splitNets(nets).carried).toMatchObject([{ enterprise: 'E1', lines: 2 }]);
  });
});

describe('the money of a statement', () => {
  const nets = [
    { enterprise: 'E2', netFen: 300n },
    { enterprise: 'E1', netFen: 500n },
  ];

  it.each([
    // prepayment, own → E1 from prepayment and own, E2 from prepayment and own
    [800n, 0n, [500n, 0n, 300n, 0n]],
    [600n, 200n, [500n, 0n, 100n, 200n]],
    [500n, 300n, [500n, 0n, 0n, 300n]],
    [499n, 301n, [499n, 1n, 0n, 300n]],
    [0n, 900n, [0n, 500n, 0n, 300n]],
    [1_000n, 1_000n, [500n, 0n, 300n, 0n]],
  ])('from %s of prepayment and %s of its own, enterprises in code order', (prepayment, own, [a, b, c, d]) => {
    expect(fundStatement(nets, { prepayment, own }, PREPAYMENT_FIRST)).toMatchObject({
      enough: true,
      neededFen: 800n,
      missingFen: 0n,
      enterprises: [
        { enterprise: 'E1', netFen: 500n, fromPrepaymentFen: a, fromOwnFen: b },
        { enterprise: 'E2', netFen: 300n, fromPrepaymentFen: c, fromOwnFen: d },
      ],
    });
  });

  it.each([
    [0n, 0n, 800n],
    [500n, 299n, 1n],
    [799n, 0n, 1n],
  ])('is refused whole where %s and %s do not reach: %s is missing', (prepayment, own, missingFen) => {
    const funding = fundStatement(nets, { prepayment, own }, PREPAYMENT_FIRST);
    expect(funding).toEqual({ enough: false, neededFen: 800n, availableFen: prepayment + own, missingFen });
  });

  it('comes from the sources that the policy names, in its order', () => {
    const available = { prepayment: 1_000n, own: 1_000n };
    expect(fundStatement(nets, available, ['own', 'prepayment'])).toMatchObject({
      enterprises: [{ fromOwnFen: 500n }, { fromOwnFen: 300n }],
    });
    expect(fundStatement(nets, available, ['own'])).toMatchObject({ enough: true, availableFen: 1_000n });
    expect(fundStatement(nets, { prepayment: 1_000n, own: 799n }, ['own'])).toMatchObject({ missingFen: 1n });
  });
});

const lines = fc.array(
  fc.record({
    enterprise: fc.constantFrom('E1', 'E2', 'E3', 'E10'),
    amountFen: fc.bigInt({ min: -1_000n, max: 1_000n }),
  }),
  { maxLength: 40 },
);
const fen = fc.bigInt({ min: 0n, max: 5_000n });
const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

describe('whatever the lines and the money', () => {
  it('every line is netted once, and nothing vanishes', () => {
    fc.assert(
      fc.property(lines, (given) => {
        const { payable, carried } = splitNets(netPerEnterprise(given));
        const nets = [...payable, ...carried];
        expect(total(nets.map(({ netFen }) => netFen))).toBe(total(given.map(({ amountFen }) => amountFen)));
        expect(nets.reduce((count, net) => count + net.lines, 0)).toBe(given.length);
        for (const net of nets) expect(net.grossFen + net.creditsFen).toBe(net.netFen);
      }),
    );
  });

  it('the order of lines does not matter', () => {
    fc.assert(
      fc.property(lines, fc.nat(), (given, turn) => {
        const turned = given.map((_, index) => given[(index + turn) % given.length]!);
        expect(netPerEnterprise(turned)).toEqual(netPerEnterprise(given));
        expect(netPerEnterprise([...given].reverse())).toEqual(netPerEnterprise(given));
      }),
    );
  });

  it('a statement is paid in full, from no more than there is, and own money only when prepayment is used up', () => {
    fc.assert(
      fc.property(lines, fen, fen, (given, prepayment, own) => {
        const { payable } = splitNets(netPerEnterprise(given));
        const funding = fundStatement(payable, { prepayment, own }, PREPAYMENT_FIRST);
        const needed = total(payable.map(({ netFen }) => netFen));
        expect(funding.enough).toBe(needed <= prepayment + own);
        if (!funding.enough) {
          expect(funding.missingFen).toBe(needed - prepayment - own);
          return;
        }
        const fromPrepayment = total(funding.enterprises.map(({ fromPrepaymentFen }) => fromPrepaymentFen));
        const fromOwn = total(funding.enterprises.map(({ fromOwnFen }) => fromOwnFen));
        expect(fromPrepayment + fromOwn).toBe(needed);
        expect(fromPrepayment).toBe(needed < prepayment ? needed : prepayment);
        for (const [index, part] of funding.enterprises.entries()) {
          expect(part.fromPrepaymentFen + part.fromOwnFen).toBe(payable[index]!.netFen);
          expect(part.fromPrepaymentFen >= 0n && part.fromOwnFen >= 0n).toBe(true);
        }
      }),
    );
  });
});

describe('names of statements and payments', () => {
  const key = { region: '650500', period: '2026-04', institution: 'H65050100001' };
  it('carry the revision from the second on', () => {
    expect(statementReference(key)).toBe('statement/650500/2026-04/H65050100001');
    expect(statementId({ ...key, revision: 1 })).toBe('statement/650500/2026-04/H65050100001#1');
    const first = statementPaymentId({ ...key, revision: 1, enterprise: 'E0001' });
    const second = statementPaymentId({ ...key, revision: 2, enterprise: 'E0001' });
    expect(first).toBe('payment/650500/2026-04/H65050100001/E0001');
    expect(second).toBe('payment/650500/2026-04/H65050100001/E0001#2');
    expect([first, second].map(revisionOfPayment)).toEqual([1, 2]);
  });
});
