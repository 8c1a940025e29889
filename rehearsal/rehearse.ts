import { join } from 'node:path';
import type { Logger } from 'pino';
import { createHttpBank } from '../activities/bank/http-bank';
import { atPhase, Phase, type DuePoint } from '../domain/business-time';
import { barrierMs } from '../domain/due-points';
import { listDocuments } from '../db/documents/store';
import { firstDayOf, lastDayOf, period as toPeriod, type Period } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';
import type { CommandContext } from '../operator/commands/context';
import { issueDueDocuments, writeDocuments } from '../operator/commands/documents';
import { writeWhole } from '../operator/files/write-whole';
import { unlessStopped } from '../operator/unless-stopped';
import { createApprovers, createOperators } from './actors/agency';
import { together } from './actors/actors';
import { createClaimActors } from './actors/claims';
import { createConfirmationActors } from './actors/confirmations';
import { createEnterpriseActors } from './actors/enterprises';
import { createInstitutionActors } from './actors/institutions';
import { createOfficerActors } from './actors/officers';
import { conduct } from './conductor';
import { writeResult, type RegionResult, type WrittenFiles } from './files';
import { calendarDays, readInputs, type RehearsalInputs } from './inputs';
import { openBooks } from './opening';
import { renderReport } from './report';
import { journalCsvRows, summarize, timelineRows, type ResultInput } from './result';
import { fiscalTransferRows, type FiscalTransfer } from './result/fund';
import { createSeededOrder } from './seeded-order';
import { setStage, type Stage } from './stage';
import { refreshStatistics, withStatistics } from './statistics';
import type { Summary, TimelineRow } from './summary';
import { createTimeMachine } from '../operator/virtual-time/time-machine';

export interface RehearseOptions {
  /** Region folders. */
  regions: string[];
  /** Months reported, such as `2026-01`; a run is always simulated from January of the first year. */
  from: string;
  to: string;
  /** Ids or files; without any, each region's own. */
  policies: string[];
  scenario?: string;
  seed: number;
  /** Where the result files go; nothing is written without it. */
  out?: string;
  provisionalCalendar: boolean;
  documents: boolean;
  webUi: boolean;
  /** Keeps Temporal with the histories up until `stop`. */
  keepUp?: boolean;
  /** As the user typed it, for the report. */
  command?: string;
  progress: (event: RehearsalProgress) => void;
  /** Aborted when somebody asks it to end: everything it started is taken down, its database included. */
  stop?: AbortSignal;
  /** Looks at the stage when everything has happened and before it is taken down: for measurements and recordings. */
  inspect?: (stage: Stage) => Promise<void>;
  log: Logger;
}

export type RehearsalProgress =
  | { kind: 'phase'; message: string }
  | { kind: 'day'; region: 'all'; date: string; done: number; total: number }
  | { kind: 'note'; message: string };

export interface RehearsalResult {
  summaries: Summary[];
  /** What happened, one list a region, in the order of the summaries. */
  timelines: TimelineRow[][];
  /** What was asked of the fiscal deposit, one list a region, in the same order. */
  transfers: FiscalTransfer[][];
  /** One a region; empty without `out`. */
  files: WrittenFiles[];
  /** The report of all regions. */
  report?: string;
  webUiUrl?: string;
  durationMs: number;
  /** Every invariant holds. */
  ok: boolean;
  stop(): Promise<void>;
}

const BANK_TIMEOUT_MS = 15_000;
/** A rehearsal longer than this is a slip of the keyboard. */
const MAX_YEARS = 20;

