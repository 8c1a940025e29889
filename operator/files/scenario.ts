import type { Finding } from '../../domain/finding';
import { parseCaseId } from '../../domain/ids';
import { firstDayOf, type Period } from '../../domain/plain-date';
import type { Region } from '../../domain/region';
import { NEVER, RETRIED_OUTCOMES, type BankScript, type Scenario, type TransferScript } from '../../domain/scenario';
import { createFileFindings, refusalOf, type FileFindings } from './findings';
import { SCENARIO } from './scenario-schema';
import { checkYaml, formatPath, readYaml, type YamlSource } from './yaml';

/** What a scenario may name. */
export type ScenarioRegion = Pick<Region, 'code' | 'institutions' | 'enterprises'>;

export interface ScenarioReading {
  readonly scenario?: Scenario;
  readonly findings: readonly Finding[];
}

/** Reads and checks a scenario against the regions it is played in; every fault is reported, none is thrown. */
export async function readScenario(path: string, regions: readonly ScenarioRegion[]): Promise<ScenarioReading> {
  const findings = createFileFindings(path);
  const source = await readYaml(path, findings);
  if (source?.value === null || source?.value === '') return { findings: [], scenario: SCENARIO.parse({}) as Scenario };
  const scenario = source && (checkYaml(source, SCENARIO, findings) as Scenario | undefined);
  if (source !== undefined && scenario !== undefined) checkScenario(scenario, source, regions, findings);
  return scenario !== undefined && findings.count === 0 ? { scenario, findings: [] } : { findings: findings.list() };
}

/** @throws Refusal `FileInvalid` whose details carry all findings. */
export async function loadScenario(path: string, regions: readonly ScenarioRegion[]): Promise<Scenario> {
  const { scenario, findings } = await readScenario(path, regions);
  if (scenario === undefined) throw refusalOf(path, findings);
  return scenario;
}

/**
 * What goes wrong at the bank by a scenario, before any region is known: names are not looked up.
 * @throws Refusal `FileInvalid` whose details carry all findings
 */
export async function loadBankFaults(path: string): Promise<Omit<BankScript, 'retryOn'>[]> {
  const findings = createFileFindings(path);
  const source = await readYaml(path, findings);
  const scenario = source && (checkYaml(source, SCENARIO, findings) as Scenario | undefined);
  if (source === undefined || scenario === undefined) throw refusalOf(path, findings.list());
  scenario.bank.forEach((script, index) => checkBank(script, ['bank', index], source, findings));
  if (findings.count > 0) throw refusalOf(path, findings.list());
  return scenario.bank.map(({ retryOn: _, ...fault }) => fault);
}

function checkScenario(
  scenario: Scenario,
  source: YamlSource,
  regions: readonly ScenarioRegion[],
  findings: FileFindings,
): void {
  const names = createNames(source, regions, findings);
  for (const [institution, script] of Object.entries(scenario.institutions)) {
    const path = ['institutions', institution];
    names.settlementBody(institution, path);
    checkNotBefore(script.return, [...path, 'return'], source, findings);
    checkNotBefore(script.confirm, [...path, 'confirm'], source, findings);
  }
  scenario.bank.forEach((script, index) => {
    checkBank(script, ['bank', index], source, findings);
    if (script.institution !== undefined) names.settlementBody(script.institution, ['bank', index, 'institution']);
    if (script.enterprise !== undefined) names.supplier(script.enterprise, ['bank', index, 'enterprise']);
  });
  for (const enterprise of Object.keys(scenario.enterprises)) names.supplier(enterprise, ['enterprises', enterprise]);
  for (const [period, days] of Object.entries(scenario.transfers))
    checkTransfers(period as Period, days, source, findings);
  scenario.approvals.forEach(({ case: id }, index) => names.caseId(id, ['approvals', index, 'case']));
}

type Path = readonly PropertyKey[];

function place(source: YamlSource, path: Path) {
  return { line: source.lineOf(path), column: formatPath(path) };
}

