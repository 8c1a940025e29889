import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { dueBreachLetters, dueEnterpriseLetters } from '../../db/documents/breaches';
import { dueClearings } from '../../db/documents/clearings';
import { dueReports } from '../../db/documents/reports';
import { dueOrderLists, dueStatements, type DueKey } from '../../db/documents/statements';
import {
  issueDocuments,
  issuedAlready,
  saveFile,
  undrawn,
  type DocumentFormat,
  type DueDocument,
} from '../../db/documents/store';
import type { DocumentKind, DocumentModel } from '../../domain/documents/model';
import type { PlainDate } from '../../domain/plain-date';
import { renderPdf } from './pdf';
import { renderXlsx } from './xlsx';

/** Documents put together and drawn at a time: a statement may have many thousand lines. */
const AT_A_TIME = 10;

export interface MadeDocuments {
  issued: number;
  /** Files drawn. */
  drawn: number;
}

/**
 * Issues every document of a region that is due by a day and is not there yet, in the order of their days, and draws what is
 * not drawn. What is due follows from the data, so a run that was missed or cut off is made good by the next one, and a
 * second one does nothing.
 *
 * @throws Refusal `GlyphMissing`; everything before it is there
 */
export async function makeDocuments(
  { db, log, heartbeat }: { db: Knex; log: Logger; heartbeat?: (progress: unknown) => void },
  { region, upTo }: { region: string; upTo: PlainDate },
): Promise<MadeDocuments> {
  let issued = 0;
  const known = await issuedAlready(db, region);
  const issue = async (kind: DocumentKind, keys: readonly DueKey[]): Promise<void> => {
    const due = keys.filter(({ about }) => !known.has(`${kind} ${about}`));
    for (let from = 0; from < due.length; from += AT_A_TIME) {
      const documents: DueDocument[] = [];
      for (const key of due.slice(from, from + AT_A_TIME)) documents.push(await key.load());
      issued += (await issueDocuments(db, region, documents)).length;
      heartbeat?.({ kind, from });
    }
  };
  await issue('pre-settlement-statement', await dueStatements(db, region, upTo));
  await issue('payment-order-list', await dueOrderLists(db, region, upTo));
  issued += (await issueDocuments(db, region, await dueBreachLetters(db, region, upTo))).length;
  issued += (await issueDocuments(db, region, await dueEnterpriseLetters(db, region, upTo))).length;
  const reports = await dueReports(db, region, upTo);
  await issue(
    'stage-report',
    reports.filter(({ about }) => about.startsWith('stage-report/')),
  );
  await issue(
    'evaluation',
    reports.filter(({ about }) => about.startsWith('evaluation/')),
  );
  issued += (await issueDocuments(db, region, await dueClearings(db, region, upTo))).length;

  const drawn = await drawDocuments(db, { region, madeOn: upTo }, heartbeat);
  if (issued > 0 || drawn > 0) log.info({ region, upTo, issued, drawn }, 'documents made');
  return { issued, drawn };
}

/** Draws what was issued and is not drawn yet, and keeps the files. @returns how many @throws Refusal `GlyphMissing` */
export async function drawDocuments(
  db: Knex,
  { region, madeOn }: { region: string; madeOn: PlainDate },
  heartbeat?: (progress: unknown) => void,
): Promise<number> {
  let drawn = 0;
  for (
    let batch = await undrawn(db, region, AT_A_TIME);
    batch.length > 0;
    batch = await undrawn(db, region, AT_A_TIME)
  ) {
    for (const { number, model, missing } of batch)
      for (const format of missing) {
        await saveFile(db, { number, format, bytes: await draw(format, number, model), madeOn });
        drawn += 1;
      }
    heartbeat?.({ drawn });
  }
  return drawn;
}

function draw(format: DocumentFormat, number: string, model: DocumentModel): Promise<Buffer> {
  return format === 'pdf' ? renderPdf(number, model) : renderXlsx(number, model);
}
