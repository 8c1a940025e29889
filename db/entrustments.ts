import type { Knex } from 'knex';
import type { PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';
import type { Entrustment } from '../domain/window/entrustment';

export interface FiledEntrustment extends Entrustment {
  filedOn: PlainDate;
  filedBy: string;
}

/**
 * Files letters. @returns the numbers of those that are new, by institution
 *
 * @throws Refusal `IdempotencyConflict` for a number that is filed with other content
 */
export async function insertEntrustments(
  trx: Knex,
  input: { region: string; letters: readonly Entrustment[]; on: PlainDate; person?: string },
): Promise<Set<string>> {
  const { region, letters, on, person } = input;
  const { rows } = await trx.raw<{ rows: { institution: string; number: string }[] }>(
    `insert into settle.entrustments (region, institution, number, valid_from, valid_to, sha256, filed_on, filed_by)
     select ?, i.*, ?, coalesce(?, i.institution)
       from unnest(?::text[], ?::text[], ?::date[], ?::date[], ?::text[]) i (institution, number, valid_from, valid_to, sha256)
     on conflict do nothing returning institution, number`,
    [
      region,
      on,
      person ?? null,
      letters.map(({ institution }) => institution),
      letters.map(({ number }) => number),
      letters.map(({ from }) => from),
      letters.map(({ to }) => to ?? null),
      letters.map(({ sha256 }) => sha256),
    ] as never,
  );
  const filed = new Map((await loadEntrustments(trx, region)).map((each) => [keyOf(each), each]));
  for (const letter of letters) {
    const known = filed.get(keyOf(letter))!;
    const same = known.from === letter.from && known.to === letter.to && known.sha256 === letter.sha256;
    if (!same)
      throw new Refusal(
        'IdempotencyConflict',
        `letter ${letter.number} of ${letter.institution} is filed with other content`,
        { institution: letter.institution, number: letter.number },
      );
  }
  return new Set(rows.map(keyOf));
}

/** What makes a letter one: its number at its institution. */
export function keyOf({ institution, number }: Pick<Entrustment, 'institution' | 'number'>): string {
  return `${institution}/${number}`;
}

/** Letters by institution, the newest first. */
export async function loadEntrustments(db: Knex, region: string, institution?: string): Promise<FiledEntrustment[]> {
  const rows = await db('settle.entrustments')
    .where({ region, ...(institution ? { institution } : {}) })
    .orderByRaw('institution, valid_from desc, number collate "C" desc')
    .select('*');
  return rows.map((row) => ({
    institution: row.institution,
    number: row.number,
    from: row.valid_from,
    ...(row.valid_to ? { to: row.valid_to } : {}),
    sha256: row.sha256,
    filedOn: row.filed_on,
    filedBy: row.filed_by,
  }));
}
