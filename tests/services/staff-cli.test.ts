import { createHttpBank } from '../../activities/bank/http-bank';
import { Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { exampleStaff, type Role, type Staff } from '../../domain/region';
import { agencyAccounts } from '../../db/register';
import { decideUpdate } from '../../workflows/messages';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { regionOf, startTestStage, type TestStage } from '../support/stage';

// People as an office changes them while cases run: appointments, leave, and what neither gets round (新医保发〔2025〕50号 六(二)).

const REGION = '650403';
const CASE = `prepayment/${REGION}/2026`;
const BODY = 'H65040300001';
const DAY = '2026-03-02';
const LATE = `${REGION}-second-director`;
const who = (role: Role): string => `${REGION}-${role}`;

const STAFF: Staff[] = [
  ...exampleStaff(REGION).filter(({ person }) => person !== who('director')),
  { person: who('director'), name: '示例经办机构负责人', roles: ['director'], from: plainDate('2025-07-01') },
];

let stage: TestStage;
beforeAll(async () => {
  stage = await startTestStage([regionOf(REGION, [{ institution: BODY, baseFen: 10_000_000n }], { staff: STAFF })]);
  await stage.startPrepayment(REGION);
  await stage.goTo(CASE, DAY, Phase.ApprovalsAndBank);
}, 180_000);
afterAll(() => stage?.stop());

const settle = (...argv: string[]): Promise<CliRun> =>
  cli(argv, {
    running: {
      ...stage.context,
      connectBank: () => createHttpBank({ baseUrl: stage.stage.bankUrl, timeoutMs: 15_000, log: stage.context.log }),
      ownerDb: () => stage.stage.owner,
    },
    env: { SETTLE_PERSON: who('compliance') },
  });
const codeOf = async (...argv: string[]): Promise<unknown> => failureOf(await settle(...argv, '--json')).error.code;
const because = ['--reason', '示例：年休假'];
const leave = (from: string, to: string, role: Role): string[] => [
  ...['staff', 'delegate', '--from', from, '--to', to, '--role', role],
  ...['--starts', DAY, '--ends', '2026-03-06', ...because],
];
const attempts = async (): Promise<number> =>
  Number((await stage.context.db('settle.decision_attempts').count())[0]!.count);

it('a dry run of each tells what would hold, and nothing holds or is kept', async () => {
  const before = await attempts();
  const added = await settle('staff', 'add', LATE, '--name', '示例副职', '--role', 'director', ...because, '--dry-run');
  expect(added.stdout).toContain('nothing was changed');
  await settle(...leave(who('director'), who('operator'), 'director'), '--dry-run');
  await settle('staff', 'end', who('compliance'), ...because, '--as', who('director'), '--dry-run');
  const listed = dataOf(await settle('staff', 'list', '--json')) as { person: string; terms: object[] }[];
  expect(listed).toHaveLength(STAFF.length);
  expect(listed.every(({ terms }) => terms.length === 1)).toBe(true);
  expect(await attempts()).toBe(before);
});

it('who is needed stays until there is somebody else, unless it is said that nothing else helps', async () => {
  const end = ['staff', 'end', who('director'), ...because];
  expect(await codeOf(...end)).toBe('StaffNeeded');
  const forced = dataOf(await settle(...end, '--leave-undecidable', '--dry-run', '--json'));
  expect(forced).toMatchObject({
    undecidable: [{ requestId: `${CASE}#1`, step: 'release-approval', role: 'director' }],
    vacant: ['director'],
  });
  await settle('staff', 'add', LATE, '--name', '示例副职', '--role', 'director', ...because);
  expect(dataOf(await settle(...end, '--dry-run', '--json'))).toMatchObject({
    affected: [`${CASE}#1`],
    undecidable: [],
    vacant: [],
  });
  expect(dataOf(await settle('staff', 'show', LATE, '--json'))).toMatchObject({
    name: '示例副职',
    history: [{ on: DAY, what: 'appointed', role: 'director', by: who('compliance') }],
  });
});

it('the words that make no sense are refused, and all of them are attempts', async () => {
  expect(await codeOf('staff', 'add', 'new', '--role', 'officer', ...because)).toBe('UsageInvalid');
  expect(await codeOf('staff', 'add', who('compliance'), '--role', 'officer', ...because)).toBe('StaffConflict');
  expect(await codeOf('staff', 'add', who('cashier'), '--role', 'accountant', ...because)).toBe('StaffConflict');
  expect(await codeOf('staff', 'end', who('officer'), '--role', 'finance', ...because)).toBe('NotFound');
  expect(await codeOf('staff', 'end', 'nobody', ...because)).toBe('PersonUnknown');
  expect(await codeOf(...leave(who('officer'), who('officer'), 'officer'))).toBe('DelegationInvalid');
  expect((await settle('staff', 'add', who('officer'), '--role', 'king', ...because)).exitCode).toBe(2);
  const refused = dataOf(await settle('attempts', 'list', '--refused', '--json')) as { outcome: string }[];
  expect(refused.map(({ outcome }) => outcome)).toEqual([
    ...[
      'StaffNeeded',
      'UsageInvalid',
      'StaffConflict',
      'StaffConflict',
      'NotFound',
      'PersonUnknown',
      'DelegationInvalid',
    ],
  ]);
});

it('who is back early takes the role back', async () => {
  const back = (...more: string[]) => [
    ...['staff', 'end-delegation', '--from', who('director'), '--to', who('operator'), '--reason', '示例：提前返岗'],
    ...more,
  ];
  expect(await codeOf(...back())).toBe('NotFound');
  await settle(...leave(who('director'), who('operator'), 'director'));
  expect(await codeOf(...back('--role', 'finance'))).toBe('NotFound');
  expect(await codeOf(...back('--on', '2026-02-01'))).toBe('StaffConflict');
  expect(dataOf(await settle(...back('--dry-run', '--json')))).toMatchObject({ undecidable: [], vacant: [] });
  const ended = await settle(...back('--on', '2026-03-01'));
  expect(ended.stdout).not.toContain(`director for ${who('director')}`);
  expect((await settle('staff', 'show', who('operator'))).stdout).toContain(
    `director for ${who('director')} ends on 2026-03-01`,
  );
  expect(dataOf(await settle('staff', 'show', who('director'), '--json'))).toMatchObject({
    history: expect.arrayContaining([
      expect.objectContaining({ what: 'delegation-ended', other: who('operator'), by: who('compliance') }),
    ]) as unknown,
  });
});

it('a delegate decides in both names; nobody gets round the four people by one', async () => {
  await settle(...leave(who('director'), who('operator'), 'director'));
  await settle(...leave(who('finance'), who('officer'), 'finance'));
  await settle(...leave(who('cashier'), who('business-head'), 'cashier'));
  const approve = (person: string): Promise<CliRun> => settle('approvals', 'approve', CASE, '--as', person, '--json');
  for (const role of ['officer', 'business-head'] as const)
    expect(await approve(who(role))).toMatchObject({ exitCode: 0 });

  // The officer stands in for finance, but has decided: refused by the command, by the validator, by the database.
  expect(failureOf(await approve(who('officer'))).error.code).toBe('ApprovalSamePerson');
  const dry = await settle('approvals', 'approve', CASE, '--as', who('officer'), '--dry-run', '--json');
  expect(failureOf(dry).error.code).toBe('ApprovalSamePerson');
  const { requestId, contentSha256 } = await stage.request(CASE);
  const past = stage.context.client.workflow.getHandle(CASE).executeUpdate(decideUpdate, {
    args: [
      {
        requestId,
        person: who('officer'),
        actingFor: who('finance'),
        decision: 'approve',
        level: 'finance-check',
        contentSha256,
        reason: '',
        at: stage.context.clock.now(),
      },
    ],
  });
  await expect(past).rejects.toMatchObject({ cause: { type: 'ApprovalSamePerson' } });

  expect(await approve(who('finance'))).toMatchObject({ exitCode: 0 });
  expect((await settle('approvals', 'list')).stdout).toContain(`${who('operator')} for ${who('director')}`);
  expect(await approve(who('operator'))).toMatchObject({ exitCode: 0 });
  expect((await stage.request(CASE)).decisions.at(-1)).toMatchObject({
    person: who('operator'),
    actingFor: who('director'),
  });
  expect((await settle('history', CASE, '--json')).stdout).toContain(`#1 for ${who('director')}`);

  expect(await codeOf('cashier', 'release', CASE, '--as', who('business-head'))).toBe('CashierIsApprover');
  expect(await settle('cashier', 'release', CASE, '--as', who('cashier'))).toMatchObject({ exitCode: 0 });
  await stage.settle(CASE);
}, 60_000);

it('what nobody can place is found by the status, received, and given back as a return', async () => {
  const accountant = ['--as', who('accountant')];
  await stage.stage.bank.credit([
    {
      id: 'odd',
      account: agencyAccounts.supervised(REGION),
      amountFen: 300_000n,
      bookedOn: plainDate(DAY),
      payerName: '示例来款人',
    },
  ]);
  stage.setClock('2026-03-03', Phase.PeopleAct);
  await settle('reconcile', 'run', '--date', DAY, ...accountant);
  const [{ exception }] = dataOf(await settle('reconcile', 'list', '--json')) as [{ exception: string }];
  const received = await settle('suspense', 'receive', exception, '--reason', '示例：用途不明', ...accountant);
  expect(received.stdout).toContain(`suspense/${exception}: 3,000.00`);
  await settle('reconcile', 'run', '--date', DAY, ...accountant);
  const dry = await settle('reconcile', 'sign-off', '--date', DAY, ...accountant, '--dry-run');
  expect(dry.stdout).toContain('nothing was recorded');
  expect(await settle('reconcile', 'sign-off', '--date', DAY, ...accountant)).toMatchObject({ exitCode: 0 });

  const place = ['suspense', 'resolve', exception, '--to', 'return', '--institution', BODY, '--reason', '示例：来函'];
  expect((await settle(...place, ...accountant)).exitCode).toBe(2);
  expect(await codeOf(...place, '--period', '2026-12', ...accountant)).toBe('ReturnNotDue');
  expect(await settle(...place, '--period', '2026-04', ...accountant)).toMatchObject({ exitCode: 0 });
  // 100,000.00 × 50 % prepaid, a tenth of it due in April.
  expect(dataOf(await settle('returns', 'list', '--period', '2026-04', '--json'))).toMatchObject([
    { institution: BODY, amount: '5000.00', received: '3000.00' },
  ]);
  expect(dataOf(await settle('suspense', 'list', '--json'))).toEqual([]);
  expect(dataOf(await settle('suspense', 'list', '--all', '--json'))).toMatchObject([{ left: '0.00' }]);
}, 60_000);
