import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

let files = 0;

/** A file of a window, as an import of rows that are all accepted leaves it. @returns its id */
export async function insertFile(db: Knex, region: string, period: string, rows: number): Promise<number> {
  await db('settle.windows').insert({ region, period }).onConflict().ignore();
  files += 1;
  const [file] = await db('settle.application_files')
    .insert({
      region,
      period,
      name: `applications-${period}.csv`,
      sha256: createHash('sha256').update(`${process.pid} ${files}`).digest('hex'),
      rows,
      accepted: rows,
      repeated: 0,
      rejected: 0,
      imported_on: `${period}-05`,
      at_time: '10:00',
      person: 'enterprises',
    })
    .returning<{ file_id: bigint }[]>('file_id');
  return Number(file!.file_id);
}
