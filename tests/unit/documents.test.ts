import { documentNumber, type DocumentModel } from '../../domain/documents/model';
import { plainDate } from '../../domain/plain-date';
import { renderPdf, withGroups } from '../../activities/documents/pdf';
import { renderXlsx } from '../../activities/documents/xlsx';
import { alertInWords, caseInWords, levelInWords, subjectInWords } from '../../domain/documents/words';

const MODEL: DocumentModel = {
  kind: 'breach-notice',
  title: '违约通知书',
  addressee: '示例县人民医院',
  issuer: '示例地区医疗保障经办机构',
  date: plainDate('2026-08-03'),
  facts: [
    ['违约情形', '当月未返还预付金'],
    ['应返还金额', '123456.78'],
  ],
  paragraphs: ['请于2026-08-17前改正。'],
  tables: [
    {
      title: '明细',
      columns: [{ label: '期间' }, { label: '金额（元）', align: 'right' }],
      rows: [['2026-07', '123456.78']],
      totals: ['合计', '123456.78'],
    },
  ],
  charts: [{ title: '按月', bars: [{ label: '2026-07', amountFen: '12345678' }] }],
  basis: ['新医保发〔2025〕50号 五(一)'],
  signatures: ['经办人'],
};
const NUMBER = documentNumber('650500', 'breach-notice', 2026, 1);

describe('a document', () => {
  it('is numbered by region, kind, year and a serial', () => {
    expect(NUMBER).toBe('650500-WY-2026-0001');
  });

  it.each([
    ['123456.78', '123,456.78'],
    ['-1234.50', '-1,234.50'],
    ['999.99', '999.99'],
    ['89 条，金额 4651604.10 元；不予受理 1 条', '89 条，金额 4,651,604.10 元；不予受理 1 条'],
    // No money: a month, an account, a price of four decimals, a share.
    ['2026-07', '2026-07'],
    ['0000999900000001', '0000999900000001'],
    ['12345.6789', '12345.6789'],
    ['79.99%', '79.99%'],
  ])('shows %s as %s on paper', (text, shown) => {
    expect(withGroups(text)).toBe(shown);
  });

  it('has the same bytes every time it is drawn', async () => {
    const [first, second] = [await renderPdf(NUMBER, MODEL), await renderPdf(NUMBER, MODEL)];
    expect(first.subarray(0, 5).toString()).toBe('%PDF-');
    expect(first.equals(second)).toBe(true);
    expect(first.equals(await renderPdf(NUMBER, { ...MODEL, addressee: '示例市人民医院' }))).toBe(false);
  });

  it('is not drawn with a gap where the font has no character', async () => {
    const model = { ...MODEL, addressee: '示例\u{2A6A5}医院' };
    await expect(renderPdf(NUMBER, model)).rejects.toMatchObject({
      code: 'GlyphMissing',
      message: expect.stringContaining('U+2A6A5') as string,
    });
  });

  it('is a workbook too, with each table on a sheet', async () => {
    const first = await renderXlsx(NUMBER, MODEL);
    // ZIP counts in steps of two seconds: the second one is written under another time.
    jest.useFakeTimers({ now: Date.now() + 60_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    const second = await renderXlsx(NUMBER, MODEL);
    jest.useRealTimers();
    expect(first.subarray(0, 2).toString()).toBe('PK');
    expect(first.equals(second)).toBe(true);
  });
});

describe('codes in documents', () => {
  it('stand behind their words in Chinese', () => {
    expect(levelInWords('finance-check')).toBe('复核（finance-check）');
    expect(subjectInWords('pre-allocation')).toBe('月预拨（pre-allocation）');
    expect(alertInWords('payment-failed')).toBe('支付失败（payment-failed）');
    expect(alertInWords('something-new')).toBe('something-new');
  });

  it.each([
    ['prepayment/650500/2026', '2026年集采预付金拨付（prepayment/650500/2026）'],
    ['return/650500/2026-05', '2026年5月返还预付金（return/650500/2026-05）'],
    ['window/650500/2026-10', '2026年10月货款支付（window/650500/2026-10）'],
    ['fund/650500/2026-08', '2026年8月基金月结算（fund/650500/2026-08）'],
    ['monitoring/650500/2026-04', '2026年4月履约监测（monitoring/650500/2026-04）'],
    ['clearing/650500/2026-Q3', '2026年第3季度清算（clearing/650500/2026-Q3）'],
    ['breach/H65050100001/not-settled/2026-04', '2026年4月机构违约（breach/H65050100001/not-settled/2026-04）'],
    ['enterprise/E0001/dishonesty/2026-04', '2026年4月企业处置（enterprise/E0001/dishonesty/2026-04）'],
    ['something else', 'something else'],
  ])('name the case %s', (caseId, words) => {
    expect(caseInWords(caseId)).toBe(words);
  });
});
