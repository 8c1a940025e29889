import { createPolicyBook, type PolicyFile, type PolicyFinding } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { readPolicyFile, readPolicyFolder } from '../files/policy-files';
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

/** The refusal of a file that cannot be read or is not right, as findings: all of them where it carries several. */
function findingsOf(path: string, refusal: Refusal, rule: string): CheckFinding[] {
  const all = refusal.details.findings as PolicyFinding[] | undefined;
  if (all === undefined) {
    const { line, column } = refusal.details.place ?? {};
    const place = { file: path, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
    return [{ ...place, code: refusal.code, rule, message: refusal.message }];
  }
  return all.map(({ key, line, message }) => ({
    file: path,
    line,
    ...(key === '' ? {} : { column: key }),
    code: refusal.code,
    rule,
    message: key === '' ? message : `${key}: ${message}`,
  }));
}

async function read(path: string): Promise<Reading> {
  try {
    return { path, read: await readPolicyFile(path), findings: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { path, findings: findingsOf(path, error, FILE_RULE) };
  }
}

/** Adds one file after the other, in the order of their dates, so that the one that does not fit is named. */
function checkDates(published: readonly PolicyFile[], readings: readonly Reading[]): void {
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
      reading.findings.push(...findingsOf(reading.path, error, DATES_RULE));
    }
  }
}

/** Checks each file alone, then all of them with the published ones of `folder`; in the order in which they are named. */
export async function checkPolicyFiles(folder: string, paths: readonly string[]): Promise<CheckedPolicy[]> {
  const readings = await Promise.all(paths.map(read));
  checkDates(await readPolicyFolder(folder), readings);
  return readings.map(({ path, read: file, findings }) => ({
    file: path,
    ok: findings.length === 0,
    ...(file === undefined
      ? {}
      : { policy: { id: file.policy.id, version: file.policy.version, sha256: file.sha256 } }),
    findings,
  }));
}
