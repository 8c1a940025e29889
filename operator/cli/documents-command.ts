import { Option, type Command } from 'commander';
import { FORMATS, listDocuments, type DocumentFormat, type DocumentsWanted } from '../../db/documents/store';
import type { Receivable } from '../../db/documents/financing';
import { renderPdf } from '../../activities/documents/pdf';
import { agreementClauses } from '../../domain/documents/agreement';
import { DOCUMENT_KINDS, documentNumber, type DocumentKind } from '../../domain/documents/model';
import { yearOf, type Period, type PlainDate } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { issueDueDocuments, writeDocuments } from '../commands/documents';
import {
  financingCells,
  FINANCING_COLUMNS,
  issueFinancingEvidence,
  readReceivables,
  type FinancingWanted,
} from '../commands/order-financing';
import { writeWhole } from '../files/write-whole';
import { policyWith } from '../../db/region-policy';
import { loadRegion } from '../../db/register';
import { dateArgument, nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingPerson, given, regionOption, regionOrOnly, withRunning } from './running';
import { formatTable } from './table';

interface ListOptions {
  region?: string;
  kind?: DocumentKind;
  period?: Period;
  subject?: string;
  json?: boolean;
}

const SHOWN = 1_000;

function kindOption(): Option {
  return new Option('--kind <kind>', 'of this kind').choices(Object.keys(DOCUMENT_KINDS));
}

export function addDocumentCommands(program: Command, context: CliContext): void {
  const group = program.command('documents').description('what the agency issues: statements, notices, reports · 文书');
  examples(
    group
      .command('list')
      .description('documents with their numbers and hashes')
      .option('--region <code>', 'of this region', nonEmptyArgument)
      .addOption(kindOption())
      .option('--period <month>', 'of this month', periodArgument)
      .option('--subject <id>', 'of this institution or enterprise', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'documents list --kind breach-notice',
    'documents list --region 650500 --period 2026-07 --json',
  );
  examples(
    regionOption(group.command('make'))
      .description('issue and draw what is due and not there yet; a second run does nothing')
      .option('--up-to <date>', 'what is due by this day (default: today)', dateArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: MakeOptions) => make(context, options))),
    'documents make --region 650500',
  );
  examples(
    group
      .command('get')
      .description('write documents as files: one by its number, or those of a month, a kind, a party')
      .argument('[number]', 'such as 650500-WY-2026-0001', nonEmptyArgument)
      .option('--region <code>', 'of this region', nonEmptyArgument)
      .addOption(kindOption())
      .option('--period <month>', 'of this month', periodArgument)
      .option('--subject <id>', 'of this institution or enterprise', nonEmptyArgument)
      .addOption(new Option('--format <format>', 'only this one').choices([...FORMATS]))
      .option('--out <dir>', 'the folder to write', nonEmptyArgument, '.')
      .option('--json', 'as JSON')
      .action(action(context, (number: string | undefined, options: GetOptions) => get(context, number, options))),
    'documents get 650500-WY-2026-0001 --out out',
    'documents get --region 650500 --period 2026-07 --format pdf --out out/july',
  );
  examples(
    regionOption(group.command('agreement'))
      .description(
        'the rules on breaches as clauses for the institution’s agreement, with the policy’s own numbers (PDF)',
      )
      .requiredOption('--out <file>', 'the file to write', nonEmptyArgument)
      .action(action(context, (options: { region?: string; out: string }) => agreement(context, options))),
    'documents agreement --region 650500 --out out/agreement.pdf',
  );
  examples(
    regionOption(group.command('financing'))
      .description(
        'what is confirmed and unpaid for an enterprise, with due dates: evidence for order financing · 订单贷',
      )
      .requiredOption('--enterprise <id>', 'the enterprise', nonEmptyArgument)
      .option('--on <date>', 'as of this day (default: today)', dateArgument)
      .option('--out <file>', 'issue it: a numbered document, and this CSV file whose hash it names', nonEmptyArgument)
      .option('--as <person>', 'who issues it (default: SETTLE_PERSON)', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: FinancingOptions) => financing(context, options))),
    'documents financing --region 650500 --enterprise E0001 --out out/E0001.csv --as 650500-01',
  );
}

/** The report that the agency sends up every month, made now if it is due and not there yet. */
export function addReportCommands(program: Command, context: CliContext): void {
  const group = program.command('report').description('reports to the authority · 报告');
  examples(
    regionOption(group.command('monthly'))
      .description('write a month’s stage report (试点阶段性报告) as PDF and XLSX')
      .requiredOption('--period <month>', 'the month reported', periodArgument)
      .option('--out <dir>', 'the folder to write', nonEmptyArgument, '.')
      .option('--json', 'as JSON')
      .action(action(context, (options: ReportOptions) => monthly(context, options))),
    'report monthly --region 650500 --period 2026-07 --out out',
  );
}

