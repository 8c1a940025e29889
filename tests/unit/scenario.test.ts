import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_SCENARIO } from '../../domain/scenario';
import { loadScenario, readScenario, type ScenarioRegion } from '../../operator/files/scenario';
import { makeRegion } from '../../rehearsal/made-up-region';
import { refusalOfAsync } from '../support/refusal';

/** Thirteen hospitals and more, of which number 14 settles through number 13; suppliers E0001 to E0009. */
const REGION: ScenarioRegion = makeRegion({ code: '650500', institutions: 20, enterprises: 9 });
const BODY = 'H65050000001';
const MEMBER = 'H65050000014';

let dir: string;
let file: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'settle-scenario-'));
  file = join(dir, 'scenario.yaml');
});
afterAll(() => rm(dir, { recursive: true }));

async function check(text: string) {
  await writeFile(file, text);
  const { scenario, findings } = await readScenario(file, [REGION]);
  expect(scenario === undefined).toBe(findings.length > 0);
  return findings.map(({ line, column, code }) => [line, column, code]);
}

const WHOLE = `
institutions:
  ${BODY}:
    return:  { 2026-06: never, 2026-07: 2026-07-28 }
    confirm: { 2026-05: never, 2026-08: 2026-08-19 }
    topUp:   { 2026-07: never }
    dispute: { 2026-06: [L000123] }
    correct: { prepayment-not-returned/2026-06: 2026-08-10 }
    forceMajeure: { late-reconciliation/2026-05: "flood, evidence 12" }
bank:
  - { period: 2026-04, institution: ${BODY}, enterprise: E0001, outcome: rejected, retryOn: 2026-04-27 }
  - { kind: disbursement, institution: H65050000003, pool: employee, outcome: rejected, retryOn: 2026-03-05 }
  - { kind: agency-return, period: 2026-05, institution: H65050000002, outcome: late }
  - { kind: fund, period: 2026-05, institution: H65050000002, pool: resident, outcome: timeout-paid }
  - { period: 2026-04, institution: H65050000002, enterprise: E0001, outcome: returned }
enterprises:
  E0007: { finding: { 2026-07: refused }, performsOn: 2026-09-03 }
claims: { 2026-05: { reviewedOn: 2026-06-24 } }
transfers: { 2026-05: { employee: 2026-05-14, resident: never } }
approvals:
  - { case: window/650500/2026-05, level: finance-check, decision: reject, reason: "wrong account", thenApproveOn: 2026-05-26 }
`;

