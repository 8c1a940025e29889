import pino from 'pino';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { createHeldActivities } from '../../activities/window/held';
import { createWindowActivities } from '../../activities/window/window';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { RaisedRequest } from '../../activities/types';
import { storeMessage } from '../../db/bank-messages';
import { changePayments, loadPayments } from '../../db/payments';
import { saveRegion } from '../../db/register';
import { loadPayeeFlags } from '../../db/payees';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { regionOf } from '../support/stage';
import { REGION, saveSmallWindowRegion } from '../support/window-region';

// Nobody pays the wrong account (错付、串户; 新医保发〔2025〕50号 六(三)): what the database keeps, whoever asks.

let database: TestDatabase;
let dependencies: ActivityDependencies;
const BODY = 'H65050000001';

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallWindowRegion(database.owner, BODY);
  dependencies = {
    db: database.app,
    bank: undefined as never,
    log: pino({ level: 'silent' }),
    heartbeat: () => undefined,
  };
});
afterEach(() => database.drop());

const day = (date: string): BusinessMoment => atPhase(plainDate(date), Phase.ApprovalsAndBank);
const BATCH: Record<string, BusinessMoment> = { '2026-04': day('2026-04-21'), '2026-05': day('2026-05-21') };
const caseOf = (period: string): string => `window/${REGION}/${period}`;
const paymentOf = (period: string, enterprise: string): string => `payment/${REGION}/${period}/${BODY}/${enterprise}`;

/** A window in which one body agreed to pay each of these enterprises 100.00. */
async function prepared(period: string, enterprises: readonly string[]): Promise<RaisedRequest> {
  const window = createWindowActivities(dependencies);
  const caseId = caseOf(period);
  await window.openWindow({ caseId, at: day(`${period}-01`), region: REGION, period });
  const key = { region: REGION, period, institution: BODY, revision: 1 };
  const fen = 10_000n * BigInt(enterprises.length);
  await writeByHand(database.owner, ['settle.statements', 'settle.statement_enterprises'], async (trx) => {
    await trx('settle.statements').insert({
      ...key,
      gross_fen: fen,
      credits_fen: 0n,
      net_fen: fen,
      from_prepayment_fen: 0n,
      from_own_fen: fen,
      entrustment: '示例',
      confirmed_on: `${period}-10`,
      at_time: '10:00',
      confirmed_by: BODY,
    });
    await trx('settle.statement_enterprises').insert(
      enterprises.map((enterprise) => ({
        ...key,
        enterprise,
        gross_fen: 10_000n,
        credits_fen: 0n,
        net_fen: 10_000n,
        from_prepayment_fen: 0n,
        from_own_fen: 10_000n,
      })),
    );
  });
  return (await window.prepareWindowBatch({ caseId, at: BATCH[period]!, revision: 1 })) as RaisedRequest;
}

const approvals = () => createApprovalActivities(dependencies);

async function approve(period: string, request: RaisedRequest, payeesConfirmed: boolean): Promise<void> {
  for (const { level, role } of request.levels)
    await approvals().recordDecision({
      caseId: caseOf(period),
      at: BATCH[period]!,
      decision: {
        requestId: request.requestId,
        level,
        person: `${REGION}-${role}`,
        decision: 'approve',
        contentSha256: request.contentSha256,
        reason: '',
        payeesConfirmed,
      },
    });
}

const release = (period: string, { requestId, contentSha256 }: RaisedRequest, holdDiffering = false): Promise<void> =>
  approvals().recordRelease({
    caseId: caseOf(period),
    at: BATCH[period]!,
    release: { requestId, person: `${REGION}-cashier`, contentSha256, holdDiffering },
  });

/** Sent, and booked by the bank. */
async function pay(period: string): Promise<void> {
  const at = BATCH[period]!;
  const released = await loadPayments(database.app, { caseId: caseOf(period), states: ['released'] });
  const paymentIds = released.map(({ paymentId }) => paymentId);
  await storeMessage(
    database.app,
    {
      messageId: `MSG${period}`,
      region: REGION,
      caseId: caseOf(period),
      debtorAccount: released[0]!.debtorAccount,
      at,
    },
    paymentIds.map((paymentId, index) => ({ endToEndId: `E2E${period}${index}`, paymentId, attempt: 1 })),
  );
  await changePayments(database.app, paymentIds, { to: 'sent', at, actor: 'engine' });
  const evidence = { references: paymentIds.map((_, index) => `REF${index}`), bookedOn: paymentIds.map(() => at.date) };
  await changePayments(database.app, paymentIds, { to: 'succeeded', at, actor: 'bank' }, evidence);
}

async function paidInApril(enterprises: readonly string[]): Promise<void> {
  const request = await prepared('2026-04', enterprises);
  await approve('2026-04', request, false);
  await release('2026-04', request);
  await pay('2026-04');
}

const changeAccount = (enterprise: string, account: string) =>
  database.owner('settle.enterprises').where({ region: REGION, enterprise }).update({ account });

