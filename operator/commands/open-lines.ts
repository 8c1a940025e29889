import type { Knex } from 'knex';
import type { Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';

const SHOWN = 5;

interface NamedLines {
  region: string;
  /** The window: lines of it and of those before are open in it. */
  period: Period;
  bodies: readonly string[];
  lines: readonly string[];
}

/** Those of the named lines that are open, in this window or before, and of these bodies. */
export async function openAmong(db: Knex, { region, period, bodies, lines }: NamedLines): Promise<string[]> {
  return db('settle.open_lines')
    .where({ region })
    .where('period', '<=', period)
    .whereRaw('body = any(?::text[]) and line = any(?::text[])', [[...bodies], [...lines]])
    .orderBy('line')
    .pluck<string[]>('line');
}

/** Every line that is named is open, in this window or before, and of these bodies. @throws Refusal `LineNotOpen` */
export async function requireOpenLines(db: Knex, { region, period, bodies, lines }: NamedLines): Promise<void> {
  const { rows } = await db.raw<{ rows: { line: string; state: string | null }[] }>(
    `select i.line, (select s.state from settle.line_states s
                      where s.region = ? and s.line = i.line and s.period <= ? and s.body = any(?::text[])
                      order by s.period desc limit 1) as state
       from (select distinct line from unnest(?::text[]) u (line)) i order by i.line`,
    [region, period, [...bodies], [...lines]],
  );
  const others = rows.filter(({ state }) => state !== 'open');
  if (others.length === 0) return;
  const words = others.slice(0, SHOWN).map(({ line, state }) => `${line} is ${state ?? 'not known'}`);
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : '';
  throw new Refusal('LineNotOpen', `${words.join(', ')}${more}: nothing was done`, {
    lines: others.map(({ line }) => line),
  });
}
