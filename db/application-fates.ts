import type { Knex } from 'knex';
import type { StagedFile } from './application-stage';

/**
 * What one line says, whatever the day on which it was applied for: two rows of one id are the same line when this is the
 * same (DESIGN 5.2). Numbers count by their value, not by how they are written.
 */
const contentOf = (row: string): string =>
  `row(${row}.order_no, ${row}.institution, ${row}.enterprise, ${row}.drug, ${row}.category, ${row}.kind, trim_scale(${row}.quantity),
       trim_scale(${row}.unit_price), ${row}.amount_fen, ${row}.ordered_on, ${row}.received_on, ${row}.verified_by, ${row}.invoice)::text`;

/**
 * Ids of the stage that need a second look: they stand more than once in the file, are known, or are in conflict in this
 * period. The first of several rows of a file is among the accepted lines already and counts as its own version.
 */
const FIND_TOUCHED = `
  create temp table application_touched on commit drop as
  select line from application_stage where code is null group by line having count(*) > 1
  union
  select s.line from application_stage s join settle.application_lines l on l.line = s.line and l.region = :region where s.code is null
  union
  select s.line from application_stage s join settle.rejected_lines r on r.line = s.line and r.region = :region and r.period = :period
   where s.code is null and r.code = 'conflict'`;

/**
 * The fate of every row that is not simply accepted: those of the ids above, and those with a code of their own.
 *
 * The ids are decided over all their rows at once, so that the order of lines and of the period's files does not
 * matter:
 * - own: the version accepted in this period, in this file or an earlier one. Once it is settled or disputed it stays, and only what differs is a conflict;
 * - several: the period has brought different contents of the id, in this file or an earlier one: all of them are conflicts;
 * - later: a version that a later period's file brought before this one; it gives way while it is open, and the same again is
 *   repeated in the later period from then on, as if the files had come in order;
 * - prior: the version of the period before. What differs is a conflict, unless the line was disputed and comes back
 *   corrected. The same again is repeated while it is open, already settled if an earlier window settled it, and applied for
 *   again if an earlier window disputed it.
 */
const DECIDE = `
  create temp table application_fates on commit drop as
  with mine as (
    select s.row_no, s.line, s.amount_fen, ${contentOf('s')} as content
      from application_stage s join application_touched t using (line) where s.code is null
  ), known as (
    select l.line, l.period, ${contentOf('l')} as content, st.period as settled_in, d.period as disputed_in
      from settle.application_lines l join application_touched t using (line)
      left join settle.settled_lines st using (line_id)
      left join settle.line_disputes d using (line_id)
     where l.region = :region and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id)
  ), own as (
    select *, coalesce(settled_in, disputed_in) is not null as stays from known where period = :period
  ), prior as (
    select distinct on (line) * from known where period < :period order by line, period desc
  ), later as (
    select distinct on (line) *, coalesce(settled_in, disputed_in) is not null as stays
      from known where period > :period order by line, period
  ), taken_back as (
    select l.line, exists (select from settle.repeated_lines r where (r.file_id, r.row_no) = (l.file_id, l.row_no)) as gave_way
      from settle.line_withdrawals join settle.application_lines l using (line_id) join application_touched t using (line)
     where l.region = :region and l.period = :period
  ), conflicting as (
    select line from settle.rejected_lines join application_touched using (line)
     where region = :region and period = :period and code = 'conflict'
    union
    -- What this period took back is not accepted in it again.
    select line from taken_back where not gave_way
  ), repeated as (
    select line from settle.repeated_lines join application_touched using (line) where region = :region and period = :period
    union
    select line from settle.rejected_lines join application_touched using (line)
     where region = :region and period = :period and code = 'already-settled'
  ), several as (
    select line from (
      select line, content from mine
      union select line, content from own
      union select p.line, p.content from prior p join repeated using (line)
    ) brought group by line having count(*) > 1
  ), judged as (
    select m.row_no, m.line, m.amount_fen, case
        when own.stays then case when own.content = m.content then 'repeated' else 'conflict' end
        when conflicting.line is not null or several.line is not null then 'conflict'
        when own.line is not null then 'repeated'
        when later.stays then case when later.content = m.content then 'repeated' else 'conflict' end
        when prior.line is null then 'accepted'
        when prior.content <> m.content then case when prior.disputed_in is not null then 'accepted' else 'conflict' end
        when prior.settled_in < :period then 'already-settled'
        when prior.disputed_in < :period then 'accepted'
        else 'repeated' end as fate, g.line is not null as gave_way
      from mine m
      left join own using (line) left join prior using (line) left join later using (line)
      left join conflicting using (line) left join several using (line) left join taken_back g using (line)
  )
  select row_no, line, amount_fen, '' as detail,
         case when fate = 'accepted' and gave_way then 'conflict'
              when fate = 'accepted' and row_number() over (partition by line order by row_no) > 1 then 'repeated' else fate end as fate
    from judged
  union all
  select row_no, line, amount_fen, detail, code from application_stage where code is not null`;

