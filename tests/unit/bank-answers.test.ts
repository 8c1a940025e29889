import { answersFromReports, withBookings } from '../../activities/bank/answers';
import { readCamt053, writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { readCamt054, writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { readPacs028, writePacs028 } from '../../activities/bank/iso20022/pacs028';
import { readPain002, writePain002 } from '../../activities/bank/iso20022/pain002';
import type { StatusReport } from '../../activities/bank/iso20022/pain002';
import type { BankEntry, BankStatement, PaymentQuestion } from '../../activities/bank/port';
import { plainDate } from '../../domain/plain-date';

const at = { date: plainDate('2026-04-21'), time: '14:00' };
const day = at.date;
const nextDay = plainDate('2026-04-22');

function report(payments: StatusReport['payments'], group: Partial<StatusReport> = {}): StatusReport {
  return { messageId: 'S1', createdAt: at, originalMessageId: 'M1', payments, ...group };
}

describe('a status report', () => {
  it('comes back from its message as it went in', () => {
    const full = report(
      [
        { endToEndId: 'A', status: 'ACSP' },
        { endToEndId: 'B', status: 'RJCT', reason: { code: 'AC04', text: '账户已销户 <示例>' } },
        { endToEndId: 'C' },
      ],
      { originalCount: 3, groupStatus: 'PART', groupReason: { code: 'NARR' } },
    );
    expect(readPain002(writePain002(full))).toEqual(full);
  });

  // Written by hand the way other banks write: a prefix, a status of the block, several lines of text, no time zone.
  const foreign = `<?xml version="1.0"?>
<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">
  <ns2:CstmrPmtStsRpt>
    <ns2:GrpHdr><ns2:MsgId>S-7</ns2:MsgId><ns2:CreDtTm>2026-04-21T06:00:00Z</ns2:CreDtTm></ns2:GrpHdr>
    <ns2:OrgnlGrpInfAndSts><ns2:OrgnlMsgId>M1</ns2:OrgnlMsgId><ns2:OrgnlMsgNmId>pain.001.001.09</ns2:OrgnlMsgNmId></ns2:OrgnlGrpInfAndSts>
    <ns2:OrgnlPmtInfAndSts>
      <ns2:OrgnlPmtInfId>M1.1</ns2:OrgnlPmtInfId><ns2:PmtInfSts>RJCT</ns2:PmtInfSts>
      <ns2:StsRsnInf><ns2:Rsn><ns2:Cd>AM04</ns2:Cd></ns2:Rsn><ns2:AddtlInf>余额</ns2:AddtlInf><ns2:AddtlInf>不足</ns2:AddtlInf></ns2:StsRsnInf>
      <ns2:TxInfAndSts><ns2:OrgnlEndToEndId>A</ns2:OrgnlEndToEndId></ns2:TxInfAndSts>
      <ns2:TxInfAndSts><ns2:OrgnlEndToEndId>B</ns2:OrgnlEndToEndId><ns2:TxSts>ACTC</ns2:TxSts></ns2:TxInfAndSts>
    </ns2:OrgnlPmtInfAndSts>
  </ns2:CstmrPmtStsRpt>
</ns2:Document>`;

  it('of another bank is read: the status of a block is that of its payments which have none', () => {
    const read = readPain002(foreign);
    expect(read.createdAt).toEqual(at);
    expect(answersFromReports([read], 'M1', ['B', 'A'])).toEqual([
      { endToEndId: 'B', state: 'accepted' },
      { endToEndId: 'A', state: 'rejected', reasonCode: 'AM04', reason: '余额 不足' },
    ]);
  });

  it.each([
    ['accepted for the whole group', report([], { groupStatus: 'ACTC' }), { endToEndId: 'A', state: 'accepted' }],
    ['nothing said of the payment', report([], { groupStatus: 'PART' }), { endToEndId: 'A', state: 'pending' }],
    ['nothing said at all', report([]), { endToEndId: 'A', state: 'pending' }],
    ['received', report([{ endToEndId: 'A', status: 'RCVD' }]), { endToEndId: 'A', state: 'pending' }],
    [
      'settled, without a booking',
      report([{ endToEndId: 'A', status: 'ACSC' }]),
      { endToEndId: 'A', state: 'accepted' },
    ],
    [
      'rejected without a reason',
      report([{ endToEndId: 'A', status: 'RJCT' }]),
      { endToEndId: 'A', state: 'rejected', reasonCode: 'NARR' },
    ],
    [
      'never received',
      report([{ endToEndId: 'A', status: 'RJCT', reason: { code: 'NOOR' } }]),
      { endToEndId: 'A', state: 'unknown-to-bank' },
    ],
    [
      'the same said twice',
      report([
        { endToEndId: 'A', status: 'ACSP' },
        { endToEndId: 'A', status: 'ACSC' },
      ]),
      { endToEndId: 'A', state: 'accepted' },
    ],
  ])('%s', (_, said, expected) => {
    expect(answersFromReports([said], 'M1', ['A'])).toEqual([expected]);
  });

  it.each<[string, StatusReport, RegExp]>([
    ['answers another message', report([], { originalMessageId: 'M2' }), /OrgnlMsgId/],
    ['speaks of a payment nobody asked about', report([{ endToEndId: 'X', status: 'ACSP' }]), /X was not asked about/],
    [
      'says two things about one payment',
      report([
        { endToEndId: 'A', status: 'ACSP' },
        { endToEndId: 'A', status: 'RJCT' },
      ]),
      /A is accepted and rejected/,
    ],
  ])('that %s is refused whole', (_, said, what) => {
    expect(() => answersFromReports([said], 'M1', ['A'])).toThrow(what);
  });

  it('of several on one message, the weightier word counts, in whatever order they come', () => {
    const reports = [
      report([], { groupStatus: 'RCVD' }),
      report([
        { endToEndId: 'A', status: 'ACSP' },
        { endToEndId: 'B', status: 'RJCT', reason: { code: 'NOOR' } },
      ]),
      report([{ endToEndId: 'A', status: 'RJCT', reason: { code: 'AC04' } }]),
      report([{ endToEndId: 'D', status: 'RJCT', reason: { code: 'NOOR' } }]),
    ];
    const expected = [
      { endToEndId: 'A', state: 'rejected', reasonCode: 'AC04' },
      // A bank that has received a payment does not un-receive it.
      { endToEndId: 'B', state: 'pending' },
    ];
    expect(answersFromReports(reports.slice(0, 3), 'M1', ['A', 'B'])).toEqual(expected);
    expect(answersFromReports(reports.slice(0, 3).reverse(), 'M1', ['A', 'B'])).toEqual(expected);
    expect(answersFromReports(reports.slice(3), 'M1', ['C', 'D'])).toEqual([
      { endToEndId: 'C', state: 'pending' },
      { endToEndId: 'D', state: 'unknown-to-bank' },
    ]);
  });

  it.each([
    ['an unknown status', foreign.replace('ACTC', 'OKAY'), /TxSts/],
    ['a report on another kind of message', foreign.replace('pain.001.001.09', 'pain.008.001.08'), /OrgnlMsgNmId/],
    ['a cut end', foreign.slice(0, -30), /not well-formed/],
  ])('%s is refused', (_, source, what) => {
    expect(() => readPain002(source)).toThrow(what);
  });
});

describe('bookings', () => {
  const question: PaymentQuestion = {
    messageId: 'M1',
    payments: [
      { endToEndId: 'A', amountFen: 1n },
      { endToEndId: 'B', amountFen: 999_999_999_999n },
    ],
    at,
  };
  const accepted = question.payments.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' as const }));
  const booking: BankEntry = { bankReference: 'R1', amountFen: 1n, direction: 'debit', bookedOn: day, endToEndId: 'A' };
  const back: BankEntry = {
    ...booking,
    bankReference: 'R2',
    direction: 'credit',
    bookedOn: nextDay,
    returned: { reasonCode: 'AC04', reason: '销户' },
  };
  const put = (...entries: BankEntry[]) => withBookings(accepted, question, [{ account: '1', entries }]);

  it('make a payment booked, on the bank’s date', () => {
    expect(put(booking)).toEqual([
      { endToEndId: 'A', state: 'booked', bookedOn: day, bankReference: 'R1' },
      { endToEndId: 'B', state: 'accepted' },
    ]);
  });

  it('reported twice count once', () => {
    expect(put(booking, booking)).toEqual(put(booking));
  });

  it('and their return make it returned, with both dates', () => {
    expect(put(back, booking)[0]).toEqual({
      endToEndId: 'A',
      state: 'returned',
      bookedOn: day,
      returnedOn: nextDay,
      bankReference: 'R1',
      reasonCode: 'AC04',
      reason: '销户',
    });
  });

  it.each<[string, BankEntry[], RegExp]>([
    ['of another amount', [{ ...booking, amountFen: 2n }], /A is 0\.02, sent was 0\.01/],
    ['of a payment nobody asked about', [{ ...booking, endToEndId: 'X' }], /X, which was not asked about/],
    ['under two references', [booking, { ...booking, bankReference: 'R9' }], /booked twice: R1 and R9/],
    ['on two days', [booking, { ...booking, bookedOn: nextDay }], /booked twice/],
    ['returned without a booking', [back], /never booked/],
    ['credited without being a return', [{ ...booking, direction: 'credit' }], /no return/],
  ])('%s are refused whole', (_, entries, what) => {
    expect(() => put(...entries)).toThrow(what);
  });

  it('of a payment that the report rejects are refused', () => {
    const rejected = [{ endToEndId: 'A', state: 'rejected' as const, reasonCode: 'AC04' }];
    expect(() => withBookings(rejected, question, [{ account: '1', entries: [booking] }])).toThrow(
      /booked, and rejected/,
    );
  });

  it('come back from their message as they went in', () => {
    const entries = [
      { ...booking, messageId: 'M1', counterpartyName: '示例 & 公司', counterpartyAccount: '123' },
      back,
    ];
    const sent = [{ account: '650500000000000001', entries }];
    expect(readCamt054(writeCamt054('N1', at, sent))).toEqual(sent);
  });
});

describe('a statement', () => {
  const statement: BankStatement = {
    account: '650500000000000001',
    date: day,
    openingFen: 1_000n,
    closingFen: -250n,
    entries: [
      {
        bankReference: 'I1',
        amountFen: 500n,
        direction: 'credit',
        bookedOn: day,
        counterpartyName: '示例医院',
        text: '返还',
      },
      { bankReference: 'B1', amountFen: 1_750n, direction: 'debit', bookedOn: day, endToEndId: 'A', messageId: 'M1' },
    ],
  };
  const xml = writeCamt053('A1', at, statement);

  it('comes back from its message as it went in, an overdrawn account and an empty day too', () => {
    expect(readCamt053(xml)).toEqual([statement]);
    const empty = { ...statement, entries: [], closingFen: 1_000n };
    expect(readCamt053(writeCamt053('A1', at, empty))).toEqual([empty]);
  });

  it('shows its totals', () => {
    expect(xml).toContain('<TtlNtries><NbOfNtries>2</NbOfNtries><Sum>22.50</Sum></TtlNtries>');
    expect(xml).toContain('<TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>17.50</Sum></TtlDbtNtries>');
    expect(xml).toContain('<Amt Ccy="CNY">2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>');
  });

  it.each([
    [
      'an entry’s amount was changed',
      xml.replaceAll('>17.50<', '>17.60<').replace('>22.50<', '>22.60<'),
      /do not make -2\.50/,
    ],
    ['a total is wrong', xml.replace('>22.50<', '>22.60<'), /TtlNtries\/Sum/],
    ['a count is wrong', xml.replace('<NbOfNtries>2<', '<NbOfNtries>1<'), /TtlNtries\/NbOfNtries/],
    ['details differ from their entry', xml.replace(/(<TxDtls>.*?<Amt Ccy="CNY">)5\.00/, '$15.01'), /TxDtls\/Amt/],
    ['an entry is of another day', xml.replace('<BookgDt><Dt>2026-04-21', '<BookgDt><Dt>2026-04-20'), /BookgDt/],
    ['a reference stands twice', xml.replaceAll('>I1<', '>B1<'), /B1 stands twice/],
    ['the opening balance is missing', xml.replace('>OPBD<', '>ITBD<'), /0 balances OPBD/],
    ['a direction is none', xml.replace('>CRDT</CdtDbtInd><Sts>', '>PLUS</CdtDbtInd><Sts>'), /CdtDbtInd/],
    ['the end is cut off', xml.slice(0, -100), /not well-formed/],
  ])('is refused where %s', (_, source, what) => {
    expect(() => readCamt053(source)).toThrow(what);
  });

  it('with one entry for several payments gives each of them, and they must add up', () => {
    const details = (id: string, amount: string): string =>
      `<TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs><Amt Ccy="CNY">${amount}</Amt></TxDtls>`;
    const joined = xml.replace(/<TxDtls><Refs><MsgId>M1.*?<\/TxDtls>/, details('A', '17.00') + details('B', '0.50'));
    expect(readCamt053(joined)[0]!.entries.slice(1)).toEqual([
      { bankReference: 'B1/1', amountFen: 1_700n, direction: 'debit', bookedOn: day, endToEndId: 'A' },
      { bankReference: 'B1/2', amountFen: 50n, direction: 'debit', bookedOn: day, endToEndId: 'B' },
    ]);
    expect(() => readCamt053(joined.replace('>0.50<', '>0.51<'))).toThrow(/add up to 17\.51/);
  });

  it('leaves out what is not booked yet', () => {
    const pending = xml
      .replace('<TxsSummry>', '<Unused>')
      .replace('</TxsSummry>', '</Unused>')
      .replace(
        '</Stmt>',
        `<Ntry><Amt Ccy="CNY">9.99</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry></Stmt>`,
      );
    expect(readCamt053(pending)[0]!.entries).toHaveLength(2);
  });
});

it('a status request comes back from its message as it went in', () => {
  const request = { messageId: 'Q1', createdAt: at, originalMessageId: 'M1', endToEndIds: ['A', 'B'] };
  expect(readPacs028(writePacs028(request))).toEqual(request);
});
