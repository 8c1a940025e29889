import type { Command } from 'commander';
import { loadMonthlyStandards } from '../../db/fund/standards';
import { policyWith } from '../../db/region-policy';
import { formatYuan } from '../../domain/money';
import { firstDayOf } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { formatAmount } from './amounts';
import { institutionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { fundMonth, fundOptions, type FundOptions } from './fund-options';
import { given, withRunning } from './running';
import { formatTable } from './table';

type ShowOptions = FundOptions & { institution?: string };

/** `fund standard show`: what a month's standard is before its run works it out. */
export function addShowStandard(standard: Command, context: CliContext): void {
  examples(
    fundOptions(standard.command('show'), 'this month')
      .description('the monthly standard by what is known and decided now, eligible or not · 月核定')
      .option('--institution <id>', 'of this institution', institutionArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ShowOptions) => show(context, options))),
    'fund standard show --period 2026-07 --institution H32130000001',
  );
}

async function show(context: CliContext, options: ShowOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const { db } = running;
    const month = await fundMonth(running, options, 0);
    const { fund: policy } = (await policyWith(db, month.region, 'fund', firstDayOf(month.period))).policy;
    const { institution } = options;
    const rows = await loadMonthlyStandards(db, { ...month, policy: policy!, ...given({ institution }) });
    if (options.json)
      context.output.json(
        rows.map(({ spendingFen, standardFen, ...rest }) => ({
          ...month,
          ...rest,
          spending: formatYuan(spendingFen),
          standard: formatYuan(standardFen),
        })),
      );
    else
      context.output.lines(
        rows.length === 0
          ? [`no spending is known that the standard of ${month.period} is worked out from · 没有往年支出`]
          : formatTable(
              [
                { title: '机构 institution' },
                { title: '险种 pool' },
                { title: '往年支出 spending', align: 'right' },
                { title: '比例 ratio', align: 'right' },
                { title: '月标准 standard', align: 'right' },
              ],
              rows.map((each) => [
                each.institution,
                each.pool,
                formatAmount(each.spendingFen),
                each.ratio,
                formatAmount(each.standardFen),
              ]),
            ),
      );
    return ExitCode.Fine;
  });
}
