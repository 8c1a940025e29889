import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { PlainDate } from '../domain/plain-date';
import type { ApplicationLine, LineCode } from '../domain/window/line-check';

/** A row of a file as the stage takes it: what could be read, and the code of its own that it is rejected with. */
export type StagedRow =
  | { rowNo: number; line: ApplicationLine; body: string; code: LineCode | undefined }
  | { rowNo: number; unreadable: UnreadableRow };

export interface UnreadableRow {
  /** Its id as far as there is one. */
  line: string;
  amountFen: bigint | undefined;
  /** Which cell is wrong, and how. */
  detail: string;
}

/** Two temporary tables cannot be of one name: the second file of a transaction has the first one's dropped. */
const CREATE = `
  drop table if exists application_stage;
  create temp table application_stage (
    row_no int not null, line text collate "C" not null, order_no text, institution text collate "C", body text collate "C",
    enterprise text collate "C", drug text, category text, kind text, quantity numeric, unit_price numeric, amount_fen bigint,
    ordered_on date, received_on date, applied_on date, verified_by text, invoice text, code text, detail text
  ) on commit drop`;

/** Rows given at once make one piece of the COPY stream. */
export async function stageRows(trx: Knex, batches: AsyncIterable<readonly StagedRow[]>): Promise<void> {
  await trx.raw(CREATE);
  // The connection of the transaction itself: COPY is a matter of the driver, which knex does not know.
  const connection = (await (trx.client as Knex.Client).acquireConnection()) as ClientBase;
  const copy = connection.query(copyFrom('copy pg_temp.application_stage from stdin'));
  await pipeline(Readable.from(copyText(batches)), copy);
  await trx.raw('analyze pg_temp.application_stage (line, code, invoice)');
}

async function* copyText(batches: AsyncIterable<readonly StagedRow[]>): AsyncGenerator<string> {
  for await (const rows of batches) if (rows.length > 0) yield rows.map(rowText).join('');
}

const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A text in COPY's own format. */
function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
}

const optionalDate = (date: PlainDate | undefined): string => date ?? NULL;

function rowText(row: StagedRow): string {
  if ('unreadable' in row) {
    const { line, amountFen, detail } = row.unreadable;
    const nothing = `\t${NULL}`;
    return `${row.rowNo}\t${escaped(line)}${nothing.repeat(9)}\t${amountFen ?? NULL}${nothing.repeat(5)}\tunreadable\t${escaped(detail)}\n`;
  }
  const { rowNo, line: each, body, code } = row;
  return (
    `${rowNo}\t${escaped(each.line)}\t${escaped(each.order)}\t${escaped(each.institution)}\t${escaped(body)}\t` +
    `${escaped(each.enterprise)}\t${escaped(each.drug)}\t${each.category}\t${each.kind}\t${each.quantity}\t${each.unitPrice}\t` +
    `${each.amountFen}\t${optionalDate(each.orderedOn)}\t${each.receivedOn}\t${each.appliedOn}\t${each.verifiedBy}\t` +
    `${escaped(each.invoice)}\t${code ?? NULL}\t\n`
  );
}
