/**
 * CSV as RFC 4180 has it, read in chunks with constant memory: comma, double quotes, LF or CRLF. A line without a quote,
 * which is nearly every line, is split in one call. Written here rather than taken from csv-parse because a refusal has
 * to name the line on which a record starts or a quote opens, also after cells with line breaks in them, and because it
 * has to keep up with imports of a million lines (see docs/region-folder.md).
 */
export interface CsvDamage {
  /** The line on which the quote opened, or stands where none may be. */
  readonly line: number;
  readonly message: string;
}

export interface CsvScanner {
  /** Takes the next part of the text; false once the file is damaged, after which nothing more is taken. */
  push(text: string): boolean;
  /** Ends the text; undefined when all of it was read. */
  end(): CsvDamage | undefined;
}

/** `line` is the line on which the record starts, counted from 1. */
export type OnRecord = (cells: string[], line: number) => void;

/** No record of the formats comes near this; one that does has a quote that was never closed. */
const MAX_RECORD_CHARACTERS = 64 * 1024;
const QUOTE = 34;
const COMMA = 44;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Blank lines are skipped. */
export function createCsvScanner(onRecord: OnRecord): CsvScanner {
  let rest = '';
  let line = 1;
  let damage: CsvDamage | undefined;

  function scan(text: string): void {
    let position = 0;
    let quote = text.indexOf('"');
    while (damage === undefined) {
      const end = text.indexOf('\n', position);
      if (end < 0) break;
      if (quote >= 0 && quote < position) quote = text.indexOf('"', position);
      if (quote < 0 || quote > end) {
        emitPlain(
          text.charCodeAt(end - 1) === CARRIAGE_RETURN ? text.slice(position, end - 1) : text.slice(position, end),
        );
        position = end + 1;
        line += 1;
        continue;
      }
      const next = scanQuoted(text, position);
      if (next === undefined) break;
      position = next;
    }
    rest = text.slice(position);
    if (damage === undefined && rest.length > MAX_RECORD_CHARACTERS) {
      damage = { line, message: `the record that starts here does not end within ${MAX_RECORD_CHARACTERS} characters` };
    }
  }

  function emitPlain(record: string): void {
    if (record !== '') onRecord(record.split(','), line);
  }

  /** Reads one record that has quotes; the position after it, or undefined while its end is not there. */
  function scanQuoted(text: string, start: number): number | undefined {
    const record = readQuotedRecord(text, start, line);
    if (record === undefined) return undefined;
    if ('message' in record) {
      damage = record;
      return undefined;
    }
    onRecord(record.cells, line);
    line = record.nextLine;
    return record.end;
  }

  return {
    push(text) {
      if (damage === undefined) scan(rest + text);
      return damage === undefined;
    },
    end() {
      if (damage === undefined && rest !== '') {
        scan(`${rest}\n`);
        if (rest !== '')
          damage ??= { line: openQuoteLine(rest, line), message: 'the quote that opens here is never closed' };
      }
      return damage;
    },
  };
}

interface QuotedRecord {
  cells: string[];
  end: number;
  nextLine: number;
}

function readQuotedRecord(text: string, start: number, firstLine: number): QuotedRecord | CsvDamage | undefined {
  const cells: string[] = [];
  let line = firstLine;
  let position = start;
  for (;;) {
    let cell: string;
    if (text.charCodeAt(position) === QUOTE) {
      const close = closingQuote(text, position + 1);
      if (close === undefined) return undefined;
      const raw = text.slice(position + 1, close);
      cell = raw.includes('"') ? raw.replaceAll('""', '"') : raw;
      line += countLineFeeds(raw);
      position = close + 1;
    } else {
      const end = endOfPlainCell(text, position);
      if (end === undefined) return undefined;
      cell = text.slice(position, end);
      if (cell.includes('"'))
        return { line, message: `a quote stands inside a cell that does not start with one: ${cell}` };
      position = end;
    }
    cells.push(cell);
    const code = text.charCodeAt(position);
    if (Number.isNaN(code)) return undefined;
    if (code === COMMA) {
      position += 1;
      continue;
    }
    if (code === CARRIAGE_RETURN && position + 1 >= text.length) return undefined;
    const lineEnd = code === CARRIAGE_RETURN ? position + 1 : position;
    if (text.charCodeAt(lineEnd) === LINE_FEED) return { cells, end: lineEnd + 1, nextLine: line + 1 };
    return {
      line,
      message: `after a closing quote comes a comma or the end of the line, not "${text.charAt(position)}"`,
    };
  }
}

/** The quote that closes the cell, or undefined while it is not there (a quote at the very end may be half of a pair). */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (at + 1 >= text.length) return undefined;
    if (text.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return undefined;
}

function endOfPlainCell(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === LINE_FEED) {
      return code === LINE_FEED && at > from && text.charCodeAt(at - 1) === CARRIAGE_RETURN ? at - 1 : at;
    }
  }
  return undefined;
}

function openQuoteLine(rest: string, firstLine: number): number {
  let line = firstLine;
  let position = 0;
  for (;;) {
    const quote = rest.indexOf('"', position);
    if (quote < 0) return line;
    line += countLineFeeds(rest.slice(position, quote));
    const close = closingQuote(`${rest}\n`, quote + 1);
    if (close === undefined) return line;
    line += countLineFeeds(rest.slice(quote, close));
    position = close + 1;
  }
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** One line of CSV with its line feed; cells with a comma, a quote or a line break are quoted. */
export function formatCsvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}
