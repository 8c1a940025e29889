import type { Knex } from 'knex';
import type { Standing } from '../../domain/fund/eligibility';
import type { PlainDate } from '../../domain/plain-date';
import { insertAll } from '../rows';

/** Who recorded what a region folder says. */
const FROM_FOLDER = 'region-folder';

interface StandingRow {
  institution: string;
  known_from: PlainDate;
  score: string;
  major_violation_on: PlainDate | null;
  traceability: boolean;
  active: boolean;
  cooperates: boolean;
  agreement_kept: boolean;
}

/** What is known of each institution on a day: the newest on or before it. */
export async function loadStandings(
  db: Knex,
  region: string,
  on: PlainDate,
): Promise<Map<string, Standing & { knownFrom: PlainDate }>> {
  const { rows } = await db.raw<{ rows: StandingRow[] }>(
    `select distinct on (institution) institution, known_from, score::text, major_violation_on, traceability, active, cooperates,
            agreement_kept
       from settle.standings where region = ? and known_from <= ? order by institution, known_from desc`,
    [region, on],
  );
  return new Map(
    rows.map((row) => [
      row.institution,
      {
        institution: row.institution,
        knownFrom: row.known_from,
        score: row.score,
        ...(row.major_violation_on === null ? {} : { majorViolationOn: row.major_violation_on }),
        traceability: row.traceability,
        active: row.active,
        cooperates: row.cooperates,
        agreementKept: row.agreement_kept,
      },
    ]),
  );
}

/** Of the standings of a folder, those that say something else than what is known on the day. */
export async function newStandings(
  db: Knex,
  region: string,
  standings: readonly Standing[],
  on: PlainDate,
): Promise<{ standing: Standing; before: Standing | undefined }[]> {
  const known = await loadStandings(db, region, on);
  return standings
    .map((standing) => ({ standing, before: known.get(standing.institution) }))
    .filter(({ standing, before }) => before === undefined || differences(before, standing).length > 0);
}

const COLUMNS = [
  'score',
  'majorViolationOn',
  'traceability',
  'active',
  'cooperates',
  'agreementKept',
] as const satisfies readonly (keyof Standing)[];

export function differences(before: Standing, after: Standing): (typeof COLUMNS)[number][] {
  return COLUMNS.filter((column) =>
    column === 'score' ? Number(before.score) !== Number(after.score) : before[column] !== after[column],
  );
}

/** Writes them as known from a day, as the owner; a second import on the same day takes the place of the first. */
export async function saveStandings(
  owner: Knex,
  region: string,
  standings: readonly Standing[],
  knownFrom: PlainDate,
): Promise<void> {
  const institutions = standings.map(({ institution }) => institution);
  await owner('settle.standings')
    .where({ region, known_from: knownFrom })
    .whereRaw('institution = any(?::text[])', [institutions])
    .delete();
  await insertAll(
    owner,
    'settle.standings',
    standings.map((standing) => ({
      region,
      institution: standing.institution,
      known_from: knownFrom,
      score: standing.score,
      major_violation_on: standing.majorViolationOn ?? null,
      traceability: standing.traceability,
      active: standing.active,
      cooperates: standing.cooperates,
      agreement_kept: standing.agreementKept,
      recorded_by: FROM_FOLDER,
    })),
  );
}
