import type { Enterprise, Institution, Purchase, Staff, YearFile } from '../../../domain/region';
import type { FileFindings } from '../findings';
import { readTable } from '../table';
import { ENTERPRISE_COLUMNS, INSTITUTION_COLUMNS, PURCHASE_COLUMNS, STAFF_COLUMNS } from './tables';

/** Refuses a key that an earlier line has: the first line stays, the second is the finding. */
function createKeys(findings: FileFindings, column: string) {
  const lines = new Map<string, number>();
  return {
    take(key: string, line: number): boolean {
      const first = lines.get(key);
      if (first !== undefined) {
        findings.add('duplicate', `${column} ${key} already stands on line ${first}: leave one of them`, {
          line,
          column,
        });
        return false;
      }
      lines.set(key, line);
      return true;
    },
    lineOf: (key: string) => lines.get(key),
  };
}

/** @returns the institutions in code order, or undefined when the file has findings (references to it cannot be judged then). */
export async function readInstitutions(path: string, findings: FileFindings): Promise<Institution[] | undefined> {
  const institutions: Institution[] = [];
  const keys = createKeys(findings, 'institution');
  await readTable(path, INSTITUTION_COLUMNS, findings, (row, line) => {
    if (!keys.take(row.institution, line)) return;
    if (row.settles_through === undefined) requirePayee(row.institution, row.account, row.bank_code, line, findings);
    institutions.push({
      institution: row.institution,
      name: row.name,
      level: row.level ?? '',
      threeFlows: row.three_flows,
      executesWell: row.executes_well,
      settlesThrough: row.settles_through,
      account: row.account ?? '',
      bankCode: row.bank_code ?? '',
    });
  });
  if (findings.count > 0) return undefined;
  checkSettlementBodies(institutions, (id) => keys.lineOf(id), findings);
  return findings.count > 0 ? undefined : institutions.sort(byKey('institution'));
}

/** Who settles for itself is paid and pays, so it needs its account; a member of a consortium does not. */
function requirePayee(
  id: string,
  account: string | undefined,
  bank: string | undefined,
  line: number,
  findings: FileFindings,
): void {
  const missing = { account, bank_code: bank };
  for (const [column, value] of Object.entries(missing)) {
    if (value === undefined) {
      findings.add('required', `${column} is empty: ${id} settles for itself and needs it`, { line, column });
    }
  }
}

/** 医联体和医共体代采医疗机构的货款结算主体机构 (新医保发〔2025〕50号 三(一)): one step, to an institution of the same file. */
function checkSettlementBodies(
  institutions: readonly Institution[],
  lineOf: (id: string) => number | undefined,
  findings: FileFindings,
): void {
  const byId = new Map(institutions.map((each) => [each.institution, each]));
  for (const { institution, settlesThrough } of institutions) {
    if (settlesThrough === undefined) continue;
    const place = { line: lineOf(institution), column: 'settles_through' };
    const body = byId.get(settlesThrough);
    if (settlesThrough === institution) {
      findings.add('settles-through-self', `${institution} names itself: leave settles_through empty`, place);
    } else if (body === undefined) {
      findings.add('reference-unknown', `settles_through names ${settlesThrough}, which is not in this file`, place);
    } else if (body.settlesThrough !== undefined) {
      const message = `${institution} settles through ${settlesThrough}, which itself settles through ${body.settlesThrough}: name the body that settles`;
      findings.add('settles-through-chain', message, place);
    }
  }
}

export async function readEnterprises(path: string, findings: FileFindings): Promise<Enterprise[] | undefined> {
  const enterprises: Enterprise[] = [];
  const keys = createKeys(findings, 'enterprise');
  await readTable(path, ENTERPRISE_COLUMNS, findings, (row, line) => {
    if (!keys.take(row.enterprise, line)) return;
    enterprises.push({ enterprise: row.enterprise, name: row.name, account: row.account, bankCode: row.bank_code });
  });
  return findings.count > 0 ? undefined : enterprises.sort(byKey('enterprise'));
}

/** Rows of one institution, category and channel may repeat (one export a month, say): they add up. */
export async function readPurchases(
  { year, path }: YearFile,
  known: Known,
  findings: FileFindings,
  onPurchase: (purchase: Purchase) => void,
): Promise<void> {
  await readTable(path, PURCHASE_COLUMNS, findings, (row, line) => {
    if (!checkKnown(known, 'institution', row.institution, line, findings)) return;
    onPurchase({
      year,
      institution: row.institution,
      category: row.category,
      channel: row.channel,
      amountFen: row.amount,
    });
  });
}

/** One line a person; roles that begin or end on other days than the person's others need a person id of their own. */
export async function readStaff(path: string, findings: FileFindings): Promise<Staff[]> {
  const staff: Staff[] = [];
  const keys = createKeys(findings, 'person');
  await readTable(path, STAFF_COLUMNS, findings, (row, line) => {
    if (!keys.take(row.person, line)) return;
    checkDateOrder(row.from, row.to, line, findings);
    // The running system refuses it too: all roles of a line hold on the same days.
    if (row.roles.includes('cashier') && row.roles.includes('accountant'))
      findings.add('cashier-accountant', `${row.person} would be cashier and accountant on the same day`, {
        line,
        column: 'roles',
      });
    staff.push({
      person: row.person,
      name: row.name,
      roles: row.roles,
      ...(row.from === undefined ? {} : { from: row.from }),
      ...(row.to === undefined ? {} : { to: row.to }),
    });
  });
  return staff;
}

/** The ids that other files may name; undefined where their own file could not be read, so that nothing is said twice. */
export type Known = ReadonlySet<string> | undefined;

export function checkKnown(known: Known, column: string, id: string, line: number, findings: FileFindings): boolean {
  if (known === undefined || known.has(id)) return true;
  findings.add('reference-unknown', `${column} ${id} is not in ${column}s.csv`, { line, column });
  return false;
}

export function checkDateOrder(
  from: string | undefined,
  to: string | undefined,
  line: number,
  findings: FileFindings,
): void {
  if (from !== undefined && to !== undefined && from > to) {
    findings.add('date-order', `from ${from} is after to ${to}`, { line, column: 'from' });
  }
}

function byKey<K extends string>(key: K) {
  return (left: Record<K, string>, right: Record<K, string>) =>
    left[key] < right[key] ? -1 : left[key] > right[key] ? 1 : 0;
}