/**
 * Runs regions through the months of a policy, past or future: the production workflows on a Temporal server, a database
 * and a bank of its own, with scripted people. Then every invariant is checked.
 *
 * @throws Refusal for anything wrong in the inputs, before anything is started; and for a case that the rules ended
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const startedAt = performance.now();
  const { from, to } = months(options);
  options.progress({ kind: 'phase', message: 'reading the region folders' });
  const inputs = await readInputs(options);
  const stage = await setStage({
    webUi: options.webUi,
    faults: inputs.scenario.bank.map(({ retryOn: _, ...fault }) => fault),
    progress: (message) => options.progress({ kind: 'phase', message }),
  });
  try {
    const played = play(options, inputs, stage, from, to);
    await (options.stop ? unlessStopped(options.stop, played) : played);
    const results = await collect(options, inputs, stage, from, to);
    if (options.documents) await makeAllDocuments(options, inputs, stage, to);
    const webUiUrl = options.keepUp ? stage.webUiUrl : undefined;
    const files = writeFiles(options, results, createReport(options, inputs, webUiUrl, from, to));
    await options.inspect?.(stage);
    const summaries = results.map(({ summary }) => summary);
    if (options.keepUp) await stage.endWork();
    else await stage.stop();
    return {
      summaries,
      timelines: results.map(({ timeline }) => timeline),
      transfers: results.map(({ transfers }) => transfers),
      files: files.regions,
      ...(files.report === undefined ? {} : { report: files.report }),
      ...(webUiUrl === undefined ? {} : { webUiUrl }),
      durationMs: performance.now() - startedAt,
      ok: summaries.every(({ invariants }) => invariants.every(({ ok }) => ok)),
      stop: () => stage.stop(),
    };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

function months(options: RehearseOptions): { from: Period; to: Period } {
  const from = toPeriod(options.from);
  const to = toPeriod(options.to);
  if (to < from) throw new Refusal('UsageInvalid', `--to ${to} lies before --from ${from}`);
  if (Number(to.slice(0, 4)) - Number(from.slice(0, 4)) >= MAX_YEARS)
    throw new Refusal('UsageInvalid', `${from} to ${to} is longer than ${MAX_YEARS} years`);
  return { from, to };
}

/** Opens the books and runs the calendar with everybody in it. */
export async function play(
  options: Pick<RehearseOptions, 'provisionalCalendar' | 'seed' | 'progress' | 'log'>,
  inputs: RehearsalInputs,
  stage: Stage,
  from: Period,
  to: Period,
): Promise<void> {
  const january = toPeriod(`${from.slice(0, 4)}-01`);
  options.progress({ kind: 'phase', message: 'opening the books' });
  await openBooks({ ...inputs, ...stage, provisionalCalendar: options.provisionalCalendar, on: firstDayOf(january) });

  let now: DuePoint = { date: firstDayOf(january), phase: Phase.Deadline };
  const { db, client } = stage;
  const machine = createTimeMachine(client, stage.namespace);
  const context: CommandContext = {
    db,
    client,
    log: options.log,
    clock: { now: () => atPhase(now.date, now.phase) },
    reach: async (caseId) => void (await machine.advance(caseId, barrierMs(now))),
    settled: async (caseId) => void (await machine.settle(caseId)),
  };
  const order = createSeededOrder(options.seed);
  const regions = inputs.regions.map(({ region }) => region.code).sort();
  const { scenario } = inputs;
  const agency = { context, machine, scenario, regions, order };
  await conduct({
    db,
    client,
    machine,
    order,
    regions,
    from: january,
    to,
    actors: together([
      createInstitutionActors({ context, bank: stage.bank, scenario, regions, order }),
      withStatistics(
        createEnterpriseActors({ context, regions: inputs.regions.map(({ region }) => region) }),
        stage.owner,
      ),
      createConfirmationActors({ ...agency, bank: stage.bank, regions: inputs.regions.map(({ region }) => region) }),
      createOfficerActors({ context, scenario, regions: inputs.regions.map(({ region }) => region) }),
      createClaimActors({ context, scenario, regions: inputs.regions.map(({ region }) => region) }),
      createOperators(agency),
      createApprovers(agency),
    ]),
    setClock: (point) => {
      now = point;
    },
    progress: (date, done, total) => options.progress({ kind: 'day', region: 'all', date, done, total }),
  });
}

