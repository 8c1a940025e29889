import type { CatalogueListing } from '../../domain/region';
import { createFileFindings, refusalOf } from './findings';
import { CATALOGUE_COLUMNS } from './region-folder/tables';
import { readTable } from './table';

/** The drug catalogue of a region; none where the folder has no such file. @throws Refusal `FileInvalid` */
export async function readCatalogue(path: string | undefined): Promise<CatalogueListing[]> {
  if (path === undefined) return [];
  const findings = createFileFindings(path);
  const listings = new Map<string, CatalogueListing>();
  await readTable(path, CATALOGUE_COLUMNS, findings, ({ drug, category, from, to }, line) => {
    const key = [drug, category, from].join('\n');
    if (listings.has(key))
      findings.add(
        'duplicate',
        `${drug} is listed under ${category} from ${from} on an earlier line: leave one of them`,
        {
          line,
          column: 'drug',
        },
      );
    listings.set(key, { drug, category, from, to });
  });
  if (findings.count > 0) throw refusalOf(path, findings.list());
  return [...listings.values()];
}