/** Who is named has to be in the regions, and has to be the one who acts there. */
function createNames(source: YamlSource, regions: readonly ScenarioRegion[], findings: FileFindings) {
  const codes = new Set(regions.map(({ code }) => code));
  const enterprises = new Set(regions.flatMap((region) => region.enterprises.map(({ enterprise }) => enterprise)));
  const bodies = new Map(
    regions.flatMap((region) => region.institutions.map((each) => [each.institution, each.settlesThrough] as const)),
  );
  const where = `the regions ${[...codes].join(', ')}`;
  const unknown = (id: string, path: Path) =>
    findings.add('reference-unknown', `${formatPath(path)} names ${id}, which is not in ${where}`, place(source, path));
  function settlementBody(id: string, path: Path): void {
    const body = bodies.get(id);
    if (!bodies.has(id)) unknown(id, path);
    else if (body !== undefined) {
      const message = `${formatPath(path)} names ${id}, which settles through ${body} and does nothing itself: name ${body}`;
      findings.add('reference-unknown', message, place(source, path));
    }
  }
  function supplier(id: string, path: Path): void {
    if (!enterprises.has(id)) unknown(id, path);
  }
  function caseId(id: string, path: Path): void {
    const parsed = parseCaseId(id);
    if (parsed === undefined) return;
    if (parsed.kind === 'breach') settlementBody(parsed.institution, path);
    else if (parsed.kind === 'enterprise') supplier(parsed.enterprise, path);
    else if (!codes.has(parsed.region)) unknown(parsed.region, path);
  }
  return { settlementBody, supplier, caseId };
}

/** A return or confirmation of a month comes in that month or later, or never. */
function checkNotBefore(
  days: Scenario['institutions'][string]['return'],
  path: Path,
  source: YamlSource,
  findings: FileFindings,
): void {
  for (const [period, day] of Object.entries(days)) {
    if (day !== NEVER && day < firstDayOf(period as Period)) {
      const at = [...path, period];
      findings.add('date-order', `${formatPath(at)} is ${day}, before the month begins`, place(source, at));
    }
  }
}

/** A month's money is moved in that month or later, or never. */
function checkTransfers(period: Period, days: TransferScript, source: YamlSource, findings: FileFindings): void {
  for (const [pool, day] of Object.entries(days)) {
    if (day === NEVER || day >= firstDayOf(period)) continue;
    const at = ['transfers', period, pool];
    findings.add('date-order', `${formatPath(at)} is ${day}, before the month begins`, place(source, at));
  }
}

/** What a payment of each kind is found by; the fields that are not listed make no sense with it. */
const BANK_KEYS: Record<BankScript['kind'], { required: (keyof BankScript)[]; allowed: (keyof BankScript)[] }> = {
  payment: { required: ['period', 'institution', 'enterprise'], allowed: [] },
  // Once a year: a month would never be found.
  disbursement: { required: ['institution'], allowed: ['pool'] },
  'agency-return': { required: ['period'], allowed: ['institution', 'pool'] },
  fund: { required: ['period', 'institution'], allowed: ['pool'] },
};
const IDENTIFYING = ['period', 'institution', 'enterprise', 'pool'] as const;

function checkBank(script: BankScript, path: Path, source: YamlSource, findings: FileFindings): void {
  const { required, allowed } = BANK_KEYS[script.kind];
  for (const key of IDENTIFYING) {
    const at = [...path, key];
    if (script[key] === undefined && required.includes(key)) {
      findings.add('key-missing', `${formatPath(at)} is missing: a ${script.kind} is found by it`, place(source, at));
    } else if (script[key] !== undefined && !required.includes(key) && !allowed.includes(key)) {
      findings.add(
        'key-unknown',
        `${formatPath(at)} says nothing about a ${script.kind}: leave it out`,
        place(source, at),
      );
    }
  }
  if (script.retryOn !== undefined && !RETRIED_OUTCOMES.some((outcome) => outcome === script.outcome)) {
    const at = [...path, 'retryOn'];
    const message = `${formatPath(at)} is given, but after ${script.outcome} there is nothing to send again: leave it out`;
    findings.add('key-unknown', message, place(source, at));
  }
}
