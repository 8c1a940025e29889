/** Chinese, Japanese and Korean characters and full-width forms take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
const INVISIBLE = /\p{Mn}|\p{Me}|\p{Cf}/u;
const COLOUR = /\u001b\[[0-9;]*m/g;

/** Columns that a text takes in a terminal; colours take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(COLOUR, '')) {
    if (!INVISIBLE.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

export type Alignment = 'left' | 'right' | 'middle';

/** Fills a text with spaces up to so many columns; a text that is wider stays as it is. */
export function pad(text: string, width: number, align: Alignment = 'left'): string {
  const missing = Math.max(0, width - displayWidth(text));
  if (align === 'left') return text + ' '.repeat(missing);
  if (align === 'right') return ' '.repeat(missing) + text;
  const before = Math.floor(missing / 2);
  return ' '.repeat(before) + text + ' '.repeat(missing - before);
}

export interface TableColumn {
  readonly title: string;
  readonly align?: Alignment;
}

const GAP = '  ';

/** Lines of a table: titles (left out where none has a text), then the rows; no trailing spaces. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const all = titles.some((title) => title !== '') ? [titles, ...rows] : rows;
  const widths = columns.map((_, index) => Math.max(0, ...all.map((row) => displayWidth(row[index] ?? ''))));
  return all.map((row) =>
    columns
      .map(({ align }, index) => pad(row[index] ?? '', widths[index]!, align))
      .join(GAP)
      .trimEnd(),
  );
}

/** Breaks a text at spaces, and between Chinese characters, into lines of at most so many columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(
    /\s+|[\u3000-\u303f\uff01-\uff60]|[\u3400-\u9fff]|[^\s\u3000-\u303f\u3400-\u9fff\uff01-\uff60]+/gu,
  ) ?? []) {
    if (line !== '' && displayWidth(line) + displayWidth(piece) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    if (line !== '' || piece.trim() !== '') line += piece;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}