describe('a scenario', () => {
  it('is read as it stands, and what is left out is empty', async () => {
    await writeFile(file, WHOLE);
    const scenario = await loadScenario(file, [REGION]);
    expect(scenario.institutions[BODY]).toEqual({
      return: { '2026-06': 'never', '2026-07': '2026-07-28' },
      confirm: { '2026-05': 'never', '2026-08': '2026-08-19' },
      topUp: { '2026-07': 'never' },
      dispute: { '2026-06': ['L000123'] },
      correct: { 'prepayment-not-returned/2026-06': '2026-08-10' },
      forceMajeure: { 'late-reconciliation/2026-05': 'flood, evidence 12' },
    });
    expect(scenario.bank.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['payment', 'rejected'],
      ['disbursement', 'rejected'],
      ['agency-return', 'late'],
      ['fund', 'timeout-paid'],
      ['payment', 'returned'],
    ]);
    expect(scenario.bank[1]).toEqual({
      kind: 'disbursement',
      institution: 'H65050000003',
      pool: 'employee',
      outcome: 'rejected',
      retryOn: '2026-03-05',
    });
    expect(scenario.enterprises).toEqual({ E0007: { finding: { '2026-07': 'refused' }, performsOn: '2026-09-03' } });
    expect(scenario.claims).toEqual({ '2026-05': { reviewedOn: '2026-06-24' } });
    expect(scenario.transfers).toEqual({ '2026-05': { employee: '2026-05-14', resident: 'never' } });
    expect(scenario.approvals).toEqual([
      {
        case: 'window/650500/2026-05',
        level: 'finance-check',
        decision: 'reject',
        reason: 'wrong account',
        thenApproveOn: '2026-05-26',
      },
    ]);
  });

  it.each(['', '# nothing\n', '{}\n', 'institutions:\nbank:\n', `institutions:\n  ${BODY}: {}\n`])(
    'may be nearly nothing: %j',
    async (text) => {
      expect(await check(text)).toEqual([]);
      if (!text.includes(BODY)) expect(await loadScenario(file, [REGION])).toEqual(EMPTY_SCENARIO);
    },
  );

  it.each([
    ['a key it does not have', 'holidays: {}\n', [1, 'holidays', 'key-unknown']],
    ['a misspelt key', `institutions:\n  ${BODY}:\n    topup: {}\n`, [3, `institutions.${BODY}.topup`, 'key-unknown']],
    ['an institution id that is none', 'institutions:\n  X1: {}\n', [2, 'institutions.X1', 'id-pattern']],
    [
      'an unknown institution',
      'institutions:\n  H65050000099: {}\n',
      [2, 'institutions.H65050000099', 'reference-unknown'],
    ],
    [
      'a member of a consortium',
      `institutions:\n  ${MEMBER}: {}\n`,
      [2, `institutions.${MEMBER}`, 'reference-unknown'],
    ],
    [
      'a day that does not exist',
      `institutions:\n  ${BODY}:\n    return:\n      2026-06: 2026-06-31\n`,
      [4, `institutions.${BODY}.return.2026-06`, 'date'],
    ],
    [
      'a month that does not exist',
      `institutions:\n  ${BODY}:\n    return:\n      2026-13: never\n`,
      [4, `institutions.${BODY}.return.2026-13`, 'date'],
    ],
    [
      'a return before its month',
      `institutions:\n  ${BODY}:\n    return:\n      2026-06: 2026-05-31\n`,
      [4, `institutions.${BODY}.return.2026-06`, 'date-order'],
    ],
    [
      'a top-up on a day',
      `institutions:\n  ${BODY}:\n    topUp: { 2026-07: 2026-07-03 }\n`,
      [3, `institutions.${BODY}.topUp.2026-07`, 'value-unknown'],
    ],
    [
      'an unknown breach',
      `institutions:\n  ${BODY}:\n    correct: { forgot/2026-07: 2026-07-03 }\n`,
      [3, `institutions.${BODY}.correct.forgot/2026-07`, 'value-unknown'],
    ],
    [
      'an unknown outcome',
      `bank:\n  - { kind: disbursement, institution: ${BODY}, outcome: lost }\n`,
      [2, 'bank[0].outcome', 'value-unknown'],
    ],
    [
      'an unknown kind of payment',
      `bank:\n  - { kind: gift, institution: ${BODY}, outcome: late }\n`,
      [2, 'bank[0].kind', 'value-unknown'],
    ],
    [
      'a payment without its supplier',
      `bank:\n  - { period: 2026-04, institution: ${BODY}, outcome: late }\n`,
      [2, 'bank[0].enterprise', 'key-missing'],
    ],
    [
      'a disbursement to a supplier',
      `bank:\n  - kind: disbursement\n    institution: ${BODY}\n    enterprise: E0001\n    outcome: late\n`,
      [4, 'bank[0].enterprise', 'key-unknown'],
    ],
    [
      'a disbursement of a month',
      `bank:\n  - kind: disbursement\n    institution: ${BODY}\n    period: 2026-03\n    outcome: late\n`,
      [4, 'bank[0].period', 'key-unknown'],
    ],
    [
      'an unknown supplier',
      `bank:\n  - { period: 2026-04, institution: ${BODY}, enterprise: E0099, outcome: late }\n`,
      [2, 'bank[0].enterprise', 'reference-unknown'],
    ],
    [
      'a retry of what was paid',
      `bank:\n  - { kind: disbursement, institution: ${BODY}, outcome: timeout-paid, retryOn: 2026-03-05 }\n`,
      [2, 'bank[0].retryOn', 'key-unknown'],
    ],
    [
      'an approval without its reason',
      'approvals:\n  - { case: prepayment/650500/2026, level: finance-check, decision: reject }\n',
      [2, 'approvals[0].reason', 'key-missing'],
    ],
    [
      'a level that does not exist',
      'approvals:\n  - { case: prepayment/650500/2026, level: fifth, decision: reject, reason: x }\n',
      [2, 'approvals[0].level', 'value-unknown'],
    ],
    [
      'a case that is none',
      'approvals:\n  - { case: prepayment/650500, level: finance-check, decision: reject, reason: x }\n',
      [2, 'approvals[0].case', 'id-pattern'],
    ],
    [
      'a case of another region',
      'approvals:\n  - { case: prepayment/650400/2026, level: finance-check, decision: reject, reason: x }\n',
      [2, 'approvals[0].case', 'reference-unknown'],
    ],
    [
      'a supplier that is not there',
      'enterprises:\n  E0099: { performsOn: 2026-09-03 }\n',
      [2, 'enterprises.E0099', 'reference-unknown'],
    ],
    ['a list where keys belong', 'institutions: [a]\n', [1, 'institutions', 'value-type']],
    ['damaged YAML', 'bank:\n  - { kind: fund\n', [3, undefined, 'yaml-damaged']],
  ])('is refused for %s', async (_, text, finding) => {
    expect(await check(text)).toEqual([finding]);
  });

  it('is refused as a whole with every fault', async () => {
    await writeFile(file, 'holidays: {}\nbank:\n  - { outcome: lost }\n');
    const refusal = await refusalOfAsync(() => loadScenario(file, [REGION]));
    expect(refusal.code).toBe('FileInvalid');
    expect(refusal.details.place).toEqual({ file, line: 1, column: 'holidays' });
    expect(refusal.message).toContain('bank[0].outcome is "lost"');
  });

  it('is refused when the file is not there', async () => {
    const { findings } = await readScenario(join(dir, 'nowhere.yaml'), [REGION]);
    expect(findings).toMatchObject([{ code: 'file-missing' }]);
  });
});
