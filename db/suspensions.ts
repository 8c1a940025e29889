import type { Knex } from 'knex';
import type { PlainDate } from '../domain/plain-date';

/** Whose fund settlement payments are held on a day (新医保发〔2025〕50号 五(一)); a correction counts for its whole day. */
export async function suspendedInstitutions(db: Knex, region: string, on: PlainDate): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { institution: string }[] }>(
    'select institution from settle.suspended_institutions(?, ?)',
    [region, on],
  );
  return new Set(rows.map(({ institution }) => institution));
}

/** Enterprises whose settlement is suspended on a day (五(二)); performing counts for its whole day. */
export async function suspendedEnterprises(db: Knex, region: string, on: PlainDate): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { enterprise: string }[] }>(
    'select enterprise from settle.suspended_enterprises(?, ?)',
    [region, on],
  );
  return new Set(rows.map(({ enterprise }) => enterprise));
}
