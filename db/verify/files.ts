import type { Database } from '../connect';
import { FINDINGS_FETCHED, verdict, type Invariant } from './invariant';

/**
 * What became of each row of a file: accepted and still there, accepted and taken back, repeated, rejected. A row may be repeated
 * or taken back and rejected later, by a file that contradicts it; it is never accepted and something else.
 */
const ROWS = `
  with fate as (
    select l.file_id, l.row_no, l.line, w.line_id is null as accepted, w.line_id is not null as taken_back, false as elsewhere
      from settle.application_lines l left join settle.line_withdrawals w using (line_id) where l.region = :region
    union all
    select file_id, row_no, line, false, false, true from settle.repeated_lines where region = :region
    union all
    select file_id, row_no, line, false, false, true from settle.rejected_lines where region = :region),
  each as (
    select file_id, row_no, min(line) as line, count(*) filter (where accepted or taken_back) as lines, bool_or(accepted) as accepted,
           bool_or(taken_back) as taken_back, bool_or(elsewhere) as elsewhere
      from fate group by file_id, row_no)`;

const FINDINGS = `${ROWS},
  counted as (select file_id, count(*) as rows from each group by file_id),
  found as (
    select 'row ' || row_no || ' of file ' || file_id || ' (' || line || ') ' || case
             when lines > 1 then 'is more than one line'
             when accepted and elsewhere then 'is accepted, and repeated or rejected as well'
             when taken_back and not elsewhere then 'is taken back, and neither repeated nor rejected' end as finding
      from each where lines > 1 or accepted and elsewhere or taken_back and not elsewhere
    union all
    select 'line ' || r.line || ', row ' || r.row_no || ' of file ' || r.file_id || ', is repeated, and nothing that it repeats is accepted or rejected'
      from settle.repeated_lines r
     where r.region = :region
       and not exists (select from settle.application_lines l left join settle.line_withdrawals w using (line_id)
                         left join settle.rejected_lines j on j.file_id = l.file_id and j.row_no = l.row_no
                        where l.region = r.region and l.line = r.line and (w.line_id is null or j.file_id is not null))
    union all
    select 'file ' || file_id || ' was never imported, and has ' || rows || ' rows' from counted
     where not exists (select from settle.application_files f where f.file_id = counted.file_id and f.region = :region)
    union all
    select 'file ' || f.file_id || ' has ' || f.rows || ' rows, and ' || coalesce(c.rows, 0) || ' are accounted for'
      from settle.application_files f left join counted c using (file_id)
     where f.region = :region and f.rows <> coalesce(c.rows, 0)
    union all
    select 'file ' || file_id || ' has ' || rows || ' rows, and counts ' || accepted + repeated + rejected
      from settle.application_files where region = :region and rows <> accepted + repeated + rejected)
  select finding from found order by finding limit :limit`;

/** Nothing vanishes between a file and its lines (新医保发〔2025〕50号 四(二); DESIGN 5.2: a bad file loses nothing). */
export const rowsOfFiles: Invariant = {
  name: 'each row of a file is accepted, repeated or rejected',
  async check(database: Database, region) {
    const { rows } = await database.raw<{ rows: { finding: string }[] }>(FINDINGS, { region, limit: FINDINGS_FETCHED });
    const { rows: sums } = await database.raw<{ rows: { files: bigint; rows: bigint }[] }>(
      `select count(*) as files, coalesce(sum(rows), 0)::bigint as rows from settle.application_files where region = :region`,
      { region },
    );
    return verdict(
      rows.map(({ finding }) => finding),
      `${sums[0]!.rows} rows of ${sums[0]!.files} files`,
    );
  },
};
