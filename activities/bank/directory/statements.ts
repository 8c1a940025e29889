import type { BusinessMoment } from '../../../domain/business-time';
import type { PlainDate } from '../../../domain/plain-date';
import { Refusal } from '../../../domain/refusal';
import { formatMoment } from '../iso20022/values';
import type { BankStatement } from '../port';
import type { Incoming } from './incoming';

/**
 * The statement of an account's day among files of the bank. What the bank sends by itself is final for its day; what it made
 * on request counts up to the moment at which it was made. The latest counts.
 *
 * @throws Refusal `BankMessageInvalid` where two of one moment differ
 */
export function findStatement(
  files: readonly Incoming[],
  account: string,
  date: PlainDate,
  at: BusinessMoment,
): BankStatement | undefined {
  const wanted = formatMoment(at);
  const found = files.flatMap((file) => {
    if (file.kind !== 'statements') return [];
    const made = formatMoment(file.createdAt);
    if (file.onRequest && made < wanted) return [];
    const own = file.statements.filter((each) => each.account === account && each.date === date);
    return own.map((statement) => ({ made, statement }));
  });
  const last = found.map(({ made }) => made).sort().at(-1); // prettier-ignore
  const latest = found.filter(({ made }) => made === last).map(({ statement }) => statement);
  if (new Set(latest.map(contentOf)).size > 1)
    throw new Refusal('BankMessageInvalid', `two statements of ${date} differ that the bank made at ${last}`);
  return latest[0];
}

function contentOf(statement: BankStatement): string {
  return JSON.stringify(statement, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
