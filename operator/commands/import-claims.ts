import { findClaimFile, loadReviews, lockClaims, saveClaims } from '../../db/fund/claims';
import { policyWith } from '../../db/region-policy';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import { addMonths, firstDayOf, period as toPeriod, type Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { readClaims } from '../files/fund-data';
import { hashFile } from '../files/hashed-file';
import { attempted, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { requireAnyRole, tellWindow } from './window-step';

export interface ImportClaimsCommand {
  region: string;
  /** The month of the claims; the file's name says so (`claims-2026-04.csv`) where left out. */
  period?: Period;
  /** Left out by a rehearsal. */
  person?: string;
  /** Takes the file in place of an earlier one, until the re-check; a first review is then done again. */
  replace?: boolean;
  dryRun?: boolean;
}

export interface ImportedClaims {
  period: Period;
  claims: number;
  institutions: number;
  declaredFen: bigint;
  deductedFen: bigint;
  /** The same bytes as before: nothing was changed. */
  repeated: boolean;
  /** An earlier file of the month made way. */
  replaced: boolean;
  /** A first review of the earlier file that counts no more. */
  reviewVoided: boolean;
}

const NAME = /claims-(\d{4}-\d{2})\.csv$/;
const IMPORTERS = { roles: ['officer', 'operator'], code: 'RecorderRoleMissing' } as const;
/** Who imported, where nobody of the agency did. */
const THEMSELVES = 'institutions';
const RULE = '宿迁 2025-06-13 三(一)';

/**
 * Takes the claims of a month (申报费用) by institution and pool: all of a file, or nothing. The same bytes again have no effect; other
 * content is refused, or taken in place of the earlier file until the re-check.
 *
 * @throws Refusal `FileInvalid`, `FileMissing`, `UsageInvalid`, `OutsideWindow`, `IdempotencyConflict`, `CaseStateInvalid`, `PolicyNotInForce`,
 * `PersonUnknown`, `RecorderRoleMissing`
 */
export async function importClaims(
  context: CommandContext,
  path: string,
  command: ImportClaimsCommand,
): Promise<ImportedClaims> {
  const { db, clock } = context;
  const { region, dryRun = false, person } = command;
  const named = command.period ?? NAME.exec(path)?.[1];
  if (named === undefined) throw new Refusal('UsageInvalid', `${path} names no month: give --period`);
  const period = toPeriod(named);
  const month = { region, period };
  const now = clock.now();
  const { sha256, requireUnchanged } = await hashFile(path);
  const run = async (): Promise<ImportedClaims> => {
    if (person !== undefined) await requireAnyRole(db, { region, person, on: now.date }, IMPORTERS);
    const comesFrom = firstDayOf(addMonths(period, 1));
    if (now.date < comesFrom)
      throw new Refusal('OutsideWindow', `claims of ${period} come from ${comesFrom} on, when the month is over`, {
        rule: RULE,
      });
    const { fund } = (await policyWith(db, region, 'fund', firstDayOf(period))).policy;
    const known = await db('settle.institutions').where({ region }).pluck<string[]>('institution');
    const claims = await readClaims(path, { region, institutions: new Set(known), pools: fund!.pools });
    await requireUnchanged();
    return transactionally(db, dryRun, async (trx): Promise<ImportedClaims> => {
      await lockClaims(trx, month);
      const before = await findClaimFile(trx, month);
      const totals = {
        period,
        claims: claims.length,
        institutions: new Set(claims.map(({ institution }) => institution)).size,
        declaredFen: claims.reduce((sum, { declaredFen }) => sum + declaredFen, 0n),
        deductedFen: claims.reduce((sum, { deductedFen }) => sum + deductedFen, 0n),
      };
      if (before?.sha256 === sha256) return { ...totals, repeated: true, replaced: false, reviewVoided: false };
      if (before && !command.replace)
        throw new Refusal(
          'IdempotencyConflict',
          `claims of ${period} are there already (${before.claims} claims, ${formatYuan(before.declaredFen)} declared, taken on ${before.importedOn}) with other content; --replace takes this file in their place`,
          { place: { file: path }, rule: RULE },
        );
      const reviewVoided = (await loadReviews(trx, month)).length > 0;
      const fileId = await saveClaims(trx, month, { sha256, person: person ?? '', at: now, claims });
      await tellWindow(trx, caseIds.fund(region, period), now, [
        {
          key: `claims/${fileId}`,
          event: 'claims-imported',
          actor: person ?? THEMSELVES,
          detail: `${totals.claims} claims of ${totals.institutions} institutions, ${formatYuan(totals.declaredFen)} declared`,
        },
      ]);
      return { ...totals, repeated: false, replaced: before !== undefined, reviewVoided };
    });
  };
  if (dryRun || person === undefined) return run();
  return attempted(
    context,
    ownAttempt({
      region,
      subject: `claims/${region}/${period}`,
      person,
      action: 'import-claims',
      contentSha256: sha256,
      at: now,
    }),
    run,
  );
}