const states = async (period: string): Promise<string[]> =>
  (await loadPayments(database.app, { caseId: caseOf(period) })).map(({ state }) => state);

describe('a payee that is another one than when the enterprise was last paid', () => {
  it('is marked, and every level confirms it', async () => {
    await paidInApril(['E0001', 'E0002']);
    await changeAccount('E0002', '9999');
    const request = await prepared('2026-05', ['E0001', 'E0002']);
    expect(request.markedPayees).toBe(1);
    expect(await loadPayeeFlags(database.app, request.requestId)).toEqual([
      {
        paymentId: paymentOf('2026-05', 'E0002'),
        flag: 'payee-changed',
        detail: 'last paid on 2026-04-21 to 示例医药E0002, account 88E0002 at 650500000009',
      },
    ]);
    expect(await refusalOf(approve('2026-05', request, false))).toBe('PayeesUnconfirmed');
    await approve('2026-05', request, true);
    expect(await states('2026-05')).toEqual(['approved', 'approved']);
  });

  it('is no stranger when it was never paid before', async () => {
    const request = await prepared('2026-04', ['E0001']);
    expect(request.markedPayees).toBeUndefined();
  });

  it('cannot be approved by raw SQL either', async () => {
    await paidInApril(['E0001']);
    await changeAccount('E0001', '9999');
    const { requestId, contentSha256, levels } = await prepared('2026-05', ['E0001']);
    const raw = database.app('settle.approval_decisions').insert({
      request_id: requestId,
      level_no: 1,
      level: levels[0]!.level,
      person: `${REGION}-officer`,
      decision: 'approve',
      content_sha256: contentSha256,
      decided_on: '2026-05-21',
      at_time: '14:00',
    });
    expect(await refusalOf(raw)).toBe('PayeesUnconfirmed');
    expect(await refusalOf(database.app('settle.payee_flags').where({ request_id: requestId }).delete())).toBe('42501');
    expect(await refusalOf(database.owner('settle.payee_flags').where({ request_id: requestId }).delete())).toBe(
      'AppendOnly',
    );
  });
});

describe('two payees with one account', () => {
  it('are both marked, each with the other', async () => {
    await changeAccount('E0002', '88E0001');
    const request = await prepared('2026-04', ['E0001', 'E0002', 'E0003']);
    expect(await loadPayeeFlags(database.app, request.requestId)).toEqual([
      {
        paymentId: paymentOf('2026-04', 'E0001'),
        flag: 'shared-account',
        detail: 'account 88E0001 is also that of E0002',
      },
      {
        paymentId: paymentOf('2026-04', 'E0002'),
        flag: 'shared-account',
        detail: 'account 88E0001 is also that of E0001',
      },
    ]);
  });

  it.each([
    ['88-E0002', 'a hyphen'],
    ['88e0002', 'a small letter'],
  ])('are marked where one is written %s, with %s', async (account) => {
    await changeAccount('E0001', account);
    const { requestId } = await prepared('2026-04', ['E0001', 'E0002', 'E0003']);
    const flags = await loadPayeeFlags(database.app, requestId);
    expect(flags.map(({ paymentId, detail }) => [paymentId, detail])).toEqual([
      [paymentOf('2026-04', 'E0001'), `account ${account} is also that of E0002`],
      [paymentOf('2026-04', 'E0002'), 'account 88E0002 is also that of E0001'],
    ]);
  });

  it('are marked where the account is the agency’s own', async () => {
    await changeAccount('E0001', '650500-supervised');
    await changeAccount('E0002', '650500-FUND-RESIDENT');
    await database
      .owner('settle.regions')
      .where({ region: REGION })
      .update({ supervised_account: '650500-SUPERVISED' });
    await database
      .owner('settle.funds')
      .where({ region: REGION, pool: 'resident' })
      .update({ account: '650500-FUND-RESIDENT' });
    const { requestId } = await prepared('2026-04', ['E0001', 'E0002', 'E0003']);
    expect((await loadPayeeFlags(database.app, requestId)).map(({ detail }) => detail)).toEqual([
      'account 650500-supervised is also that of the supervised account of 650500',
      'account 650500-FUND-RESIDENT is also that of the fund resident of 650500',
    ]);
  });

  it('are marked where another enterprise has it in another region, and not the same one there', async () => {
    const elsewhere = regionOf('650200', [{ institution: 'H65020000001', baseFen: 0n }]);
    const supplier = (enterprise: string, account: string) => ({
      enterprise,
      name: '示例医药',
      account,
      bankCode: '650200000009',
    });
    const enterprises = [supplier('E0001', '88E0001'), supplier('E0007', '88-E0002')];
    const settings = { policies: ['xinjiang-2025-50'], provisionalCalendar: false };
    await saveRegion(database.owner, { ...elsewhere, enterprises }, settings);
    const { requestId } = await prepared('2026-04', ['E0001', 'E0002']);
    expect((await loadPayeeFlags(database.app, requestId)).map(({ detail }) => detail)).toEqual([
      'account 88E0002 is also that of E0007',
    ]);
  });

  it('are marked too where the other is an institution', async () => {
    const { account } = await database
      .app('settle.institutions')
      .where({ region: REGION, institution: BODY })
      .first<{ account: string }>('account');
    await changeAccount('E0001', account);
    const request = await prepared('2026-04', ['E0001']);
    expect(await loadPayeeFlags(database.app, request.requestId)).toMatchObject([{ flag: 'shared-account' }]);
  });
});

