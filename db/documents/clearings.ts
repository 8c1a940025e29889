import type { Knex } from 'knex';
import { clearingStatement, type ClearingFacts } from '../../domain/documents/reports';
import { groupBy } from '../../domain/group-by';
import type { PlainDate } from '../../domain/plain-date';
import type { DueDocument } from './store';

const MONTHS_A_QUARTER = 3;

type ClearingRow = Omit<ClearingFacts, 'pools'> & ClearingFacts['pools'][number];

/** 季度清算单 of every institution whose quarter was cleared by a day (宿迁 2025-06-13 一). */
export async function dueClearings(db: Knex, region: string, upTo: PlainDate): Promise<DueDocument[]> {
  const { rows } = await db.raw<{ rows: ClearingRow[] }>(
    `select r.name as "regionName", c.institution, i.name, c.quarter, c.signed_on as "signedOn", c.pool,
            c.payable_fen as "payableFen", c.preallocated_fen as "preallocatedFen", c.paid_fen as "paidFen",
            c.held_fen as "heldFen", c.released_fen as "releasedFen", c.carried_out_fen as "carriedOutFen"
       from settle.clearings c join settle.regions r using (region) join settle.institutions i using (region, institution)
      where c.region = ? and c.signed_on <= ? order by c.signed_on, c.quarter, c.institution, c.pool`,
    [region, upTo],
  );
  return [...groupBy(rows, ({ quarter, institution }) => `clearing/${region}/${quarter}/${institution}`)].map(
    ([about, pools]) => {
      const { institution, quarter } = pools[0]!;
      const month = String(Number(quarter.slice(-1)) * MONTHS_A_QUARTER).padStart(2, '0');
      return {
        region,
        about,
        subject: institution,
        period: `${quarter.slice(0, 4)}-${month}`,
        model: clearingStatement({ ...pools[0]!, pools }),
      };
    },
  );
}
