import type { Knex } from 'knex';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import type { Summary } from '../summary';

/** What was rejected in these months: one row for each row of a file, in the order of period, line and code. */
export async function rejectedLineRows(
  db: Knex,
  region: string,
  from: Period,
  to: Period,
): Promise<Summary['rejectedLines']> {
  const { rows } = await db.raw<{ rows: Summary['rejectedLines'] }>(
    `select period, line, code from settle.rejected_rows
      where region = ? and period between ? and ?
      order by period collate "C", line collate "C", code collate "C"`,
    [region, from, to],
  );
  return rows;
}

/** Accepted lines of these months by what has become of them; each line counts once, as it was last accepted. */
export async function lineSums(db: Knex, region: string, from: Period, to: Period): Promise<Summary['lines']> {
  const { rows } = await db.raw<{ rows: { state: string; fen: string }[] }>(
    `select state, sum(amount_fen)::text as fen from settle.line_states
      where region = ? and period between ? and ? and state in ('settled', 'open', 'disputed') group by state`,
    [region, from, to],
  );
  const fenOf = (state: string): bigint => BigInt(rows.find((row) => row.state === state)?.fen ?? 0);
  const [settled, open, disputed] = [fenOf('settled'), fenOf('open'), fenOf('disputed')];
  return {
    accepted: formatYuan(settled + open + disputed),
    settled: formatYuan(settled),
    open: formatYuan(open),
    disputed: formatYuan(disputed),
  };
}