interface ReportOptions {
  region?: string;
  period: Period;
  out: string;
  json?: boolean;
}

async function monthly(context: CliContext, { period, out, json, ...options }: ReportOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    await issueDueDocuments(running, region);
    const written = await writeDocuments(running.db, { region, kind: 'stage-report', period }, out);
    if (json) context.output.json(written);
    else context.output.lines(written.map(({ path, sha256 }) => `${path}  sha256 ${sha256}`));
    return ExitCode.Fine;
  });
}

async function list(context: CliContext, { json, ...wanted }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const documents = await listDocuments(db, given(wanted), SHOWN);
    if (json) context.output.json(documents);
    else if (documents.length === 0) context.output.lines(['no such document · 没有符合条件的文书']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '编号 number' },
            { title: '文书 document' },
            { title: '对象 subject' },
            { title: '日期 dated' },
            { title: 'files' },
            { title: '撤回 withdrawn' },
          ],
          documents.map(({ number, kind, subject, dated, files, withdrawnOn }) => [
            number,
            DOCUMENT_KINDS[kind].title,
            subject === '' ? '–' : subject,
            dated,
            files.map((file) => file.split(':')[0]!).join(', ') || 'not drawn',
            withdrawnOn === null ? '' : `since ${withdrawnOn}`,
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}

interface MakeOptions {
  region?: string;
  upTo?: PlainDate;
  json?: boolean;
}

async function make(context: CliContext, options: MakeOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const made = await issueDueDocuments(running, region, options.upTo);
    if (options.json) context.output.json(made);
    else context.output.lines([`${made.issued} issued, ${made.drawn} files drawn`]);
    return ExitCode.Fine;
  });
}

interface GetOptions extends ListOptions {
  format?: DocumentFormat;
  out: string;
}

async function get(context: CliContext, number: string | undefined, options: GetOptions): Promise<ExitCode> {
  const { format, out, json, ...rest } = options;
  const wanted: DocumentsWanted = given({ ...rest, number });
  if (Object.keys(wanted).length === 0)
    throw new Refusal('UsageInvalid', 'name a document, or say whose: --region, --kind, --period or --subject');
  return withRunning(context, async ({ db }) => {
    const written = await writeDocuments(db, wanted, out, format ? [format] : FORMATS);
    if (json) context.output.json(written);
    else context.output.lines(written.map(({ path, sha256 }) => `${path}  sha256 ${sha256}`));
    return ExitCode.Fine;
  });
}

async function agreement(context: CliContext, options: { region?: string; out: string }): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const region = await regionOrOnly(db, options.region);
    const { date } = clock.now();
    const { policy } = await policyWith(db, region, 'breach', date);
    const { name } = await loadRegion(db, region);
    const model = agreementClauses(policy, name, date)!;
    writeWhole(options.out, await renderPdf(documentNumber(region, model.kind, yearOf(date), 1), model));
    context.output.lines([options.out]);
    return ExitCode.Fine;
  });
}

interface FinancingOptions {
  region?: string;
  enterprise: string;
  on?: PlainDate;
  out?: string;
  as?: string;
  json?: boolean;
}

async function financing(context: CliContext, { out, json, ...options }: FinancingOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const on = options.on ?? running.clock.now().date;
    const wanted = { region, enterprise: options.enterprise, on };
    if (out === undefined) return tellReceivables(context, wanted, await readReceivables(running, wanted), json);
    const person = actingPerson(context, options.as);
    const { number, csv, sha256, receivables } = await issueFinancingEvidence(running, { ...wanted, person });
    const path = writeWhole(out, csv);
    if (json) context.output.json({ number, path, sha256, receivables });
    else {
      tellReceivables(context, wanted, receivables);
      context.output.lines([`${path}  sha256 ${sha256}${number === null ? '' : `  编号 ${number}`}`]);
    }
    return ExitCode.Fine;
  });
}

function tellReceivables(
  { output }: CliContext,
  { enterprise }: FinancingWanted,
  rows: readonly Receivable[],
  json?: boolean,
): ExitCode {
  if (json) output.json(rows);
  else if (rows.length === 0) output.lines([`nothing is confirmed and unpaid for ${enterprise}`]);
  else
    output.lines(
      formatTable(
        FINANCING_COLUMNS.map((title) => ({ title })),
        rows.map(financingCells),
      ),
    );
  return ExitCode.Fine;
}
