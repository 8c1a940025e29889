import type { Command } from 'commander';
import { loadDecisionAttempts } from '../../db/approval-contents';
import { ExitCode } from '../../domain/refusal';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { regionOption, regionOrOnly, withRunning } from './running';
import { formatTable } from './table';

interface AttemptOptions {
  region?: string;
  person?: string;
  refused?: boolean;
  json?: boolean;
}

export function addAttemptCommands(program: Command, context: CliContext): void {
  const group = program.command('attempts').description('who tried what, and what came of it · 操作记录');
  examples(
    regionOption(group.command('list'))
      .description('every attempt of a person at a decision, a receipt, a day or a role, refused ones too')
      .option('--person <person>', 'of this person only', nonEmptyArgument)
      .option('--refused', 'only what was refused or failed')
      .option('--json', 'as JSON')
      .action(action(context, (options: AttemptOptions) => list(context, options))),
    'attempts list --refused',
    'attempts list --person 650100-07 --json',
  );
}

async function list(context: CliContext, { region, person, refused = false, json }: AttemptOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const where = { region: await regionOrOnly(db, region), refused };
    const found = (await loadDecisionAttempts(db, where)).filter(
      (each) => person === undefined || each.person === person,
    );
    if (json) context.output.json(found);
    else if (found.length === 0) context.output.lines(['no attempt · 没有操作记录']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '时间 at' },
            { title: '人员 person' },
            { title: '操作 action' },
            { title: '对象 at what' },
            { title: '结果' },
            { title: '说明' },
          ],
          found.map((each) => [
            `${each.date} ${each.time}`,
            each.person,
            each.action,
            each.subject ?? each.requestId ?? each.caseId ?? '',
            each.outcome ?? 'no outcome',
            [each.level, each.reason, each.message].filter(Boolean).join(' · '),
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}
