import fc from 'fast-check';
import { bankText, isGbkSafe } from '../../activities/bank/iso20022/bank-text';
import { readPain001, writePain001 } from '../../activities/bank/iso20022/pain001';
import type { PaymentInstruction } from '../../activities/bank/port';
import { sum, yuan } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import { sampleBatch, samplePayment } from '../support/bank-samples';

const twoPayments = sampleBatch([samplePayment({}, '0.01'), samplePayment({ enterprise: 'E0002' }, '9999999999.99')]);

function refusal(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a batch written as pain.001.001.09', () => {
  const xml = writePain001(twoPayments);

  it('names its type, counts its payments and adds them up', () => {
    expect(xml).toContain('xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"');
    expect(xml).toContain('<NbOfTxs>2</NbOfTxs><CtrlSum>10000000000.00</CtrlSum>');
    expect(xml).toContain('<InstdAmt Ccy="CNY">0.01</InstdAmt>');
    expect(xml).toContain('<InstdAmt Ccy="CNY">9999999999.99</InstdAmt>');
    expect(xml).toContain('<CreDtTm>2026-04-21T14:00:00+08:00</CreDtTm>');
    expect(xml).toContain('<ReqdExctnDt><Dt>2026-04-21</Dt></ReqdExctnDt>');
  });

  it('carries the business key of every payment', () => {
    expect(xml).toContain(
      '<AddtlRmtInf>kind=payment;region=650500;period=2026-04;institution=H65050100001;enterprise=E0001;attempt=1</AddtlRmtInf>',
    );
  });

  it('is read as the batch it was', () => {
    expect(readPain001(xml)).toEqual(twoPayments);
    expect(readPain001(Buffer.from(xml, 'utf8'))).toEqual(twoPayments);
  });

  it('groups payments by the account they leave, each group with its own count and sum', () => {
    const other = { ...samplePayment({ enterprise: 'E0003' }, '2.00'), debtorAccount: '650500000000000002' };
    const batch = sampleBatch([samplePayment({}, '1.00'), other, samplePayment({ enterprise: 'E0002' }, '4.00')]);
    const written = writePain001(batch);
    expect(written.match(/<PmtInf>/g)).toHaveLength(2);
    expect(written).toContain('<NbOfTxs>3</NbOfTxs><CtrlSum>7.00</CtrlSum>');
    expect(written).toContain('<NbOfTxs>2</NbOfTxs><CtrlSum>5.00</CtrlSum>');
    expect(readPain001(written).instructions.map(({ amountFen }) => amountFen)).toEqual([100n, 400n, 200n]);
  });
});

