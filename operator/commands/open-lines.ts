import type { Knex } from 'knex';
import type { Period, PlainDate } from '../../domain/plain-date';
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
  throw refusalOf(others.map(({ line, state }) => ({ line, is: state ?? 'not known' })));
}

/**
 * No open line that is named is of an enterprise that is suspended on the day (新医保发〔2025〕50号 五(二)): nobody who names it
 * would find it left out of what was agreed. @throws Refusal `LineNotOpen`
 */
export async function requireUnsuspended(
  db: Knex,
  { region, period, bodies, lines, on }: NamedLines & { on: PlainDate },
): Promise<void> {
  const { rows } = await db.raw<{ rows: { line: string; enterprise: string }[] }>(
    `select l.line, l.enterprise from settle.open_lines l join settle.suspended_enterprises(:region, :on) s using (enterprise)
      where l.region = :region and l.period <= :period
        and l.body = any(cast(:bodies as text[])) and l.line = any(cast(:lines as text[])) order by l.line`,
    { region, period, on, bodies: [...bodies], lines: [...lines] } as never,
  );
  if (rows.length === 0) return;
  const rule = '新医保发〔2025〕50号 五(二)';
  throw refusalOf(
    rows.map(({ line, enterprise }) => ({ line, is: `of ${enterprise}, which is suspended` })),
    { rule },
  );
}

function refusalOf(others: readonly { line: string; is: string }[], details: { rule?: string } = {}): Refusal {
  const words = others.slice(0, SHOWN).map(({ line, is }) => `${line} is ${is}`);
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : '';
  return new Refusal('LineNotOpen', `${words.join(', ')}${more}: nothing was done`, {
    lines: others.map(({ line }) => line),
    ...details,
  });
}
