import type { ApprovedContent } from '../../db/approval-contents';
import { changeLines, whoIsAsked } from '../../operator/cli/approval-lines';
import { compareContents } from '../../operator/commands/approvals';
import { cli, failureOf } from '../support/cli';

const REASON = ['--reason', '示例'];
const ACTOR = ['--as', '650100-operator'];

describe('the operator’s commands', () => {
  it.each([
    ['approvals list'],
    ['approvals show prepayment/650100/2026'],
    ['approvals approve prepayment/650100/2026 --as 650100-officer'],
    ['cashier release prepayment/650100/2026 --as 650100-cashier'],
    ['cases list'],
    ['history prepayment/650100/2026'],
    ['payments list'],
    ['returns list'],
    ['ledger balances'],
    ['export out'],
    ['staff list'],
  ])('settle %s says so where nothing runs', async (line) => {
    const run = await cli([...line.split(' '), '--json']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(run).error.code).toBe('NotRunning');
  });

  it.each([
    ['nobody acts', ['approvals', 'approve', 'prepayment/650100/2026#1']],
    ['a rejection without a reason', ['approvals', 'reject', 'prepayment/650100/2026#1', '--as', '650100-officer']],
    ['no payment is named or chosen', ['payments', 'retry', ...ACTOR, ...REASON]],
    ['a reason is missing', ['payments', 'cancel', 'p', ...ACTOR]],
    ['a reason is empty', ['payments', 'cancel', 'p', ...ACTOR, '--reason', ' ']],
    ['a state that there is not', ['payments', 'list', '--state', 'lost']],
    ['an account of another form', ['payments', 'correct-account', 'p', '--account', '12 34', ...ACTOR, ...REASON]],
    ['an amount below zero', ['returns', 'record', '--amount', '-1.00']],
    ['an institution of another form', ['returns', 'list', '--institution', 'H1']],
    ['a day that does not exist', ['ledger', 'balances', '--on', '2026-02-30']],
    ['a role that there is not', ['staff', 'list', '--role', 'king']],
  ])('%s: a mistake of usage, before anything is connected', async (_what, argv) => {
    const run = await cli([...argv, '--json']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(failureOf(run).error.code).toBe('UsageInvalid');
  });

  it('SETTLE_PERSON acts where --as is left out', async () => {
    const run = await cli(['approvals', 'approve', 'a#1', '--json'], { env: { SETTLE_PERSON: '650100-officer' } });
    expect(failureOf(run).error.code).toBe('NotRunning');
  });
});

describe('what changed between two contents', () => {
  const content = (paymentId: string, more: Partial<ApprovedContent> = {}): ApprovedContent => ({
    paymentId,
    amountFen: 100_000n,
    payeeName: '示例医院',
    payeeAccount: '0001',
    payeeBankCode: '650100000000',
    ...more,
  });

  it('is what came, what went and what is not as it was', () => {
    const before = [content('a'), content('b'), content('c')];
    const after = [content('b', { amountFen: 90_000n, payeeAccount: '0002' }), content('c'), content('d')];
    const changes = compareContents(before, after);
    expect(changes.map(({ paymentId, change }) => [paymentId, change])).toEqual([
      ['a', 'removed'],
      ['b', 'changed'],
      ['d', 'added'],
    ]);
    expect(changeLines(changes)).toEqual([
      '  removed  a  1,000.00',
      '  changed  b  1,000.00 → 900.00; 0001 → 0002',
      '  added  d  1,000.00',
    ]);
  });

  it('is nothing where all is as it was', () => {
    expect(compareContents([content('a')], [content('a')])).toEqual([]);
  });
});

describe('who is asked', () => {
  it('is named with the role, and it is said when nobody is left', () => {
    const people = [{ person: '650100-officer', name: '示例经办员' }];
    expect(whoIsAsked({ step: 'first-review', role: 'officer', people })).toBe(
      'first-review (officer): 650100-officer 示例经办员',
    );
    expect(whoIsAsked({ step: 'first-review', role: 'officer', people: [] })).toContain('nobody');
    expect(whoIsAsked(undefined)).toBe('–');
  });
});
