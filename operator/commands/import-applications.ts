import { basename } from 'node:path';
import type { Knex } from 'knex';
import {
  countRejected,
  findImportedFile,
  loadImportFacts,
  takeFile,
  type ImportedFile,
  type ImportFacts,
} from '../../db/applications';
import type { StagedRow } from '../../db/application-stage';
import { findCorrections } from '../../db/breaches';
import { policyWith } from '../../db/region-policy';
import { lockLines } from '../../db/settlement-locks';
import { lockWindow } from '../../db/windows';
import { firstDayOf, isPeriod, type Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { firstDefect, type RejectionCode } from '../../domain/window/line-check';
import { readApplications, type ApplicationRow } from '../files/applications';
import { createFileFindings, refusalOf } from '../files/findings';
import { hashFile, type HashedFile } from '../files/hashed-file';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { writeRejections, type RejectionFile } from './rejection-file';
import { tellCorrections } from './corrections';
import { requireAnyRole, requireBegun } from './window-step';

export interface ImportApplicationsInput {
  readonly region: string;
  readonly path: string;
  /** The month that the file applies to; by its name (`applications-2026-03.csv`) where left out. */
  readonly period?: Period;
  /** Who imports it; left out where it comes from the enterprises' own system. */
  readonly person?: string;
  /** Does all of it and takes it back. */
  readonly dryRun?: boolean;
  /** Where the rejected rows are written; no such file without it. */
  readonly rejectedPath?: string;
}

const IMPORTERS = { roles: ['officer', 'operator'], code: 'RecorderRoleMissing' } as const;
/** Who imported, where nobody of the agency did. */
const THEMSELVES = 'enterprises';

/** What became of a file: rows are accepted, repeated or rejected, each exactly one of these. */
export interface ImportedApplications extends Omit<ImportedFile, 'fileId'> {
  readonly region: string;
  readonly period: Period;
  readonly sha256: string;
  /** These bytes were imported in this period before: nothing was done, and the counts are those of that time. */
  readonly again: boolean;
  readonly codes: Partial<Record<RejectionCode, number>>;
  /** Rows of earlier files of the period that this one made conflicts. */
  readonly earlierRowsRejected: number;
  /** Written where it was asked for and something was rejected. */
  readonly rejectedPath?: string;
}

/**
 * Takes an application file of any size into a window (新医保发〔2025〕50号 四(二)): good lines go in, every other one is kept with
 * its code. What a line belongs to is decided by its dates and the file's period, never by the day of the import, and the
 * same bytes again in their period have no effect.
 *
 * @throws Refusal `FileInvalid` for a file that cannot be read whole, of which nothing is taken then; `UsageInvalid` without a
 * period; `OutsideWindow` for a month that has not begun; `PolicyNotInForce`; `PersonUnknown`, `RecorderRoleMissing`
 */
export async function importApplications(
  context: CommandContext,
  input: ImportApplicationsInput,
): Promise<ImportedApplications> {
  const { db, clock, log } = context;
  const { region, path, person, dryRun = false } = input;
  const at = clock.now();
  if (person !== undefined) await requireAnyRole(db, { region, person, on: at.date }, IMPORTERS);
  const period = input.period ?? periodOfName(path);
  requireBegun(period, at.date, 'applications');
  const hashed = await hashFile(path);
  const { sha256 } = hashed;
  const { policy } = await policyWith(db, region, 'window', firstDayOf(period));
  const rejections: { file?: RejectionFile } = {};
  const corrected: string[] = [];
  const imported = await transactionally(db, dryRun, async (trx) => {
    await lockLines(trx, region);
    await lockWindow(trx, region, period);
    const identity = { region, period, sha256 };
    const before = await findImportedFile(trx, identity);
    const facts = await loadImportFacts(trx, region, period, policy.window!);
    const rows = checkedRows(path, hashed, facts);
    const file =
      before ?? (await takeFile(trx, { ...identity, name: basename(path), person: person ?? THEMSELVES, at }, rows));
    const result = await resultOf(trx, file, { region, period, sha256, again: before !== undefined });
    // Credits may leave nothing payable of what was noticed as a breach.
    corrected.push(...(await findCorrections(trx, region, undefined, at.date)));
    if (input.rejectedPath !== undefined && result.rejected + result.earlierRowsRejected > 0)
      rejections.file = await writeRejections(trx, file.fileId, input.rejectedPath);
    return result;
  }).catch((error: unknown) => {
    rejections.file?.discard();
    throw error;
  });
  rejections.file?.keep();
  if (!dryRun) await tellCorrections(context, corrected);
  const { rows, accepted, rejected } = imported;
  log.info({ region, period, file: basename(path), rows, accepted, rejected, dryRun }, 'applications imported');
  return { ...imported, ...(rejections.file === undefined ? {} : { rejectedPath: rejections.file.path }) };
}

const NAME = /^applications-(\d{4}-\d{2})\b/;

function periodOfName(path: string): Period {
  const period = NAME.exec(basename(path))?.[1];
  if (period !== undefined && isPeriod(period)) return period;
  throw new Refusal(
    'UsageInvalid',
    `${basename(path)} names no month as applications-2026-03.csv does: give --period`,
    {
      place: { file: path },
    },
  );
}

/** The rows of a file with what its own rules say of each. @throws Refusal `FileInvalid` at its end, when something is wrong with it */
async function* checkedRows(path: string, hashed: HashedFile, facts: ImportFacts): AsyncGenerator<StagedRow[]> {
  const findings = createFileFindings(path);
  for await (const rows of readApplications(path, findings)) yield rows.map((row) => checked(row, facts));
  await hashed.requireUnchanged();
  if (findings.count > 0) throw refusalOf(path, findings.list());
}

function checked(row: ApplicationRow, facts: ImportFacts): StagedRow {
  if ('unreadable' in row) return row;
  const { rowNo, line } = row;
  return { rowNo, line, body: facts.bodyOf(line.institution) ?? '', code: firstDefect(line, facts) };
}

async function resultOf(
  trx: Knex,
  { fileId, ...file }: ImportedFile,
  about: Pick<ImportedApplications, 'region' | 'period' | 'sha256' | 'again'>,
): Promise<ImportedApplications> {
  const { own, earlier } = await countRejected(trx, fileId);
  return { ...about, ...file, codes: own, earlierRowsRejected: earlier };
}
