import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Knex } from 'knex';
import { rejectedBy } from '../../db/applications';
import { REJECTION_REASONS } from '../../domain/window/line-check';
import { formatCsvLine } from '../files/csv';

/** A file that is there under its name only once the import is. */
export interface RejectionFile {
  readonly path: string;
  keep(): void;
  discard(): void;
}

const HEADER = ['file', 'row', 'line', 'code', 'reason_zh', 'reason_en', 'detail'];
/** Spreadsheet programs take a CSV for UTF-8 when it begins so. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Writes the rows that an import rejected, with file, line number, code and the reason in Chinese and English; rows of
 * earlier files that it made conflicts are among them.
 */
export async function writeRejections(trx: Knex, fileId: number, path: string): Promise<RejectionFile> {
  const part = `${path}.part`;
  const discard = (): void => rmSync(part, { force: true });
  const handle = openSync(part, 'w');
  try {
    writeSync(handle, BYTE_ORDER_MARK + formatCsvLine(HEADER));
    for await (const rows of rejectedBy(trx, fileId)) {
      const lines = rows.map(({ file, rowNo, line, code, detail }) => {
        const { chinese, english } = REJECTION_REASONS[code];
        return formatCsvLine([file, String(rowNo), line, code, chinese, english, detail]);
      });
      writeSync(handle, lines.join(''));
    }
  } catch (error) {
    discard();
    throw error;
  } finally {
    closeSync(handle);
  }
  return { path, keep: () => renameSync(part, path), discard };
}
