import { createHash } from 'node:crypto';
import { drawDocuments } from '../../activities/documents/make';
import { loadReceivables, type Receivable } from '../../db/documents/financing';
import { issueDocuments, listDocuments } from '../../db/documents/store';
import { loadRegion } from '../../db/register';
import { orderFinancing } from '../../domain/documents/financing';
import { formatYuan } from '../../domain/money';
import { periodOf, type PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { formatCsvLine } from '../files/csv';
import { attempted, ownAttempt } from './attempts';
import { requireWatcher } from './capacity';
import type { CommandContext } from './context';

type Reading = Pick<CommandContext, 'db' | 'clock'>;
type Context = Reading & Pick<CommandContext, 'log'>;

export interface FinancingWanted {
  readonly region: string;
  readonly enterprise: string;
  readonly on: PlainDate;
}

export interface IssueFinancing extends FinancingWanted {
  /** Who issues it. */
  person: string;
}

export interface FinancingEvidence {
  /** Of the document; null where nothing is confirmed and unpaid, which is evidence of nothing. */
  number: string | null;
  /** The data file as text, with its header, and its hash, which the document names. */
  csv: string;
  sha256: string;
  receivables: Receivable[];
}

export const FINANCING_COLUMNS = [
  'period',
  'institution',
  'name',
  'confirmed_on',
  'due_on',
  'state',
  'amount',
] as const;

/** A receivable as its row of the data file. */
export function financingCells(row: Receivable): string[] {
  const { period, institution, institutionName, confirmedOn, dueOn, paymentState, amountFen } = row;
  return [period, institution, institutionName, confirmedOn, dueOn, paymentState, formatYuan(amountFen)];
}

/**
 * What is confirmed and unpaid for an enterprise at the end of a day.
 *
 * @throws Refusal `OutsideWindow` for a day to come, `NotFound` for an enterprise that the region does not know
 */
export async function readReceivables(
  { db, clock }: Reading,
  { region, enterprise, on }: FinancingWanted,
): Promise<Receivable[]> {
  const { date } = clock.now();
  if (on > date) throw new Refusal('OutsideWindow', `receivables are told up to today, ${date}; ${on} is to come`);
  const known = await db('settle.enterprises').where({ region, enterprise }).first('enterprise');
  if (!known) throw new Refusal('NotFound', `${enterprise} is not an enterprise of ${region}`, { enterprise });
  return loadReceivables(db, region, enterprise, on);
}

/**
 * Issues evidence for order financing (订单贷, 新医保发〔2025〕50号 六(三)): a document with a number that names the hash of its data
 * file. The same receivables of the same day again are the same document; where a payment has changed since, another one.
 *
 * Who asks for it is recorded, whatever comes of it.
 *
 * @throws Refusal as {@link readReceivables}, `PersonUnknown`, `OfficerRoleMissing`, `GlyphMissing`
 */
export async function issueFinancingEvidence(context: Context, wanted: IssueFinancing): Promise<FinancingEvidence> {
  const { region, enterprise, on, person } = wanted;
  const attempt = { region, subject: enterprise, person, action: 'order-financing', reason: on };
  return attempted(context, ownAttempt({ ...attempt, at: context.clock.now() }), async () => {
    await requireWatcher(context, region, person);
    return issue(context, wanted);
  });
}

async function issue(context: Reading, wanted: FinancingWanted): Promise<FinancingEvidence> {
  const { db, clock } = context;
  const { region, enterprise, on } = wanted;
  const receivables = await readReceivables(context, wanted);
  const csv = [FINANCING_COLUMNS, ...receivables.map(financingCells)].map(formatCsvLine).join('');
  const sha256 = createHash('sha256').update(csv).digest('hex');
  if (receivables.length === 0) return { number: null, csv, sha256, receivables };
  const { date } = clock.now();
  const about = `order-financing/${region}/${enterprise}/${on}/${sha256}`;
  const { name: regionName } = await loadRegion(db, region);
  const { name } = await db('settle.enterprises').where({ region, enterprise }).first<{ name: string }>('name');
  const model = orderFinancing({ regionName, enterprise, name, date, on, sha256, receivables });
  await issueDocuments(db, region, [{ region, about, subject: enterprise, period: periodOf(on), model }]);
  await drawDocuments(db, { region, madeOn: date });
  const [document] = await listDocuments(db, { region, kind: model.kind, about }, 1);
  return { number: document!.number, csv, sha256, receivables };
}
