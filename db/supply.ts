import type { Knex } from 'knex';
import type { SupplyFigures } from '../domain/enterprise';

export interface SupplyRow extends SupplyFigures {
  enterprise: string;
}

/** What the procurement system told of a period, by enterprise. */
export async function loadSupply(db: Knex, region: string, period: string): Promise<SupplyRow[]> {
  const rows = await db('settle.supply').where({ region, period }).orderByRaw('enterprise collate "C"').select<
    {
      enterprise: string;
      orders: number;
      responded: number;
      ordered_quantity: string;
      delivered_quantity: string;
    }[]
  >('enterprise', 'orders', 'responded', 'ordered_quantity', 'delivered_quantity');
  return rows.map((row) => ({
    enterprise: row.enterprise,
    orders: row.orders,
    responded: row.responded,
    orderedQuantity: row.ordered_quantity,
    deliveredQuantity: row.delivered_quantity,
  }));
}

/** Adds the figures of enterprises that have none for the period yet. */
export async function insertSupply(
  trx: Knex,
  region: string,
  period: string,
  rows: readonly SupplyRow[],
): Promise<void> {
  await trx.raw(
    `insert into settle.supply (region, period, enterprise, orders, responded, ordered_quantity, delivered_quantity)
     select ?, ?, i.* from unnest(?::text[], ?::int[], ?::int[], ?::numeric[], ?::numeric[]) i`,
    [
      region,
      period,
      rows.map(({ enterprise }) => enterprise),
      rows.map(({ orders }) => orders),
      rows.map(({ responded }) => responded),
      rows.map(({ orderedQuantity }) => orderedQuantity),
      rows.map(({ deliveredQuantity }) => deliveredQuantity),
    ] as never,
  );
}
