import { formatYuan, parseYuan } from '../../domain/money';
import { html, type Html } from './html';

/** Fen as yuan with thousands separators and two places, `"-1,234.50"`. Integer arithmetic only. */
export function formatFen(fen: bigint): string {
  const [whole, places] = formatYuan(fen < 0n ? -fen : fen).split('.') as [string, string];
  return `${fen < 0n ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${places}`;
}

/** Reads an amount of the summary. @throws RangeError when it is none: a report never shows a guess. */
export function fenOf(text: string): bigint {
  const fen = parseYuan(text);
  if (fen === undefined) throw new RangeError(`not an amount in yuan: ${JSON.stringify(text)}`);
  return fen;
}

/** An amount in a table cell or sentence; zero is written faintly, so that what is there stands out. */
export function money(fen: bigint): Html {
  return fen === 0n ? html`<span class="zero">0.00</span>` : html`${formatFen(fen)}`;
}

/** A whole number with thousands separators. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Fen as ten thousand yuan for a chart's geometry: the one place where money becomes a float, and none is printed. */
export function toPlot(fen: bigint): number {
  return Number(fen) / 1_000_000;
}

/** A ratio such as `"0.5"` as a percentage, `"50%"`, by moving the decimal point. */
export function percent(ratio: string): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(ratio);
  if (!match) return ratio;
  const digits = (match[2] ?? '').padEnd(2, '0');
  const whole = String(BigInt(match[1]! + digits.slice(0, 2)));
  const rest = digits.slice(2).replace(/0+$/, '');
  return `${whole}${rest ? `.${rest}` : ''}%`;
}
