import { InvalidArgumentError, Option, type Command } from 'commander';
import { findClaimFile, loadClaims, loadReviews } from '../../db/fund/claims';
import { REVIEW_STEPS, type Deduction, type ReviewStep } from '../../domain/fund/claims';
import { isInstitutionId } from '../../domain/ids';
import { formatYuan, parseYuan } from '../../domain/money';
import { isPool } from '../../domain/pools';
import { ExitCode } from '../../domain/refusal';
import { capacityText } from '../../domain/staff';
import { importClaims } from '../commands/import-claims';
import { reopenClaimsOf } from '../commands/reopen-claims';
import { reviewClaims } from '../commands/review-claims';
import { readDeductions } from '../files/fund-data';
import { formatAmount } from './amounts';
import { institutionArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { fundMonth, fundOptions, type FundOptions } from './fund-options';
import {
  actingOptions,
  actingPerson,
  given,
  regionOrOnly,
  updateIdOption,
  withRunning,
  type ActingOptions,
} from './running';
import { formatTable } from './table';

interface ImportOptions extends ActingOptions, FundOptions {
  replace?: boolean;
}
interface ReopenOptions extends ActingOptions, FundOptions {
  reason: string;
}
interface ReviewOptions extends ActingOptions, FundOptions {
  step: ReviewStep;
  deductions?: string;
  deduct?: Deduction[];
  sha256?: string;
}

/** `H32130000001:employee:120.00:超限定支付范围`, as often as it is given. */
function deductionArgument(text: string, before: Deduction[] = []): Deduction[] {
  const [institution = '', pool = '', amount = '', ...reason] = text.split(':');
  const deductedFen = parseYuan(amount);
  if (!isInstitutionId(institution) || !isPool(pool) || deductedFen === undefined || deductedFen < 0n)
    throw new InvalidArgumentError(
      'A deduction is INSTITUTION:POOL:YUAN:REASON, such as H32130000001:employee:120.00:REASON.',
    );
  return [...before, { institution, pool, deductedFen, reason: reason.join(':') }];
}

export function addFundClaimsCommands(group: Command, context: CliContext): void {
  const claims = group.command('claims').description('what institutions claim for a month · 申报费用');
  examples(
    fundOptions(actingOptions(claims.command('import')), 'the one that the file’s name has')
      .description('takes a month’s claims: all of a file, or nothing; the same bytes again change nothing')
      .argument('<file>', 'such as claims-2026-04.csv', nonEmptyArgument)
      .option('--replace', 'in place of an earlier file, until the re-check; the first review is done again then')
      .action(action(context, (file: string, options: ImportOptions) => take(context, file, options))),
    'fund claims import claims-2026-04.csv --as 321300-01 --dry-run',
  );
  examples(
    fundOptions(claims.command('show'))
      .description('the claims of a month with what is taken off, and how far their review is')
      .option('--institution <id>', 'of this institution', institutionArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: FundOptions & { institution?: string }) => show(context, options))),
    'fund claims show --period 2026-04 --institution H32130000001',
  );
  examples(
    fundOptions(actingOptions(claims.command('reopen')))
      .description('takes the re-check back while nothing of the month is settled (business head)')
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .action(action(context, (options: ReopenOptions) => reopen(context, options))),
    'fund claims reopen --period 2026-04 --reason 一笔申报有误 --as 321300-03',
  );
  examples(
    fundOptions(updateIdOption(actingOptions(group.command('review'))))
      .description('records 初审 (officer), then 复核 (business head, another person), with deductions and reasons')
      .addOption(new Option('--step <step>', 'which of the two').choices(REVIEW_STEPS).makeOptionMandatory())
      .option('--deductions <file>', 'institution,pool,deducted,reason, one row a claim', nonEmptyArgument)
      .option('--deduct <deduction>', 'INSTITUTION:POOL:YUAN:REASON; may be given again', deductionArgument)
      .option(
        '--sha256 <hash>',
        'the file that was read, as `claims show` has it (default: what is there)',
        nonEmptyArgument,
      )
      .action(action(context, (options: ReviewOptions) => review(context, options))),
    'fund review --step first-review --period 2026-04 --deduct H32130000001:employee:120.00:超限定支付范围 --as 321300-01',
    'fund review --step re-check --period 2026-04 --as 321300-03',
  );
}

