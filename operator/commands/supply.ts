import type { Knex } from 'knex';
import { hasEvent } from '../../db/cases';
import { insertWarnings, loadEnterpriseCases } from '../../db/enterprise-cases';
import { policyWith } from '../../db/region-policy';
import { lockMonitoring } from '../../db/settlement-locks';
import { insertSupply, loadSupply, type SupplyRow } from '../../db/supply';
import { Exact } from '../../domain/money';
import { lowRates, supplyRates } from '../../domain/enterprise';
import { caseIds } from '../../domain/ids';
import { period as toPeriod, type Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { createFileFindings, refusalOf } from '../files/findings';
import { readTable } from '../files/table';
import { SUPPLY_COLUMNS } from '../files/region-folder/tables';
import { formatCsvLine } from '../files/csv';
import { attempted, ownAttempt } from './attempts';
import { requireWatcher } from './capacity';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { startPlannedNow } from './planned-cases';

export interface ImportSupplyCommand {
  region: string;
  /** The month that the file is about; its name says so (`supply-2026-07.csv`) where left out. */
  period?: Period;
  person: string;
  dryRun?: boolean;
}

export interface ImportedSupply {
  period: Period;
  added: number;
  /** Enterprises whose figures stand already. */
  repeated: number;
  /** Warnings that begin now, where monitoring of the period has looked before the figures came. */
  warned: string[];
}

const NAME = /supply-(\d{4}-\d{2})\.csv$/;

/**
 * Takes what the procurement system tells of a month, before its monitoring: all of a file, or nothing. What stands already
 * is repeated; other figures of an enterprise are refused.
 *
 * @throws Refusal `FileInvalid`, `FileMissing`, `IdempotencyConflict`, `OfficerRoleMissing`, `UsageInvalid`
 */
export async function importSupply(
  context: CommandContext,
  path: string,
  command: ImportSupplyCommand,
): Promise<ImportedSupply> {
  const { db, clock } = context;
  const { region, person, dryRun = false } = command;
  const named = command.period ?? NAME.exec(path)?.[1];
  if (named === undefined) throw new Refusal('UsageInvalid', `${path} names no month: give --period`);
  const period = toPeriod(named);
  const run = async (): Promise<ImportedSupply> => {
    await requireWatcher(context, region, person);
    const rows = await readSupply(db, region, path);
    return transactionally(db, dryRun, (trx) => importIn(trx, context, { region, period, path, rows }));
  };
  const attempt = { region, subject: `supply/${region}/${period}`, person, action: 'import-supply', at: clock.now() };
  const imported = await (dryRun ? run() : attempted(context, ownAttempt(attempt), run));
  if (!dryRun && imported.warned.length > 0) await startPlannedNow(context, region);
  return imported;
}

async function readSupply(db: Knex, region: string, path: string): Promise<SupplyRow[]> {
  const known = new Set(await db('settle.enterprises').where({ region }).pluck<string[]>('enterprise'));
  const findings = createFileFindings(path);
  const rows = new Map<string, SupplyRow>();
  await readTable(path, SUPPLY_COLUMNS, findings, (row, line) => {
    const place = { line, column: 'enterprise' };
    if (!known.has(row.enterprise))
      findings.add('reference-unknown', `enterprise ${row.enterprise} is not one of ${region}`, place);
    else if (rows.has(row.enterprise))
      findings.add('duplicate', `enterprise ${row.enterprise} stands twice: leave one of them`, place);
    rows.set(row.enterprise, {
      enterprise: row.enterprise,
      orders: Number(row.orders),
      responded: Number(row.responded),
      orderedQuantity: row.ordered_quantity,
      deliveredQuantity: row.delivered_quantity,
    });
  });
  if (findings.count > 0) throw refusalOf(path, findings.list());
  return [...rows.values()];
}

async function importIn(
  trx: Knex,
  { clock }: CommandContext,
  { region, period, path, rows }: { region: string; period: Period; path: string; rows: readonly SupplyRow[] },
): Promise<ImportedSupply> {
  await lockMonitoring(trx, region, period);
  const stored = new Map((await loadSupply(trx, region, period)).map((row) => [row.enterprise, row]));
  const fresh = rows.filter(({ enterprise }) => !stored.has(enterprise));
  for (const row of rows) {
    const before = stored.get(row.enterprise);
    if (before && !isSame(before, row))
      throw new Refusal('IdempotencyConflict', `${row.enterprise} has other figures for ${period} already`, {
        place: { file: path },
        enterprise: row.enterprise,
      });
  }
  if (fresh.length > 0) await insertSupply(trx, region, period, fresh);
  const on = clock.now().date;
  const late = await hasEvent(trx, caseIds.monitoring(region, period), 'warned');
  const policy = late ? (await policyWith(trx, region, 'enterprise', on)).policy.enterprise! : undefined;
  const { warned } = policy ? await insertWarnings(trx, { region, period, on, policy }) : { warned: [] };
  return { period, added: fresh.length, repeated: rows.length - fresh.length, warned };
}

function isSame(left: SupplyRow, right: SupplyRow): boolean {
  return (
    left.orders === right.orders &&
    left.responded === right.responded &&
    new Exact(left.orderedQuantity).equals(right.orderedQuantity) &&
    new Exact(left.deliveredQuantity).equals(right.deliveredQuantity)
  );
}

const WARNING_COLUMNS =
  'enterprise,name,period,orders,responded,response_rate,ordered_quantity,delivered_quantity,delivery_rate,low,warned_on';

/** The warnings of a period as a CSV for the procurement system, one line an enterprise; the header alone where there is none. */
export async function warningsFile(db: Knex, region: string, period: Period): Promise<string> {
  const names = new Map(
    (
      await db('settle.enterprises')
        .where({ region })
        .select<{ enterprise: string; name: string }[]>('enterprise', 'name')
    ).map(({ enterprise, name }) => [enterprise, name]),
  );
  const figures = new Map((await loadSupply(db, region, period)).map((row) => [row.enterprise, row]));
  const warnings = await loadEnterpriseCases(db, { region, kind: 'risk-warning', period });
  const lines: string[] = [];
  for (const { enterprise, openedOn } of warnings) {
    const row = figures.get(enterprise)!;
    const { response, delivery } = supplyRates(row);
    const policy = (await policyWith(db, region, 'enterprise', openedOn)).policy.enterprise!;
    lines.push(
      formatCsvLine([
        enterprise,
        names.get(enterprise) ?? '',
        period,
        String(row.orders),
        String(row.responded),
        response ?? '',
        row.orderedQuantity,
        row.deliveredQuantity,
        delivery ?? '',
        lowRates(row, policy).join(';'),
        openedOn,
      ]),
    );
  }
  return [`${WARNING_COLUMNS}\n`, ...lines].join('');
}
