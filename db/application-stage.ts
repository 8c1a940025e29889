import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { ApplicationLine, LineCode } from '../domain/window/line-check';
import { createLineFilter, type LineFilter } from './line-filter';

/** A row of a file as the database takes it: what could be read, and the code of its own that it is rejected with. */
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

/** The file whose rows are taken. */
export interface StagedFile {
  readonly fileId: number;
  readonly region: string;
  readonly period: string;
}

/** A second file of a transaction has the first one's table dropped. */
const CREATE_STAGE = `
  drop table if exists application_stage;
  create temp table application_stage (
    row_no int not null, line text collate "C" not null, order_no text, institution text collate "C", body text collate "C",
    enterprise text collate "C", drug text, category text, kind text, quantity numeric, unit_price numeric, amount_fen bigint,
    ordered_on date, received_on date, applied_on date, verified_by text, invoice text, code text, detail text
  ) on commit drop`;

const COPY_LINES = `
  copy settle.application_lines (line, order_no, institution, body, enterprise, drug, category, kind, quantity, unit_price,
    amount_fen, ordered_on, received_on, applied_on, verified_by, invoice, row_no, region, period, file_id) from stdin`;

/** Ids that a row may have to be held against: of every accepted line, and those in conflict in this period. */
const KNOWN_IDS = `
  copy (select line from settle.application_lines where region = '%region'
        union all
        select line from settle.rejected_lines where region = '%region' and period = '%period' and code = 'conflict') to stdout`;

/**
 * Takes the rows of a file as COPY, once through: a line that no rule of its own rejects and whose id is new goes to the
 * accepted lines at once, which nearly all do; every other row goes to the stage, to be decided over all lines.
 *
 * @returns how many rows there are
 */
export async function takeRows(
  trx: Knex,
  file: StagedFile,
  batches: AsyncIterable<readonly StagedRow[]>,
): Promise<number> {
  await trx.raw(CREATE_STAGE);
  // The connection of the transaction itself: COPY is a matter of the driver, which knex does not know.
  const connection = (await (trx.client as Knex.Client).acquireConnection()) as ClientBase;
  const filter = createLineFilter();
  await addKnownIds(connection, file, filter);
  const spool = createSpool();
  try {
    const copy = connection.query(copyFrom(COPY_LINES));
    await pipeline(Readable.from(newLines(file, filter, batches, (text) => spool.write(text))), copy);
    const staged = connection.query(copyFrom('copy pg_temp.application_stage from stdin'));
    await pipeline(createReadStream(spool.close()), staged);
    await trx.raw('analyze pg_temp.application_stage (line)');
    return copy.rowCount + staged.rowCount;
  } finally {
    spool.remove();
  }
}

async function addKnownIds(connection: ClientBase, { region, period }: StagedFile, filter: LineFilter): Promise<void> {
  // Codes of regions and periods are digits and hyphens, which COPY, that takes no parameters, needs no quoting for.
  const statement = KNOWN_IDS.replaceAll('%region', region).replaceAll('%period', period);
  const ids = connection.query(copyTo(statement));
  for await (const id of createInterface({ input: ids, crlfDelay: Infinity })) filter.seen(id);
}

/** Rows for the stage wait on the disk: a connection takes one COPY at a time. */
function createSpool() {
  const directory = mkdtempSync(join(tmpdir(), 'settle-rows-'));
  const path = join(directory, 'rows');
  const handle = openSync(path, 'w', 0o600);
  let isOpen = true;
  const close = (): string => {
    if (isOpen) closeSync(handle);
    isOpen = false;
    return path;
  };
  return {
    write: (text: string) => void writeSync(handle, text),
    close,
    remove: () => {
      close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The text of the new lines, one piece a batch; all other rows are handed to `aside`. */
async function* newLines(
  { fileId, region, period }: StagedFile,
  filter: LineFilter,
  batches: AsyncIterable<readonly StagedRow[]>,
  aside: (text: string) => void,
): AsyncGenerator<string> {
  const ending = `\t${region}\t${period}\t${fileId}\n`;
  for await (const rows of batches) {
    const accepted: string[] = [];
    const others: string[] = [];
    for (const row of rows) {
      if ('unreadable' in row) others.push(unreadableText(row.rowNo, row.unreadable));
      else {
        const { rowNo, line, body, code } = row;
        const id = escaped(line.line);
        if (code === undefined && !filter.seen(id)) accepted.push(`${lineText(id, line, body)}\t${rowNo}${ending}`);
        else others.push(`${rowNo}\t${lineText(id, line, body)}\t${code ?? NULL}\t\n`);
      }
    }
    if (others.length > 0) aside(others.join(''));
    if (accepted.length > 0) yield accepted.join('');
  }
}

const NULL = '\\N';

function lineText(id: string, line: ApplicationLine, body: string): string {
  return (
    `${id}\t${escaped(line.order)}\t${escaped(line.institution)}\t${body}\t${escaped(line.enterprise)}\t${escaped(line.drug)}\t` +
    `${line.category}\t${line.kind}\t${line.quantity}\t${line.unitPrice}\t${line.amountFen}\t${line.orderedOn ?? NULL}\t` +
    `${line.receivedOn}\t${line.appliedOn}\t${line.verifiedBy}\t${escaped(line.invoice)}`
  );
}

/** A text in COPY's own format. One that has been read as a text has no control characters: only a backslash is in the way. */
const escaped = (text: string): string => (text.includes('\\') ? text.replaceAll('\\', '\\\\') : text);

const CONTROL = /[\u0000-\u001f\u007f]/g;

function unreadableText(rowNo: number, { line, amountFen, detail }: UnreadableRow): string {
  const nothing = `\t${NULL}`;
  const shown = (text: string): string => escaped(text.replace(CONTROL, ' '));
  return `${rowNo}\t${shown(line)}${nothing.repeat(9)}\t${amountFen ?? NULL}${nothing.repeat(5)}\tunreadable\t${shown(detail)}\n`;
}