/** What was due by the end of the last month, as files beside each region's result. */
async function makeAllDocuments(
  options: RehearseOptions,
  inputs: RehearsalInputs,
  { db }: Stage,
  to: Period,
): Promise<void> {
  const { log, out } = options;
  const clock = { now: () => atPhase(lastDayOf(to), Phase.FundMoves) };
  for (const { region } of inputs.regions) {
    options.progress({ kind: 'phase', message: `drawing the documents of ${region.code}` });
    await issueDueDocuments({ db, log, clock }, region.code);
    const directory = inputs.regions.length === 1 ? '' : region.code;
    if (out !== undefined && (await listDocuments(db, { region: region.code }, 1)).length > 0)
      await writeDocuments(db, { region: region.code }, join(out, directory, 'documents'));
  }
}

interface Collected extends RegionResult {
  transfers: FiscalTransfer[];
  names: Record<string, string>;
  regionName: string;
}

async function collect(
  options: RehearseOptions,
  inputs: RehearsalInputs,
  stage: Stage,
  from: Period,
  to: Period,
): Promise<Collected[]> {
  options.progress({ kind: 'phase', message: 'checking every invariant' });
  await refreshStatistics(stage.owner);
  const bank = createHttpBank({ baseUrl: stage.bankUrl, timeoutMs: BANK_TIMEOUT_MS, log: options.log });
  const results: Collected[] = [];
  for (const { region, policies: ids } of inputs.regions) {
    const policies = inputs.policies
      .list()
      .filter(({ policy }) => ids.includes(policy.id))
      .filter(({ policy }) => policy.effective.from <= lastDayOf(to) && (policy.effective.to ?? to) >= from)
      .map(({ policy, sha256 }) => ({ id: policy.id, version: policy.version, sha256 }));
    const input: ResultInput = { db: stage.db, bank, region: region.code, policies, from, to };
    results.push({
      summary: await summarize(input),
      journal: await journalCsvRows(input),
      timeline: await timelineRows(input),
      transfers: await fiscalTransferRows(stage.db, input),
      names: Object.fromEntries<string>([
        ...region.institutions.map(({ institution, name }) => [institution, name] as const),
        ...region.enterprises.map(({ enterprise, name }) => [enterprise, name] as const),
      ]),
      regionName: region.name,
    });
  }
  return results.sort((a, b) => (a.summary.region < b.summary.region ? -1 : 1));
}

/** One report a region beside its files, and one of all of them where there are several. */
function writeFiles(
  options: RehearseOptions,
  results: readonly Collected[],
  reportOf: (results: readonly Collected[]) => string,
): { regions: WrittenFiles[]; report?: string } {
  const { out } = options;
  if (out === undefined) return { regions: [] };
  if (results.length === 1) {
    const files = writeResult(out, results[0]!, reportOf(results));
    return { regions: [files], report: files.report };
  }
  const regions = results.map((result) => writeResult(join(out, result.summary.region), result, reportOf([result])));
  return { regions, report: writeWhole(join(out, 'report.html'), reportOf(results)) };
}

function createReport(
  options: RehearseOptions,
  inputs: RehearsalInputs,
  webUiUrl: string | undefined,
  from: Period,
  to: Period,
): (results: readonly Collected[]) => string {
  const calendar = calendarDays(inputs.calendar, from, to);
  const documents = Object.fromEntries(
    inputs.policies.list().map(({ policy: { id, document } }) => {
      return [id, { number: document.number ?? document.title, title: document.title }];
    }),
  );
  return (results) =>
    renderReport({
      regions: results.map(({ summary, timeline, transfers, names, regionName }) => ({
        summary,
        timeline,
        transfers,
        names,
        regionName,
        calendar,
        documents,
      })),
      generatedFrom: {
        command: options.command ?? 'settle rehearse',
        seed: options.seed,
        ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
        ...(webUiUrl === undefined ? {} : { webUiHint: webUiUrl }),
      },
    });
}
