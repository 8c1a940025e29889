import { basename } from 'node:path';
import type { Finding } from '../../domain/finding';
import type { PlainDate } from '../../domain/plain-date';
import { hasRole } from '../../domain/approval';
import { Refusal } from '../../domain/refusal';
import type { Attempt } from '../../db/attempts';
import { loadStaff } from '../../db/register';
import { date, institutionId, month, text, yuanOrMore } from '../files/cells';
import { createFileFindings } from '../files/findings';
import { column, readTable } from '../files/table';
import { attempted, keepRefused, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { caseOfReturn, recordReturn, type RecordReturnResult } from './record-return';

/** One receipt as the bank or the institution tells it. */
export interface ReturnRow {
  receiptId: string;
  institution: string;
  period: string;
  paidInFen: bigint;
  receivedOn: PlainDate;
}

const RETURN_COLUMNS = {
  receipt: column(text),
  institution: column(institutionId),
  period: column(month),
  amount: column(yuanOrMore),
  received_on: column(date),
};

/** Accountants book what arrives; operators do so too where the agency has it so. */
const RECORDING_ROLES = ['accountant', 'operator'];

async function requireRecorder({ db, clock }: CommandContext, region: string, person: string): Promise<void> {
  const staff = (await loadStaff(db, region)).find((each) => each.person === person);
  const { date: today } = clock.now();
  if (!staff) throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${region}`, { person });
  if (!RECORDING_ROLES.some((role) => hasRole(staff, role, today)))
    throw new Refusal('RecorderRoleMissing', `${person} is neither accountant nor operator on ${today}`, { person });
}

export interface Recording {
  region: string;
  person: string;
  /** Does all of it and takes it back. */
  dryRun: boolean;
}

/** A receipt and what of it counted. */
export interface RecordedReturn extends RecordReturnResult {
  receiptId: string;
  line?: number;
}

export interface ReturnsImport {
  recorded: RecordedReturn[];
  /** Rows of which nothing was taken, each with its line, by refusals and by what is wrong with the file. */
  refused: { line: number | null; code: string; message: string }[];
}

/**
 * Records one receipt; an attempt is recorded beside it, a refused one too, but not that of a dry run.
 * @throws Refusal `RecorderRoleMissing`, `OutsideWindow` for a day to come, `ReturnNotDue`, `IdempotencyConflict`
 */
export async function recordOneReturn(
  context: CommandContext,
  row: ReturnRow,
  recording: Recording,
): Promise<RecordedReturn> {
  const work = async (): Promise<RecordedReturn> => {
    await requireRecorder(context, recording.region, recording.person);
    return within(context, recording, (inside) => recordRow(inside, row, recording));
  };
  if (recording.dryRun) return work();
  return attempted(context, await receiptAttempt(context, row, recording), work);
}

/** Stands in the history of the case in which the receipt would: its period's, else the prepayment's. */
async function receiptAttempt(
  { db, clock }: CommandContext,
  { receiptId, institution, period }: ReturnRow,
  { region, person }: Recording,
): Promise<Attempt> {
  const caseId = await caseOfReturn(db, { region, institution, period });
  return ownAttempt({
    region,
    ...(caseId ? { caseId } : {}),
    subject: `receipt ${receiptId} of ${institution} for ${period}`,
    person,
    action: 'return-record',
    at: clock.now(),
  });
}

/**
 * Records the receipts of a CSV file: right rows go in, each on its own, every other one is reported, and kept as an attempt
 * where it was no dry run. Receipts are known by their number, so that the same file again changes nothing.
 * @throws Refusal `RecorderRoleMissing`
 */
export async function importReturns(
  context: CommandContext,
  path: string,
  recording: Recording,
): Promise<ReturnsImport> {
  const { region, person, dryRun } = recording;
  if (dryRun) return importRows(context, path, recording);
  const file = {
    region,
    subject: `returns of ${basename(path)}`,
    person,
    action: 'returns-import',
    at: context.clock.now(),
  };
  return attempted(context, ownAttempt(file), () => importRows(context, path, recording));
}

async function importRows(context: CommandContext, path: string, recording: Recording): Promise<ReturnsImport> {
  await requireRecorder(context, recording.region, recording.person);
  const findings = createFileFindings(path);
  const rows: { row: ReturnRow; line: number }[] = [];
  await readTable(path, RETURN_COLUMNS, findings, ({ receipt, institution, period, amount, received_on }, line) => {
    const row = { receiptId: receipt, institution, period, paidInFen: amount, receivedOn: received_on };
    rows.push({ row, line });
  });
  const refused: ReturnsImport['refused'] = findings.list().map(asRefused);
  const recorded: RecordedReturn[] = [];
  await within(context, recording, async (inside) => {
    for (const { row, line } of rows) {
      try {
        recorded.push({ ...(await recordRow(inside, row, recording)), line });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push({ line, code: error.code, message: error.message });
        if (!recording.dryRun) await keepRefused(context, await receiptAttempt(context, row, recording), error);
      }
    }
  });
  return { recorded, refused: refused.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function asRefused({ line, code, message }: Finding): ReturnsImport['refused'][number] {
  return { line: line ?? null, code, message };
}

async function recordRow(
  context: CommandContext,
  row: ReturnRow,
  { region, person }: Recording,
): Promise<RecordedReturn> {
  const { date: today } = context.clock.now();
  if (row.receivedOn > today)
    throw new Refusal('OutsideWindow', `receipt ${row.receiptId}: ${row.receivedOn} is after today, ${today}`);
  return { receiptId: row.receiptId, ...(await recordReturn(context, { ...row, region, person })) };
}

/** Each row is its own transaction; a dry run is one that is taken back, and tells no log. */
async function within<T>(
  context: CommandContext,
  { dryRun }: Recording,
  work: (inside: CommandContext) => Promise<T>,
): Promise<T> {
  if (!dryRun) return work(context);
  const log = context.log.child({}, { level: 'silent' });
  return transactionally(context.db, true, (trx) => work({ ...context, db: trx, log }));
}