async function take(context: CliContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, period, replace } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const taken = await importClaims(running, file, { region, person, dryRun, ...given({ period, replace }) });
    const { declaredFen, deductedFen, ...rest } = taken;
    if (options.json)
      context.output.json({
        region,
        ...rest,
        declared: formatYuan(declaredFen),
        deducted: formatYuan(deductedFen),
        dryRun,
      });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} claims of ${taken.period}: ${taken.claims} of ${taken.institutions} institutions, ` +
          `${formatAmount(declaredFen)} declared, ${formatAmount(deductedFen)} deducted` +
          (taken.repeated
            ? '; the same file was taken before'
            : taken.replaced
              ? ', in place of the earlier file'
              : '') +
          (dryRun ? '; nothing was taken' : ''),
        ...(taken.reviewVoided ? ['  the first review of the earlier file counts no more'] : []),
        `  next  settle fund review --step first-review --period ${taken.period}`,
      ]);
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, options: FundOptions & { institution?: string }): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const { db } = running;
    const month = await fundMonth(running, options);
    const claims = await loadClaims(db, month, given({ institution: options.institution }));
    const reviews = await loadReviews(db, month);
    const file = await findClaimFile(db, month);
    if (options.json) {
      const amounts = claims.map(({ declaredFen, deductedFen, ...rest }) => ({
        ...rest,
        declared: formatYuan(declaredFen),
        deducted: formatYuan(deductedFen),
      }));
      const reviewed = reviews.map(({ deductedFen, ...rest }) => ({ ...rest, deducted: formatYuan(deductedFen) }));
      context.output.json({ ...month, sha256: file?.sha256 ?? null, reviews: reviewed, claims: amounts });
      return ExitCode.Fine;
    }
    if (claims.length === 0) context.output.lines([`there are no claims of ${month.period} · 没有申报费用`]);
    else
      context.output.lines([
        ...formatTable(
          [
            { title: '机构 institution' },
            { title: '险种 pool' },
            { title: '支付地 paid by' },
            { title: '申报 declared', align: 'right' },
            { title: '扣减 deducted', align: 'right' },
            { title: '原因 reason' },
          ],
          claims.map((each) => [
            each.institution,
            each.pool,
            each.payingRegion,
            formatAmount(each.declaredFen),
            formatAmount(each.deductedFen),
            each.reason,
          ]),
        ),
        ...(file === undefined ? [] : [`  file  ${file.sha256}, taken on ${file.importedOn}`]),
        ...reviews.map((each) => `  ${each.step}  ${each.reviewedOn} by ${capacityText(each)}`),
        `  next  ${nextStep(reviews.map(({ step }) => step))}`,
      ]);
    return ExitCode.Fine;
  });
}

async function reopen(context: CliContext, options: ReopenOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, reason } = options;
  return withRunning(context, async (running) => {
    const month = await fundMonth(running, options);
    await reopenClaimsOf(running, { ...month, person, reason, dryRun });
    const next = `settle fund claims import --replace, or settle fund review --step first-review --period ${month.period}`;
    if (options.json) context.output.json({ ...month, reason, dryRun, next });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} the claims of ${month.period} are open again${dryRun ? '; nothing was recorded' : ''}`,
        '  a settlement that was worked out from them is to be rejected; it is prepared anew after the next re-check',
        `  next  ${next}`,
      ]);
    return ExitCode.Fine;
  });
}

function nextStep(done: readonly ReviewStep[]): string {
  const step = REVIEW_STEPS.find((each) => !done.includes(each));
  return step === undefined ? 'paid by the run of the next working day' : `settle fund review --step ${step}`;
}

async function review(context: CliContext, options: ReviewOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, step, updateId, sha256, deduct = [] } = options;
  return withRunning(context, async (running) => {
    const month = await fundMonth(running, options);
    const fromFile = options.deductions === undefined ? [] : await readDeductions(options.deductions);
    const deductions = [...fromFile, ...deduct];
    const done = await reviewClaims(running, {
      ...month,
      step,
      person,
      deductions,
      dryRun,
      ...given({ updateId, sha256 }),
    });
    const { deductedFen, ...rest } = done;
    const next =
      step === 'first-review'
        ? `settle fund review --step re-check --period ${month.period}, by another person`
        : 'the run of the next working day works out what is paid, for approval';
    if (options.json) context.output.json({ ...month, ...rest, deducted: formatYuan(deductedFen), dryRun, next });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${step} of ${month.period}: ${done.claims} claims, ${formatAmount(deductedFen)} deducted, ` +
          `by ${capacityText(done.reviewer)}${dryRun ? '; nothing was recorded' : ''}`,
        ...(done.sha256 === null ? [] : [`  file  ${done.sha256}`]),
        `  next  ${next}`,
      ]);
    return ExitCode.Fine;
  });
}
