import type { Entrustment } from '../../domain/window/entrustment';
import { createFileFindings, refusalOf } from './findings';
import { ENTRUSTMENT_COLUMNS } from './region-folder/tables';
import { readTable } from './table';

/** The letters of an `entrustments.csv`. @throws Refusal `FileInvalid` with every finding: all of it is right, or nothing is taken */
export async function readEntrustments(path: string): Promise<Entrustment[]> {
  const findings = createFileFindings(path);
  const letters: Entrustment[] = [];
  await readTable(path, ENTRUSTMENT_COLUMNS, findings, ({ institution, number, from, to, sha256 }) => {
    letters.push({ institution, number, from, ...(to ? { to } : {}), sha256: sha256.toLowerCase() });
  });
  if (findings.count > 0) throw refusalOf(path, findings.list());
  return letters;
}
