import { groupThousands } from '../../operator/cli/amounts';
import { displayWidth, formatTable, pad, wrap } from '../../operator/cli/table';

describe('tables on a terminal', () => {
  it.each([
    ['abc', 3],
    ['医保', 4],
    ['（示例）', 8],
    ['新医保发〔2025〕50号', 20],
    ['\u001b[31mred\u001b[0m', 3],
    ['e\u0301', 1],
    ['', 0],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('fills by columns, not by characters', () => {
    expect(pad('医保', 6)).toBe('医保  ');
    expect(pad('医保', 6, 'right')).toBe('  医保');
    expect(pad('医保', 7, 'middle')).toBe(' 医保  ');
    expect(pad('医保基金', 4)).toBe('医保基金');
  });

  it('aligns columns that hold Chinese and Latin letters', () => {
    const lines = formatTable(
      [{ title: '名称' }, { title: 'yuan', align: 'right' }],
      [
        ['乌鲁木齐', '1.00'],
        ['abc', '12.00'],
      ],
    );
    expect(lines).toEqual(['名称       yuan', '乌鲁木齐   1.00', 'abc       12.00']);
    expect(new Set(lines.map(displayWidth))).toEqual(new Set([15]));
  });

  it('has no line of titles where no column has one', () => {
    expect(formatTable([{ title: '' }, { title: '' }], [['a', 'b']])).toEqual(['a  b']);
  });

  it('breaks lines at spaces and between Chinese characters', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('医保基金结算', 6)).toEqual(['医保基', '金结算']);
    expect(wrap('', 10)).toEqual(['']);
    expect(wrap('averylongword x', 4)).toEqual(['averylongword', 'x']);
  });

  it.each([
    ['0.00', '0.00'],
    ['999.99', '999.99'],
    ['6172839.46', '6,172,839.46'],
    ['-1234567.00', '-1,234,567.00'],
  ])('%s is read as %s', (yuan, shown) => {
    expect(groupThousands(yuan)).toBe(shown);
  });
});