const ACCEPT = `
  insert into settle.application_lines (region, period, line, order_no, institution, body, enterprise, drug, category, kind, quantity,
      unit_price, amount_fen, ordered_on, received_on, applied_on, verified_by, invoice, file_id, row_no)
  select :region, :period, s.line, s.order_no, s.institution, s.body, s.enterprise, s.drug, s.category, s.kind, s.quantity,
      s.unit_price, s.amount_fen, s.ordered_on, s.received_on, s.applied_on, s.verified_by, s.invoice, :fileId, s.row_no
    from application_stage s
   where s.code is null and not exists (select from application_fates f where f.row_no = s.row_no and f.fate <> 'accepted')`;

/** Rows of this file; one that was accepted before its own file contradicted it is rejected. */
const COUNT = `
  select (select count(*) from settle.repeated_lines where file_id = :fileId)::int as repeated,
         (select count(*) from settle.rejected_lines where file_id = :fileId and found_by = :fileId)::int as rejected`;

const REPEAT = `
  insert into settle.repeated_lines (region, period, file_id, row_no, line, amount_fen)
  select :region, :period, :fileId, row_no, line, amount_fen from application_fates where fate = 'repeated'`;

const REJECT = `
  insert into settle.rejected_lines (region, period, file_id, row_no, line, code, detail, amount_fen, found_by)
  select :region, :period, :fileId, row_no, line, fate, detail, amount_fen, :fileId
    from application_fates where fate not in ('accepted', 'repeated')`;

/** Rows of this period, of this file or earlier ones, that the file made conflicts: what is accepted is taken back, what was repeated is rejected. */
const TAKE_BACK = `
  with conflicts as (
    select distinct line from application_fates where fate = 'conflict'
  ), withdrawn as (
    insert into settle.line_withdrawals (line_id, file_id)
    select o.line_id, :fileId from settle.open_lines o join conflicts using (line) where o.region = :region and o.period = :period
    returning line_id
  ), undone as (
    select l.file_id, l.row_no, l.line, l.amount_fen from settle.application_lines l join withdrawn using (line_id)
    union all
    select r.file_id, r.row_no, r.line, r.amount_fen
      from (select * from settle.repeated_lines
            union all
            select region, period, file_id, row_no, line, amount_fen from settle.rejected_lines where code = 'already-settled') r
      join conflicts using (line)
     where r.region = :region and r.period = :period and r.file_id <> :fileId
       -- Beside a line that stays the same again is still repeated.
       and not exists (select from settle.application_lines l
                        where l.region = r.region and l.period = r.period and l.line = r.line
                          and (exists (select from settle.settled_lines s where s.line_id = l.line_id)
                               or exists (select from settle.line_disputes d where d.line_id = l.line_id)))
  )
  insert into settle.rejected_lines (region, period, file_id, row_no, line, code, amount_fen, found_by)
  select :region, :period, file_id, row_no, line, 'conflict', amount_fen, :fileId from undone
  on conflict do nothing`;

/** Open versions of a later period give way to the earlier one: repeated if they say the same, else in conflict with it. */
const GIVE_WAY = `
  with accepted as (
    select l.* from application_fates f join settle.application_lines l
      on l.region = :region and l.period = :period and l.line = f.line where f.fate = 'accepted'
  ), later as (
    select o.line_id, o.period, o.file_id, o.row_no, o.line, o.amount_fen, ${contentOf('o')} = ${contentOf('a')} as same
      from accepted a join settle.open_lines o on o.region = a.region and o.line = a.line and o.period > a.period
  ), withdrawn as (
    insert into settle.line_withdrawals (line_id, file_id) select line_id, :fileId from later
  ), repeated as (
    insert into settle.repeated_lines (region, period, file_id, row_no, line, amount_fen)
    select :region, period, file_id, row_no, line, amount_fen from later where same
  )
  insert into settle.rejected_lines (region, period, file_id, row_no, line, code, amount_fen, found_by)
  select :region, period, file_id, row_no, line, 'conflict', amount_fen, :fileId from later where not same`;

/** Few ids are looked up among millions of lines, in pages that are mostly in memory. */
const FAVOUR_INDEXES = 'set local random_page_cost = 1.1';
const HAS_LATER = `
  select exists (select from settle.application_files where region = :region and period > :period) as later`;

/**
 * Decides the staged rows of a file over all lines at once and writes what becomes of each.
 * @returns how many rows were repeated and how many rejected; all others are accepted
 */
export async function decideStagedRows(
  trx: Knex,
  { fileId, region, period }: StagedFile,
): Promise<{ repeated: number; rejected: number }> {
  const run = async (statement: string, names: Readonly<Record<string, string | number>> = {}): Promise<void> =>
    void (await trx.raw(statement, names));
  const where = { region, period };
  const file = { ...where, fileId };
  // The file's new lines are there already, and the planner has to know: it would take the region for an empty one.
  await run('select settle.analyze_lines()');
  await run(FAVOUR_INDEXES);
  await run('drop table if exists application_touched, application_fates');
  await run(FIND_TOUCHED, where);
  await run('analyze application_touched');
  await run(DECIDE, where);
  await run('analyze application_fates');
  const { rows: known } = await trx.raw<{ rows: { later: boolean }[] }>(HAS_LATER, where);
  await run(ACCEPT, file);
  await run(REPEAT, file);
  await run(REJECT, file);
  await run(TAKE_BACK, file);
  if (known[0]!.later) await run(GIVE_WAY, file);
  const { rows } = await trx.raw<{ rows: { repeated: number; rejected: number }[] }>(COUNT, { fileId });
  return rows[0]!;
}
