import { createCsvScanner } from './csv';
import { readChunks } from './encoding';
import type { FileFindings } from './findings';
import { detectTextEncoding } from './table';
import { isWorkbook, readXlsxRecords } from './xlsx-records';

/** One record of a table: its cells, and the line of the file or row of the sheet on which it starts, counted from 1. */
export interface FileRecord {
  readonly cells: string[];
  readonly line: number;
}

/** The records of a CSV file or of the first sheet of a workbook, whichever the file is. */
export async function* readRecords(path: string, findings: FileFindings): AsyncGenerator<FileRecord[]> {
  yield* (await isWorkbook(path)) ? readXlsxRecords(path, findings) : readCsvRecords(path, findings);
}

/**
 * The records of a CSV file in batches, header first, with constant memory: the next part is read when the consumer asks for
 * it. A file that is damaged ends with a finding; what came before the damage has been handed out by then.
 */
async function* readCsvRecords(path: string, findings: FileFindings): AsyncGenerator<FileRecord[]> {
  const encoding = await detectTextEncoding(path, findings);
  if (encoding === undefined) return;
  let batch: FileRecord[] = [];
  const scanner = createCsvScanner((cells, line) => void batch.push({ cells, line }));
  for await (const chunk of readChunks(path, encoding)) {
    if (!scanner.push(chunk)) break;
    yield batch;
    batch = [];
  }
  const damage = scanner.end();
  if (batch.length > 0) yield batch;
  if (damage) findings.add('csv-damaged', `${damage.message}; nothing was taken from the file`, { line: damage.line });
}
