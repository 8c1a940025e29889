import { caseIds, isEnterpriseId, isInstitutionId, isRegionCode, parseCaseId } from '../../domain/ids';
import { period } from '../../domain/plain-date';
import { addPools, isPool, isPrepaymentPool, poolFen, subtractPools, sumPools } from '../../domain/pools';

it.each([
  ['H65050100001', true],
  ['P65050100001', true],
  ['E65050100001', false],
  ['H6505010000', false],
  ['H650501000011', false],
  ['h65050100001', false],
  [' H65050100001', false],
  ['H65050100001\n', false],
])('%j is an institution: %s', (text, expected) => {
  expect(isInstitutionId(text)).toBe(expected);
});

it.each([
  ['650500', true],
  ['65050', false],
  ['65O500', false],
])('%j is a region: %s', (text, expected) => {
  expect(isRegionCode(text)).toBe(expected);
});

it.each([
  ['E0001', true],
  ['91650100MA000001X', true],
  ['E/1', false],
  ['', false],
  ['..', false],
])('%j is an enterprise: %s', (text, expected) => {
  expect(isEnterpriseId(text)).toBe(expected);
});

const month = period('2026-04');
it.each([
  [caseIds.prepayment('650500', 2026), { kind: 'prepayment', region: '650500', year: 2026 }],
  [caseIds.prepaymentReturn('650500', month), { kind: 'return', region: '650500', period: month }],
  [caseIds.window('650500', month), { kind: 'window', region: '650500', period: month }],
  [caseIds.fund('650500', month), { kind: 'fund', region: '650500', period: month }],
  [caseIds.monitoring('650500', month), { kind: 'monitoring', region: '650500', period: month }],
  [caseIds.clearing('650500', '2026-Q1'), { kind: 'clearing', region: '650500', quarter: '2026-Q1' }],
  [
    caseIds.breach('H65050100001', 'not-settled', month),
    { kind: 'breach', institution: 'H65050100001', breach: 'not-settled', period: month },
  ],
  [
    caseIds.enterprise('E0001', 'interview', month),
    { kind: 'enterprise', enterprise: 'E0001', finding: 'interview', period: month },
  ],
])('%s is read as a case', (id, expected) => {
  expect(parseCaseId(id)).toEqual(expected);
});

it.each([
  'prepayment/650500',
  'prepayment/650500/26',
  'prepayment/H65050100001/2026',
  'window/650500/2026-13',
  'clearing/650500/2026-Q5',
  'breach/650500/not-settled/2026-04',
  'breach/H65050100001//2026-04',
  'lottery/650500/2026-04',
  'window/650500/2026-04/extra/more',
  '',
])('%j is no case', (text) => {
  expect(parseCaseId(text)).toBeUndefined();
});

it('pools add and subtract pool by pool', () => {
  const left = { employee: 5n, resident: 3n, 'employee-large': 1n };
  const right = { employee: 1n, resident: 1n, 'employee-large': 1n };
  expect(addPools(left, right)).toEqual({ employee: 6n, resident: 4n, 'employee-large': 2n });
  expect(subtractPools(left, right)).toEqual({ employee: 4n, resident: 2n, 'employee-large': 0n });
  expect(sumPools(left)).toBe(9n);
  expect(poolFen((pool) => BigInt(pool.length))).toEqual({ employee: 8n, resident: 8n, 'employee-large': 14n });
  expect(isPool('employee-personal')).toBe(true);
  expect(isPrepaymentPool('employee-personal')).toBe(false);
  expect(isPool('lottery')).toBe(false);
});
