import { join } from 'node:path';
import type { Knex } from 'knex';
import { makeDocuments, type MadeDocuments } from '../../activities/documents/make';
import { FORMATS, listDocuments, loadFile, type DocumentFormat, type DocumentsWanted } from '../../db/documents/store';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { writeWhole } from '../files/write-whole';
import type { CommandContext } from './context';

/** More than a region issues in a year; a folder of more is written month by month. */
const MOST_AT_ONCE = 100_000;

/**
 * Issues and draws what is due by a day, the clock's where none is named, and is not there yet. What is issued stays, so that
 * nothing is issued of a day to come: a suspension that a correction would still prevent, a report of half a month.
 *
 * @throws Refusal `OutsideWindow` for a day to come
 */
export async function issueDueDocuments(
  { db, log, clock }: Pick<CommandContext, 'db' | 'log' | 'clock'>,
  region: string,
  upTo: PlainDate = clock.now().date,
): Promise<MadeDocuments> {
  const { date } = clock.now();
  if (upTo > date) throw new Refusal('OutsideWindow', `documents are issued up to today, ${date}; ${upTo} is to come`);
  return makeDocuments({ db, log }, { region, upTo });
}

export interface WrittenDocument {
  path: string;
  sha256: string;
}

/**
 * Writes the files of documents into a folder, whole files or none.
 *
 * @throws Refusal `NotFound` where nothing agrees with what is wanted, or it is not drawn yet
 */
export async function writeDocuments(
  db: Knex,
  wanted: DocumentsWanted,
  dir: string,
  formats: readonly DocumentFormat[] = FORMATS,
): Promise<WrittenDocument[]> {
  const documents = await listDocuments(db, wanted, MOST_AT_ONCE);
  const written: WrittenDocument[] = [];
  for (const { number } of documents)
    for (const format of formats) {
      const file = await loadFile(db, number, format);
      if (!file) continue;
      written.push({ path: writeWhole(join(dir, `${number}.${format}`), file.bytes), sha256: file.sha256 });
    }
  if (written.length === 0)
    throw new Refusal('NotFound', `there is no such document${documents.length > 0 ? ' that is drawn' : ''}`, {
      wanted,
    });
  return written;
}
