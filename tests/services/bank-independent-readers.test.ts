import { readCamt053, writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { readPain001, writePain001 } from '../../activities/bank/iso20022/pain001';
import { readPain002, writePain002 } from '../../activities/bank/iso20022/pain002';
import type { BankEntry, BankStatement } from '../../activities/bank/port';
import { plainDate } from '../../domain/plain-date';
import { sampleBatch, samplePayment } from '../support/bank-samples';
import { independentReaders, type IndependentReaders, type ReaderRequest } from '../support/independent-readers';

// Two programs of one author agree on the same mistakes. These readers and this schema are other people's.

const PAIN001 = 'pain.001.001.09';
const readers = independentReaders();

const batch = sampleBatch([
  samplePayment({}, '0.01'),
  { ...samplePayment({ enterprise: 'E0002' }, '9999999999.99'), creditorName: '示例（集团）& "二"公司' },
  { ...samplePayment({ enterprise: 'E0003' }, '12.30'), debtorAccount: '650500000000000002', purpose: '' },
]);
const [first, second, third] = batch.instructions as [
  (typeof batch.instructions)[0],
  (typeof batch.instructions)[0],
  (typeof batch.instructions)[0],
];

const date = plainDate('2026-04-22');
const entry = (changes: Partial<BankEntry>): BankEntry => ({
  bankReference: 'B1',
  amountFen: 1n,
  direction: 'debit',
  bookedOn: date,
  endToEndId: first.endToEndId,
  messageId: batch.messageId,
  counterpartyName: '示例第一医药有限公司',
  counterpartyAccount: '0000999000000001',
  text: '集采药品货款',
  remittance: first.remittance,
  ...changes,
});
const statement: BankStatement = {
  account: '650500000000000001',
  date,
  openingFen: 1_000_00n,
  closingFen: 1_000_00n - 1n + 250_00n + 1n,
  entries: [
    entry({}),
    { bankReference: 'I1', amountFen: 250_00n, direction: 'credit', bookedOn: date, counterpartyName: '示例医院' },
    entry({ bankReference: 'R1', direction: 'credit', returned: { reasonCode: 'AC04', reason: '账户已销户' } }),
  ],
};

if ('missing' in readers) {
  it('says what was not checked where Python or its packages are missing', () => {
    process.stdout.write(
      `NOT CHECKED (${readers.missing}): pain.001 against the schema that sepaxml carries; pain.001, pain.002, camt.053 ` +
        'and camt.054 with pyiso20022, in either direction\n',
    );
    expect(readers.missing).not.toBe('');
  });
} else {
  against(readers);
}

function against({ ask }: IndependentReaders): void {
  function result(request: ReaderRequest): unknown {
    const answer = ask(request)[0]!;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  describe('the published schema of pain.001.001.09', () => {
    it('is met by a batch as it leaves', () => {
      const large = sampleBatch(
        Array.from({ length: 1_000 }, (_, index) => samplePayment({ enterprise: `E${index}` }, `${index + 1}.07`)),
      );
      const answers = ask(
        ...[batch, large].map((each) => ({ do: 'validate', message: PAIN001, xml: writePain001(each) }) as const),
      );
      expect(answers).toEqual([{ result: [] }, { result: [] }]);
    });

    it.each([
      ['an element too many', '<PmtMtd>TRF</PmtMtd>', '<PmtMtd>TRF</PmtMtd><Oops/>'],
      ['an id that is too long', `<MsgId>${batch.messageId}`, `<MsgId>${'X'.repeat(36)}`],
      ['a count that is no whole number', '<NbOfTxs>3</NbOfTxs>', '<NbOfTxs>3.5</NbOfTxs>'],
      ['no debtor', /<Dbtr>.*?<\/Dbtr>/, ''],
    ])('is not met by one with %s', (_, from, to) => {
      const xml = writePain001(batch).replace(from, to);
      expect(xml).not.toBe(writePain001(batch));
      expect(result({ do: 'validate', message: PAIN001, xml })).not.toEqual([]);
    });
  });

  describe('pyiso20022 reads what this engine and its simulator write', () => {
    it('pain.001', () => {
      expect(result({ do: 'read', message: PAIN001, xml: writePain001(batch) })).toEqual({
        messageId: batch.messageId,
        count: '3',
        sum: '10000000012.30',
        payments: [
          {
            endToEndId: first.endToEndId,
            amount: { value: '0.01', currency: 'CNY' },
            requestedOn: '2026-04-21',
            from: '650500000000000001',
            to: '0000999000000001',
            payee: '示例第一医药有限公司',
            bankCode: '000000999000',
            text: '集采药品货款',
            businessKey:
              'kind=payment;region=650500;period=2026-04;institution=H65050100001;enterprise=E0001;attempt=1',
          },
          expect.objectContaining({
            endToEndId: second.endToEndId,
            amount: { value: '9999999999.99', currency: 'CNY' },
            payee: '示例（集团）& "二"公司',
          }),
          expect.objectContaining({ endToEndId: third.endToEndId, from: '650500000000000002', text: '' }),
        ],
      });
    });

    it('pain.002', () => {
      const xml = writePain002({
        messageId: 'S1',
        createdAt: batch.createdAt,
        originalMessageId: batch.messageId,
        originalCount: 2,
        payments: [
          { endToEndId: first.endToEndId, status: 'ACSP' },
          { endToEndId: second.endToEndId, status: 'RJCT', reason: { code: 'AC04', text: '账户已销户' } },
        ],
      });
      expect(result({ do: 'read', message: 'pain.002.001.10', xml })).toEqual({
        messageId: 'S1',
        originalMessageId: batch.messageId,
        payments: [
          { endToEndId: first.endToEndId, status: 'ACSP', reason: null },
          { endToEndId: second.endToEndId, status: 'RJCT', reason: 'AC04' },
        ],
      });
    });

    const booked = (
      reference: string,
      side: string,
      value: string,
      endToEndId: string,
      returnReason: string | null,
    ) => ({
      reference,
      amount: { value, currency: 'CNY' },
      side,
      bookedOn: '2026-04-22',
      endToEndId,
      returnReason,
    });

    it('camt.053', () => {
      const xml = writeCamt053('A1', { date, time: '23:59' }, statement);
      expect(result({ do: 'read', message: 'camt.053.001.08', xml })).toEqual({
        account: '650500000000000001',
        balances: { OPBD: '1000.00 CRDT', CLBD: '1250.00 CRDT' },
        entries: [
          booked('B1', 'DBIT', '0.01', first.endToEndId, null),
          booked('I1', 'CRDT', '250.00', 'NOTPROVIDED', null),
          booked('R1', 'CRDT', '0.01', first.endToEndId, 'AC04'),
        ],
      });
    });

    it('camt.054', () => {
      const { account, entries } = statement;
      const xml = writeCamt054('N1', { date, time: '14:00' }, [{ account, entries }]);
      expect(result({ do: 'read', message: 'camt.054.001.08', xml })).toEqual({
        account: '650500000000000001',
        entries: [expect.objectContaining({ reference: 'B1' }), expect.anything(), expect.anything()],
      });
    });
  });

  describe.each([undefined, 'ns2'])('this engine reads what pyiso20022 writes, name space prefix %s', (prefix) => {
    const write = (message: string, content: object): string =>
      result({ do: 'write', message, content, ...(prefix !== undefined && { prefix }) }) as string;
    const cny = (value: string) => ({ value, ccy: 'CNY' });
    const other = (id: string) => ({ id: { othr: { id } } });

    it('pain.001', () => {
      const payment = {
        pmt_id: { end_to_end_id: first.endToEndId },
        amt: { instd_amt: cny('1234.56') },
        cdtr_agt: { fin_instn_id: { clr_sys_mmb_id: { mmb_id: '000000999000' } } },
        cdtr: { nm: '示例第一医药有限公司' },
        cdtr_acct: other('0000999000000001'),
        rmt_inf: {
          ustrd: ['集采药品货款'],
          strd: [
            {
              addtl_rmt_inf: [
                'kind=payment;region=650500;period=2026-04;institution=H65050100001;enterprise=E0001;attempt=1',
              ],
            },
          ],
        },
      };
      const xml = write(PAIN001, {
        cstmr_cdt_trf_initn: {
          grp_hdr: {
            msg_id: 'THEIRS-1',
            cre_dt_tm: '2026-04-21T14:00:00+08:00',
            nb_of_txs: '1',
            ctrl_sum: '1234.56',
            initg_pty: { nm: '示例市医疗保障局' },
          },
          pmt_inf: [
            {
              pmt_inf_id: 'THEIRS-1.1',
              pmt_mtd: 'TRF',
              reqd_exctn_dt: { dt: '2026-04-21' },
              dbtr: { nm: '示例市医疗保障局' },
              dbtr_acct: other('650500000000000001'),
              dbtr_agt: { fin_instn_id: { othr: { id: 'NOTPROVIDED' } } },
              cdt_trf_tx_inf: [payment],
            },
          ],
        },
      });
      expect(readPain001(xml)).toEqual({ ...sampleBatch([samplePayment()], 'THEIRS-1') });
    });

    it('pain.002', () => {
      const xml = write('pain.002.001.10', {
        cstmr_pmt_sts_rpt: {
          grp_hdr: { msg_id: 'S9', cre_dt_tm: '2026-04-21T14:05:00+08:00' },
          orgnl_grp_inf_and_sts: { orgnl_msg_id: 'M1', orgnl_msg_nm_id: PAIN001, orgnl_nb_of_txs: '2' },
          orgnl_pmt_inf_and_sts: [
            {
              orgnl_pmt_inf_id: 'M1.1',
              tx_inf_and_sts: [
                { orgnl_end_to_end_id: 'E1', tx_sts: 'ACSP' },
                {
                  orgnl_end_to_end_id: 'E2',
                  tx_sts: 'RJCT',
                  sts_rsn_inf: [{ rsn: { cd: 'AC04' }, addtl_inf: ['账户已销户'] }],
                },
              ],
            },
          ],
        },
      });
      expect(readPain002(xml)).toEqual({
        messageId: 'S9',
        createdAt: { date: '2026-04-21', time: '14:05' },
        originalMessageId: 'M1',
        originalCount: 2,
        payments: [
          { endToEndId: 'E1', status: 'ACSP' },
          { endToEndId: 'E2', status: 'RJCT', reason: { code: 'AC04', text: '账户已销户' } },
        ],
      });
    });

    it('camt.053', () => {
      const balance = (cd: string, value: string) => ({
        tp: { cd_or_prtry: { cd } },
        amt: cny(value),
        cdt_dbt_ind: 'CRDT',
        dt: { dt: '2026-04-22' },
      });
      const xml = write('camt.053.001.08', {
        bk_to_cstmr_stmt: {
          grp_hdr: { msg_id: 'A9', cre_dt_tm: '2026-04-22T23:59:00+08:00' },
          stmt: [
            {
              id: 'A9',
              acct: other('650500000000000001'),
              bal: [balance('OPBD', '100.00'), balance('CLBD', '99.99')],
              ntry: [
                {
                  amt: cny('0.01'),
                  cdt_dbt_ind: 'DBIT',
                  sts: { cd: 'BOOK' },
                  bookg_dt: { dt: '2026-04-22' },
                  acct_svcr_ref: 'B9',
                  bk_tx_cd: { domn: { cd: 'PMNT', fmly: { cd: 'ICDT', sub_fmly_cd: 'ESCT' } } },
                  ntry_dtls: [
                    {
                      tx_dtls: [
                        {
                          refs: { end_to_end_id: 'E1' },
                          amt: cny('0.01'),
                          cdt_dbt_ind: 'DBIT',
                          rltd_pties: { cdtr: { pty: { nm: '示例第一医药有限公司' } } },
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        },
      });
      expect(readCamt053(xml)).toEqual([
        {
          account: '650500000000000001',
          date: '2026-04-22',
          openingFen: 10_000n,
          closingFen: 9_999n,
          entries: [
            {
              bankReference: 'B9',
              amountFen: 1n,
              direction: 'debit',
              bookedOn: '2026-04-22',
              endToEndId: 'E1',
              counterpartyName: '示例第一医药有限公司',
            },
          ],
        },
      ]);
    });
  });
}
