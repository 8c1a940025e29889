import { createPolicyBook, type PolicyFile, type PolicyFinding } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { createFileFindings } from '../files/findings';
import { readPolicyFile, readPolicyFolder } from '../files/policy-files';
import { readYaml } from '../files/yaml';
import type { CheckFinding } from './check-report';

export interface CheckedPolicy {
  readonly file: string;
  readonly ok: boolean;
  readonly policy?: { id: string; version: string; sha256: string };
  readonly findings: readonly CheckFinding[];
}

const FILE_RULE = 'a policy file has the keys of docs/policy-files.md, each value with its clause or interpretation';
const DATES_RULE = 'the versions of a policy neither overlap nor leave a gap, and each version is given once';

interface Reading {
  readonly path: string;
  readonly read?: PolicyFile;
  readonly findings: CheckFinding[];
}

/** A refusal begins with file and key, which a finding has in columns of their own. */
function withoutPlace(message: string, prefixes: readonly (string | undefined)[]): string {
  return prefixes.reduce<string>(
    (text, prefix) => (prefix !== undefined && text.startsWith(`${prefix}: `) ? text.slice(prefix.length + 2) : text),
    message,
  );
}

/** The refusal of a file that cannot be read or is not right, as findings: all of them where it carries several. */
function findingsOf(path: string, refusal: Refusal): CheckFinding[] {
  const { place, findings = [] } = refusal.details;
  const { code } = refusal;
  const all = (findings as PolicyFinding[]).map(({ key, line, message }) => ({
    file: path,
    line,
    ...(key === '' ? {} : { column: key }),
    code,
    rule: FILE_RULE,
    message,
  }));
  if (all.length > 0) return all;
  const message = withoutPlace(refusal.message, [place?.file, place?.column]);
  return [{ ...place, file: path, code, rule: FILE_RULE, message }];
}

/** Dates that do not fit, at the line of the key that says them. */
async function datesFinding(path: string, { code, message, details: { place } }: Refusal): Promise<CheckFinding> {
  const column = place?.column ?? 'effective';
  const source = await readYaml(path, createFileFindings(path));
  const line = source?.lineOf(column.split('.'));
  return {
    file: path,
    ...(line === undefined ? {} : { line }),
    column,
    code,
    rule: DATES_RULE,
    message: withoutPlace(message, [place?.file, column]),
  };
}

async function read(path: string): Promise<Reading> {
  try {
    return { path, read: await readPolicyFile(path), findings: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { path, findings: findingsOf(path, error) };
  }
}

/** Adds one file after the other, in the order of their dates, so that the one that does not fit is named. */
async function checkDates(published: readonly PolicyFile[], readings: readonly Reading[]): Promise<void> {
  let fitting = [...published];
  const readable = readings.flatMap((reading) => (reading.read ? [{ reading, file: reading.read }] : []));
  readable.sort((a, b) => (a.file.policy.effective.from < b.file.policy.effective.from ? -1 : 1));
  for (const { reading, file } of readable) {
    // The very bytes of a file that is there already are that file.
    if (fitting.some(({ sha256 }) => sha256 === file.sha256)) continue;
    try {
      createPolicyBook([...fitting, file]);
      fitting = [...fitting, file];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reading.findings.push(await datesFinding(reading.path, error));
    }
  }
}

/** Checks each file alone, then all of them with the published ones of `folder`; in the order in which they are named. */
export async function checkPolicyFiles(folder: string, paths: readonly string[]): Promise<CheckedPolicy[]> {
  const readings = await Promise.all(paths.map(read));
  await checkDates(await readPolicyFolder(folder), readings);
  return readings.map(({ path, read: file, findings }) => ({
    file: path,
    ok: findings.length === 0,
    ...(file === undefined
      ? {}
      : { policy: { id: file.policy.id, version: file.policy.version, sha256: file.sha256 } }),
    findings,
  }));
}
