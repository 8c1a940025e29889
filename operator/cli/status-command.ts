import type { Command } from 'commander';
import type { ReconciliationStanding } from '../../db/reconciliation';
import { formatYuan } from '../../domain/money';
import { ExitCode } from '../../domain/refusal';
import { systemStatus, type SystemStatus } from '../commands/status';
import { connectRunning } from '../connection';
import { dataDirectory } from '../files/data-directory';
import { lives, readRunState, type RunState } from '../run-state';
import { groupThousands } from './amounts';
import { clockLine } from './clock-command';
import { bankFileLines, bankFilesOf } from './bank-files';
import { action, examples, type CliContext } from './context';
import { unlessStopped } from '../unless-stopped';
import { scheduleLines } from './schedules-command';
import { formatTable } from './table';

export function addStatusCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('status')
      .description('services, worker, schedules, next deadlines, what waits for whom, money in doubt · 状态')
      .option('--json', 'as JSON')
      .action(action(context, (options: { json?: boolean }) => status(context, options))),
    'status',
    'status --json',
  );
}

async function status(context: CliContext, { json }: { json?: boolean }): Promise<ExitCode> {
  const { env, output, stop } = context;
  const running = await connectRunning(env);
  try {
    const state = await unlessStopped(stop, systemStatus(running, running.namespace));
    const services = servicesOf(readRunState(dataDirectory(env)));
    const bankFiles = await bankFilesOf(running.bankUrl);
    const ok = state.workers.length > 0 && services.every(({ up }) => up);
    const { developmentClock } = running;
    if (json) output.json({ ok, services, ...(bankFiles && { bankFiles }), developmentClock, ...jsonOf(state) });
    else {
      const files = bankFiles ? ['', output.paint('bold', '银行文件 bank files'), ...bankFileLines(bankFiles)] : [];
      output.lines([timeLine(context, state, developmentClock), ...lines(context, services, state), ...files]);
    }
    return ok ? ExitCode.Fine : ExitCode.Error;
  } finally {
    await running.close();
  }
}

interface ServiceView {
  name: string;
  pid: number;
  up: boolean;
}

/** The processes of `settle up` on this machine; none where real services are used. */
function servicesOf(state: RunState | undefined): ServiceView[] {
  return (state?.services ?? []).map((each) => ({ name: each.name, pid: each.pid, up: lives(each) }));
}

/** A development clock is said so plainly that nobody takes it for the real one. */
function timeLine({ output }: CliContext, { now }: SystemStatus, developmentClock: boolean): string {
  return developmentClock ? output.paint('yellow', clockLine(now)) : `${now.date} ${now.time} Asia/Shanghai`;
}

/** Amounts of JSON are yuan with two places. */
function jsonOf({ waiting, payments, ...rest }: SystemStatus): object {
  const inYuan = <T extends { amountFen: bigint }>({ amountFen, ...each }: T) => ({
    ...each,
    amount: formatYuan(amountFen),
  });
  return { ...rest, waiting: waiting.map(inYuan), payments: payments.map(inYuan) };
}

function lines({ output }: CliContext, services: readonly ServiceView[], state: SystemStatus): string[] {
  const { paint } = output;
  const section = (title: string, body: readonly string[], none: string): string[] => [
    '',
    paint('bold', title),
    ...(body.length > 0 ? body : [none]).map((line) => `  ${line}`),
  ];
  const plain = (rows: string[][]): string[] =>
    formatTable(
      (rows[0] ?? []).map(() => ({ title: '' })),
      rows,
    );
  const yuan = (fen: bigint): string => `${groupThousands(formatYuan(fen))} yuan`;
  const worker = state.workers.map(({ identity }) => ['worker', identity]);
  const more = state.openCases - state.deadlines.length;
  return [
    ...section(
      '服务 services',
      plain([
        ...services.map(({ name, pid, up }) => [
          name,
          `process ${pid}, ${up ? paint('green', 'up') : paint('red', 'ended')}`,
        ]),
        ...(worker.length > 0 ? worker : [['worker', paint('red', 'none asks for work')]]),
      ]),
      '',
    ),
    ...section('定时 schedules', scheduleLines(state.schedules), ''),
    ...section(
      '案件 cases, the next deadline first',
      [
        ...plain(
          state.deadlines.map(({ caseId, state: where, nextDue }) => [
            caseId,
            where,
            nextDue ? `${nextDue.date} ${nextDue.time}` : 'waits for people or the bank',
          ]),
        ),
        ...(more > 0 ? [`… and ${more} more`] : []),
      ],
      'none is open',
    ),
    ...section(
      '等待 waiting for people',
      plain(
        state.waiting.map(({ requestId, waitsFor, payments, amountFen }) => [
          requestId,
          waitsFor,
          `${payments} payments, ${yuan(amountFen)}`,
        ]),
      ),
      'nothing',
    ),
    ...section(
      '存疑 money in doubt',
      plain(
        state.payments.map(({ region, state: where, payments, amountFen }) => [
          region,
          where,
          `${payments} payments, ${yuan(amountFen)}`,
        ]),
      ),
      'none: no payment is unknown, failed or returned',
    ),
    ...section(
      '对账 reconciliation',
      plain(state.reconciliation.map((each) => reconciliationRow(each, paint))),
      'no books have begun',
    ),
    ...section('预警 latest alerts', plain(state.alerts.map(({ on, caseId, kind }) => [on, caseId, kind])), 'none'),
  ];
}

function reconciliationRow(
  { region, signedOffUntil, openExceptions, notReconciled }: ReconciliationStanding,
  paint: CliContext['output']['paint'],
): string[] {
  const { days, first } = notReconciled;
  return [
    region,
    signedOffUntil ? `signed off until ${signedOffUntil}` : 'no day is signed off',
    openExceptions > 0 ? paint('red', `${openExceptions} exceptions are open`) : 'no open exception',
    first ? `${days} days are not reconciled, the first ${first}` : 'every day is reconciled',
  ];
}