describe('any batch', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map((text) => bankText(text))
    .filter((text) => text !== '');
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => bankText(text) === text);
  const chinese = fc.array(fc.constantFrom(...'乌鲁木齐市医疗保障局新疆医药（集团）&<>"\'股份有限公司'), {
    minLength: 1,
    maxLength: 40,
  });
  const instruction = fc.record({
    amountFen: fc.bigInt({ min: 1n, max: 12_499_999_999_999_999n }),
    creditorName: fc.oneof(
      name,
      chinese.map((characters) => characters.join('')),
    ),
    creditorAccount: fc.stringMatching(/^[A-Za-z0-9-]{1,34}$/),
    creditorBankCode: fc.stringMatching(/^[0-9]{12}$/),
    purpose: fc.oneof(fc.constant(''), name),
    enterprise: word,
    pool: fc.option(fc.constantFrom('employee', 'employee-large'), { nil: undefined }),
  });

  it('comes back from its message as it went in', () => {
    fc.assert(
      fc.property(fc.array(instruction, { minLength: 1, maxLength: 8 }), (drafts) => {
        const instructions = drafts.map(({ enterprise, pool, ...rest }, index): PaymentInstruction => {
          const base = samplePayment({ enterprise, attempt: index + 1, ...(pool !== undefined && { pool }) });
          return { ...base, ...rest };
        });
        const batch = sampleBatch(instructions);
        expect(readPain001(writePain001(batch))).toEqual(batch);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a message that is not right is refused whole, naming the element', () => {
  const xml = writePain001(twoPayments);
  it.each<[string, string | Uint8Array, RegExp]>([
    ['a wrong control sum', xml.replace('<CtrlSum>10000000000.00<', '<CtrlSum>10000000000.01<'), /GrpHdr\/CtrlSum/],
    ['a wrong sum of a block', xml.replace(/(<PmtInf>.*?<CtrlSum>)[^<]*/, '$11.00'), /PmtInf\/CtrlSum/],
    ['a changed amount', xml.replace('>0.01<', '>0.02<'), /CtrlSum/],
    ['a wrong count', xml.replace('<NbOfTxs>2<', '<NbOfTxs>3<'), /NbOfTxs/],
    ['a count left out', xml.replace('<NbOfTxs>2</NbOfTxs>', ''), /GrpHdr\/NbOfTxs: is missing/],
    ['the end cut off', xml.slice(0, -40), /Document/],
    ['the middle cut out', xml.slice(0, 900) + xml.slice(1200), /Document|missing|CtrlSum/],
    ['something after the end', `${xml}<Document/>`, /Document/],
    ['text after the end', `${xml}x`, /Document/],
    ['another version', xml.replaceAll('pain.001.001.09', 'pain.001.001.03'), /name space/],
    [
      'another type of message',
      xml.replaceAll('CstmrCdtTrfInitn', 'CstmrDrctDbtInitn'),
      /CstmrCdtTrfInitn: is missing/,
    ],
    ['another currency', xml.replace('Ccy="CNY">0.01', 'Ccy="USD">0.01'), /InstdAmt: currency USD/],
    ['no currency', xml.replace(' Ccy="CNY">0.01', '>0.01'), /InstdAmt: currency missing/],
    ['a third decimal', xml.replace('>0.01<', '>0.010<'), /InstdAmt/],
    ['an exponent', xml.replace('>0.01<', '>1e-2<'), /InstdAmt/],
    ['a negative amount', xml.replace('>0.01<', '>-0.01<'), /InstdAmt/],
    ['an amount of zero', xml.replace('>0.01<', '>0.00<').replaceAll('10000000000.00', '9999999999.99'), /InstdAmt/],
    ['the same payment twice', xml.replaceAll('.E0002.1<', '.E0001.1<'), /EndToEndId: .* stands twice/],
    ['an id that is too long', xml.replace(/<EndToEndId>/, '<EndToEndId>0123456789'), /EndToEndId/],
    ['an id left out', xml.replace(/<EndToEndId>[^<]*<\/EndToEndId>/, ''), /PmtId\/EndToEndId: is missing/],
    ['an element twice', xml.replace(/(<Cdtr>.*?<\/Cdtr>)/, '$1$1'), /Cdtr.*more than once/],
    ['a date that is none', xml.replace('<Dt>2026-04-21<', '<Dt>2026-02-30<'), /ReqdExctnDt\/Dt/],
    ['a name that is too long', xml.replace('示例第一医药', '药'.repeat(141)), /Cdtr\/Nm/],
    ['a damaged business key', xml.replace('kind=payment;', 'kind=gift;'), /AddtlRmtInf/],
    ['no business key', xml.replace(/<Strd>.*?<\/Strd>/, ''), /AddtlRmtInf/],
    ['an unknown entity', xml.replace('示例第一', '&company;'), /entity/],
    [
      'a document type',
      xml.replace('<Document', '<!DOCTYPE x [<!ENTITY a "b">]><Document'),
      /line 2 column 1: neither an element nor its end/,
    ],
    ['a declared foreign character set', xml.replace('encoding="UTF-8"', 'encoding="GB18030"'), /only UTF-8/],
    [
      'bytes of a foreign character set',
      Buffer.from([...Buffer.from(xml.slice(0, 600)), 0xca, 0xbe, 0xc0, 0xfd]),
      /not UTF-8/,
    ],
    ['a comment', xml.replace('<GrpHdr>', '<!-- x --><GrpHdr>'), /neither an element nor its end/],
    ['CDATA', xml.replace('示例第一', '<![CDATA[示例]]>'), /Document/],
    ['nothing', '', /Document/],
    ['no XML', 'amount,1.00', /Document/],
  ])('%s', (_, source, what) => {
    const refused = refusal(() => readPain001(source));
    expect(refused.code).toBe('BankMessageInvalid');
    expect(refused.message).toMatch(what);
    expect(refused.details.rule).toBe('ISO 20022 pain.001.001.09');
  });

  it('is refused wherever it is cut', () => {
    for (let end = 0; end < xml.length - 1; end += 37)
      expect(refusal(() => readPain001(xml.slice(0, end))).code).toBe('BankMessageInvalid');
  });
});

describe('a batch that must not go out is refused before anything is written', () => {
  const good = samplePayment();
  it.each<[string, Parameters<typeof writePain001>[0], RegExp]>([
    ['no payment', sampleBatch([]), /no payment/],
    ['one payment twice', sampleBatch([good, good]), /twice/],
    ['an amount of zero', sampleBatch([{ ...good, amountFen: 0n }]), /0\.00/],
    [
      'more than a control sum holds',
      sampleBatch([{ ...good, amountFen: 10n ** 17n - 1n }, samplePayment({ enterprise: 'E2' }, '0.01')]),
      /1000000000000000\.00/,
    ],
    ['a negative amount', sampleBatch([{ ...good, amountFen: -1n }]), /-0\.01/],
    ['a message id that is too long', sampleBatch([good], 'M'.repeat(36)), /message id/],
    ['a message id with a foreign character', sampleBatch([good], 'M_1'), /message id/],
    ['an empty account', sampleBatch([{ ...good, creditorAccount: '' }]), /account to pay to/],
    ['an account with blanks', sampleBatch([{ ...good, debtorAccount: '12 34' }]), /account to pay from/],
    ['no bank code', sampleBatch([{ ...good, creditorBankCode: '' }]), /bank code/],
    ['no name', sampleBatch([{ ...good, creditorName: ' ' }]), /name of the payee/],
  ])('%s', (_, batch, what) => {
    const refused = refusal(() => writePain001(batch));
    expect(refused.code).toBe('PaymentInvalid');
    expect(refused.message).toMatch(what);
  });
});

it('10,000 payments are written and read with their exact sum', () => {
  const instructions = Array.from({ length: 10_000 }, (_, index) =>
    samplePayment({ enterprise: `E${String(index).padStart(4, '0')}` }, '9999999999.99'),
  );
  const read = readPain001(writePain001(sampleBatch(instructions)));
  expect(read.instructions).toHaveLength(10_000);
  expect(sum(read.instructions.map(({ amountFen }) => amountFen))).toBe(yuan('99999999999900.00'));
});

describe('text for the bank', () => {
  it('takes every character between U+4E00 and U+9FA5, and GBK has all of them', () => {
    const all = Array.from({ length: 0x9fa5 - 0x4e00 + 1 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    expect(isGbkSafe(all.join(''))).toBe(true);
    expect(bankText(all.join(''), all.length)).toBe(all.join(''));
  });

  it.each([
    ['keeps Chinese names', '新疆维吾尔自治区医疗保障局（示例）', '新疆维吾尔自治区医疗保障局（示例）'],
    ['runs blanks together', '  示例\u3000\n 公司\t', '示例 公司'],
    ['replaces what GBK does not have', '𠮷田药业🙂', '？田药业？'],
    ['keeps rare characters that GBK has', '镕堃喆', '镕堃喆'],
    ['drops control characters', '示\u0000例', '示 例'],
  ])('%s', (_, text, expected) => {
    expect(bankText(text)).toBe(expected);
  });

  it('is cut by characters, not by halves of them', () => {
    expect(bankText('药'.repeat(200))).toBe('药'.repeat(140));
  });
});
