import { formatYuan } from '../../domain/money';

/** `"1234567.89"` as `1,234,567.89`, for people to read; data stays without separators. */
export function groupThousands(yuan: string): string {
  const [whole, places] = yuan.split('.') as [string, string?];
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${places === undefined ? '' : `.${places}`}`;
}

export function formatAmount(fen: bigint): string {
  return groupThousands(formatYuan(fen));
}