describe('a register that changes between approval and release', () => {
  let request: RaisedRequest;
  beforeEach(async () => {
    request = await prepared('2026-04', ['E0001', 'E0002']);
    await approve('2026-04', request, false);
    await changeAccount('E0002', '9999');
  });

  it('stops the release, and nothing is changed', async () => {
    await expect(release('2026-04', request)).rejects.toThrow(
      `${paymentOf('2026-04', 'E0002')} would go to 示例医药E0002, account 88E0002 at 650500000009; the register of the day says 示例医药E0002, account 9999 at 650500000009`,
    );
    expect(await refusalOf(release('2026-04', request))).toBe('PayeeDiffers');
    expect(await states('2026-04')).toEqual(['approved', 'approved']);
  });

  it('stops it by raw SQL too', async () => {
    const raw = database.app('settle.releases').insert({
      request_id: request.requestId,
      person: `${REGION}-cashier`,
      content_sha256: request.contentSha256,
      released_on: '2026-04-21',
      at_time: '14:00',
    });
    expect(await refusalOf(raw)).toBe('PayeeDiffers');
  });

  it('holds that payment where the cashier says so, and releases the others', async () => {
    await release('2026-04', request, true);
    expect(await states('2026-04')).toEqual(['released', 'held']);
    expect(await database.app('settle.alerts').where({ case_id: caseOf('2026-04') })).toMatchObject([
      { kind: 'payee-differs', on_date: '2026-04-21' },
    ]);
    // Neither the next run nor an operator's hand sends it to whom nobody approved.
    await createHeldActivities(dependencies).resumeHeldPayments({ caseId: caseOf('2026-04'), at: day('2026-05-21') });
    expect(await states('2026-04')).toEqual(['released', 'held']);
    const raw = changePayments(database.app, [paymentOf('2026-04', 'E0002')], {
      to: 'approved',
      at: day('2026-04-21'),
      actor: 'x',
    }).then(() =>
      changePayments(database.app, [paymentOf('2026-04', 'E0002')], {
        to: 'released',
        at: day('2026-04-21'),
        actor: 'x',
      }),
    );
    expect(await refusalOf(raw)).toBe('PayeeDiffers');
  });

  it('is corrected by an operator to what the register says, and to nothing else', async () => {
    await release('2026-04', request, true);
    const correct = (account: string) =>
      createOperatorActivities(dependencies).applyOperatorAction({
        caseId: caseOf('2026-04'),
        at: day('2026-04-22'),
        nextRevision: 2,
        operator: {
          actionId: account,
          action: 'correct',
          paymentIds: [paymentOf('2026-04', 'E0002')],
          person: `${REGION}-operator`,
          reason: '账户变更',
          account: { name: '示例医药E0002', account, bankCode: '650500000009' },
        },
      });
    expect(await refusalOf(correct('7777'))).toBe('PayeeDiffers');
    expect(await correct('9999')).toMatchObject({ requestId: `${caseOf('2026-04')}#2` });
    expect(await states('2026-04')).toEqual(['released', 'prepared']);
  });
});

describe('a payment that the bank refused', () => {
  it('is not sent again to an account that the register no longer has', async () => {
    const request = await prepared('2026-04', ['E0001']);
    await approve('2026-04', request, false);
    await release('2026-04', request);
    const paymentIds = [paymentOf('2026-04', 'E0001')];
    const at = BATCH['2026-04']!;
    await storeMessage(
      database.app,
      { messageId: 'MSG1', region: REGION, caseId: caseOf('2026-04'), debtorAccount: 'x', at },
      [{ endToEndId: 'E2E1', paymentId: paymentIds[0]!, attempt: 1 }],
    );
    await changePayments(database.app, paymentIds, { to: 'sent', at, actor: 'engine' });
    await changePayments(database.app, paymentIds, { to: 'failed', at, actor: 'bank', reason: 'AC04' });
    await changeAccount('E0001', '9999');
    const retry = createOperatorActivities(dependencies).applyOperatorAction({
      caseId: caseOf('2026-04'),
      at: day('2026-04-22'),
      nextRevision: 2,
      operator: { actionId: '1', action: 'retry', paymentIds, person: `${REGION}-operator`, reason: '重发' },
    });
    expect(await refusalOf(retry)).toBe('PayeeDiffers');
    expect(await states('2026-04')).toEqual(['failed']);
  });
});
