import type { Knex } from 'knex';
import type { Region } from '../domain/region';
import { regionRows, type RegionOptions, type RegisterTable } from './region-rows';
import { insertAll } from './rows';

/** One difference between a folder and what is stored. */
export interface RegisterChange {
  change: 'added' | 'changed' | 'missing';
  /** `institution`, `person`, … */
  kind: string;
  id: string;
  /** Columns with what is stored and what the folder says; empty for rows that are added or missing. */
  columns: { column: string; from: string; to: string }[];
}

type Row = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
};
const idOf = ({ key }: RegisterTable, row: Row): string =>
  key.length === 0 ? text(row.region) : key.map((column) => text(row[column])).join('/');

/**
 * Without the people whom somebody appointed in the running system, since no folder names them, and without years of spending that the
 * folder says nothing about.
 */
async function storedRows(db: Knex, { name, table, rows }: RegisterTable, region: string): Promise<Row[]> {
  const years = [...new Set(rows.map(({ year }) => year as number))];
  return db(table)
    .where({ region, ...(name === 'person' ? { from_folder: true } : {}) })
    .modify((query) => void (name === 'spending' && query.whereIn('year', years)))
    .select<Row[]>('*');
}

/** What an import of the folder would change, in the order of the tables; a region that is not known yet is all added. */
export async function regionChanges(db: Knex, region: Region, options: RegionOptions): Promise<RegisterChange[]> {
  const changes: RegisterChange[] = [];
  for (const register of regionRows(region, options)) {
    const stored = new Map((await storedRows(db, register, region.code)).map((row) => [idOf(register, row), row]));
    for (const row of register.rows) {
      const id = idOf(register, row);
      const before = stored.get(id);
      stored.delete(id);
      const columns = before ? differences(before, row) : [];
      if (!before || columns.length > 0)
        changes.push({ change: before ? 'changed' : 'added', kind: register.name, id, columns });
    }
    for (const id of stored.keys()) changes.push({ change: 'missing', kind: register.name, id, columns: [] });
  }
  return changes;
}

function differences(before: Row, after: Row): RegisterChange['columns'] {
  return Object.keys(after)
    .map((column) => ({ column, from: text(before[column]), to: text(after[column]) }))
    .filter(({ from, to }) => from !== to);
}

/**
 * Writes what `regionChanges` tells of, as the owner: added rows, changed columns, and purchases that the folder no longer
 * has. Other rows that are missing stay, since cases and payments name them.
 */
export async function writeRegion(db: Knex, region: Region, options: RegionOptions): Promise<void> {
  for (const register of regionRows(region, options)) {
    const stored = new Map((await storedRows(db, register, region.code)).map((row) => [idOf(register, row), row]));
    const fresh = register.rows.filter((row) => !stored.has(idOf(register, row)));
    await insertAll(db, register.table, fresh);
    for (const row of register.rows) {
      const before = stored.get(idOf(register, row));
      if (!before || differences(before, row).length === 0) continue;
      const key = Object.fromEntries(['region', ...register.key].map((column) => [column, row[column]]));
      await db(register.table).where(key).update(row);
    }
    if (register.name === 'purchase') await dropPurchases(db, register, region.code);
  }
}

async function dropPurchases(db: Knex, { table, rows }: RegisterTable, region: string): Promise<void> {
  // A row that moved to another year has its number under both.
  const kept = rows.map(({ year, row_no: rowNo }) => ({ year, row_no: rowNo }));
  await db.raw(
    `delete from ?? p where p.region = ? and not exists (
       select from jsonb_to_recordset(?::jsonb) k (year int, row_no int) where k.year = p.year and k.row_no = p.row_no)`,
    [table, region, JSON.stringify(kept)],
  );
}
