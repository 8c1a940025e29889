import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { BankEntry } from '../../activities/bank/port';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { postJournals } from '../../db/ledger';
import { changePayments } from '../../db/payments';
import { agencyAccounts, saveCalendarYear } from '../../db/register';
import { reconcile } from '../../operator/commands/reconcile';
import {
  approveLevels,
  AT,
  DAY,
  PEOPLE,
  raiseCase,
  rawRelease,
  REGION,
  saveSmallRegion,
} from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, nonZeroBalances, refusalOf, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';

// Files of a bank that are wrong, over the wire and into the books: refused whole or classed, nothing booked half. Two
// payments are on their way, so that half would be one of them.

const FUND_AT_BANK = agencyAccounts.fund(REGION, 'employee');
const SENT_BOOKS = {
  'fund/cash/employee': 10_000n,
  'fund/opening/employee': -10_000n,
  'fund/advance/vbp/employee/H65050000001/2026': 1_000n,
  'fund/transit/employee/H65050000001': -1_000n,
  'fund/advance/vbp/employee/H65050000002/2026': 2_000n,
  'fund/transit/employee/H65050000002': -2_000n,
};

type Body = string | Buffer;
type Tamper = (xml: string) => Body;

let database: TestDatabase;
let server: Server;
let answers: Record<'pain001' | 'pacs028' | 'camt054' | 'camt053', () => Body>;
let caseId: string;
let entries: BankEntry[];

const bank = () =>
  createHttpBank({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeoutMs: 5_000,
    log: pino({ level: 'silent' }),
  });
const activities = () =>
  createBankActivities({ db: database.app, bank: bank(), log: pino({ level: 'silent' }), heartbeat: () => undefined });
const ask = () => activities().askBank({ caseId, at: AT });

const notification = (said: BankEntry[]): string => writeCamt054('N1', AT, [{ account: FUND_AT_BANK, entries: said }]);
const statementXml = (): string =>
  writeCamt053('A1', AT, { account: FUND_AT_BANK, date: DAY, openingFen: 10_000n, closingFen: 7_000n, entries });

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const opening = [transfer('fund/cash/employee', 'fund/opening/employee', 10_000n)];
  await postJournals(database.app, REGION, [journal('opening', 'opening', opening, { date: '2026-01-01' })]);
  server = createServer((request, response) => {
    const service = request.url!.slice(1).split('?')[0] as keyof typeof answers;
    request.resume().on('end', () => response.end(answers[service]()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const raised = await raiseCase(database.app);
  caseId = raised.caseId;
  await approveLevels(database.app, raised);
  await rawRelease(database.app, raised);
  for (const to of ['approved', 'released'] as const)
    await changePayments(database.app, raised.paymentIds, { to, at: AT, actor: 'test' });
  const sent = async () => database.app('settle.payment_attempts').orderBy('payment_id');
  let messageId = '';
  const report = (): string =>
    writePain002({
      messageId: 'S1',
      createdAt: AT,
      originalMessageId: messageId,
      payments: entries.map(({ endToEndId }) => ({ endToEndId: endToEndId!, status: 'ACSP' })),
    });
  entries = [];
  answers = {
    // The first answer cannot be read: the payments are unknown, as they are most often when a file is bad.
    pain001: () => '',
    pacs028: report,
    camt054: () => notification(entries),
    camt053: statementXml,
  };
  await activities().sendReleasedPayments({ caseId, at: AT });
  const attempts = await sent();
  messageId = attempts[0].message_id;
  entries = attempts.map(({ end_to_end_id: endToEndId }: { end_to_end_id: string }, index: number) => ({
    bankReference: `B${index + 1}`,
    amountFen: BigInt(index + 1) * 1_000n,
    direction: 'debit',
    bookedOn: DAY,
    endToEndId,
  }));
});
afterEach(async () => {
  server.close();
  await database.drop();
});

const cut: Tamper = (xml) => xml.slice(0, -40);
const gbk: Tamper = (xml) => Buffer.concat([Buffer.from(xml.slice(0, -12)), Buffer.from([0xd2, 0xbd, 0xd4, 0xba])]);
const declaredGbk: Tamper = (xml) => xml.replace('encoding="UTF-8"', 'encoding="GB18030"');
const replaced =
  (from: string | RegExp, to: string): Tamper =>
  (xml) => {
    const changed = xml.replaceAll(from, to);
    if (changed === xml) throw new Error(`${String(from)} is not in the message`);
    return changed;
  };

describe.each<['pacs028' | 'camt054', [string, Tamper][]]>([
  [
    'pacs028',
    [
      ['a cut end', cut],
      ['bytes of another character set', gbk],
      ['another character set declared', declaredGbk],
      ['an id that nobody sent', replaced(/(<OrgnlEndToEndId>)[^<]*2<?/g, '$1UNKNOWN')],
      ['a status of another message', replaced(/<OrgnlMsgId>[^<]*/g, '<OrgnlMsgId>OTHER')],
      ['an unknown status', replaced('ACSP', 'OKAY')],
    ],
  ],
  [
    'camt054',
    [
      ['a cut end', cut],
      ['bytes of another character set', gbk],
      ['another character set declared', declaredGbk],
      [
        'one wrong amount, with totals that fit',
        () => notification([entries[0]!, { ...entries[1]!, amountFen: 2_001n }]),
      ],
      ['an id that nobody sent', () => notification([entries[0]!, { ...entries[1]!, endToEndId: 'UNKNOWN' }])],
      ['a wrong total', replaced('>30.00<', '>30.01<')],
      ['an amount in another currency', replaced('Ccy="CNY"', 'Ccy="USD"')],
      [
        'a booking told under two references',
        () => notification([...entries, { ...entries[0]!, bankReference: 'B9' }]),
      ],
    ],
  ],
])('an answer to %s with', (service, cases) => {
  it.each(cases)('%s is refused: nothing is booked, and the next good answer books both', async (_, tamper) => {
    const good = answers[service];
    answers[service] = () => tamper(good() as string);
    expect(await refusalOf(ask())).toBe('BankMessageInvalid');
    expect(await nonZeroBalances(database.app)).toEqual(SENT_BOOKS);
    const states = await database.app('settle.payments').where({ case_id: caseId }).pluck<string[]>('state');
    expect(states).toEqual(['unknown', 'unknown']);

    answers[service] = good;
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(await nonZeroBalances(database.app)).toMatchObject({
      'fund/cash/employee': 7_000n,
      'supervised/cash': 3_000n,
    });
  });
});

it('what the bank tells twice in the same words counts once', async () => {
  answers.camt054 = () => notification([...entries, ...entries]);
  expect((await ask()).counts).toEqual({ succeeded: 2 });
  expect(await nonZeroBalances(database.app)).toMatchObject({ 'fund/cash/employee': 7_000n });
});

it.each<[string, Tamper]>([
  ['a cut end', cut],
  ['bytes of another character set', gbk],
  ['another character set declared', declaredGbk],
  ['a closing balance that does not add up', replaced('70.00', '70.01')],
  ['a reference that stands twice', replaced('B2', 'B1')],
])('a statement with %s is refused, and nothing of the day is kept', async (_, tamper) => {
  answers.camt053 = () => tamper(statementXml());
  const context = { db: database.app, bank: bank(), log: pino({ level: 'silent' }), clock: { now: () => AT } };
  expect(await refusalOf(reconcile(context, { region: REGION, date: DAY, person: PEOPLE.accountant }))).toBe(
    'BankMessageInvalid',
  );
  expect(await database.app('settle.reconciliation_runs')).toEqual([]);
  expect(await database.app('settle.reconciliation_lines')).toEqual([]);
});
