import { LineCounter, parseDocument, type Document } from 'yaml';
import type { core } from 'zod';
import { Refusal, type FilePlace } from '../refusal';
import { collectCitations, type Citation } from './cited';
import { crossCheck, type Finding } from './cross-check';
import { policySchema, type Policy } from './schema';

/** A policy as one published file of exact bytes: what every decision, journal and document refers to. */
export interface PolicyFile {
  fileName: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  sha256: string;
  /** The file as it was read, kept with every decision made under it. */
  text: string;
  policy: Policy;
  /** Citation of every value by key path, such as `prepayment.ratio`. */
  citations: Record<string, Citation>;
}

/** One row of `policy show`. */
export interface PolicyValue extends Citation {
  path: string;
  value: unknown;
}

/** What `PolicyInvalid` carries for each finding. `key` is the path (`prepayment.ratio.value`), `line` counts from 1. */
export interface PolicyFinding {
  key: string;
  line: number;
  message: string;
}

/**
 * Reads a policy file.
 *
 * @param sha256 of the file's bytes, hexadecimal.
 * @throws Refusal `PolicyInvalid` naming the file, the line and the key path of the first finding; all of them are in
 * `details.findings`.
 */
export function parsePolicy(text: string, fileName: string, sha256: string): PolicyFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors.map((error) => ({
    key: '',
    line: error.linePos?.[0].line ?? 1,
    message: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
  }));
  if (broken.length > 0) throw invalid(fileName, broken);

  const data: unknown = document.toJS();
  const result = policySchema.safeParse(data);
  const findings = result.success ? crossCheck(result.data) : result.error.issues.flatMap(readIssue);
  if (!result.success || findings.length > 0) {
    throw invalid(
      fileName,
      findings.map(({ path, message }) => ({ key: path.join('.'), line: lineOf(document, lines, path), message })),
    );
  }
  return { fileName, sha256, text, policy: result.data, citations: collectCitations(data) };
}

/** The policy's values with their clauses, in the order of the file. */
export function listPolicyValues(file: PolicyFile): PolicyValue[] {
  return Object.entries(file.citations).map(([path, citation]) => {
    const value = path
      .split('.')
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], file.policy as unknown);
    return { path, value, ...citation };
  });
}

/** `新医保发〔2025〕50号 四(一)`, for `details.rule` of refusals and for documents; the title where there is no number. */
export function citeRule(file: PolicyFile, path: string): string {
  const citation = file.citations[path];
  const name = file.policy.document.number ?? file.policy.document.title;
  if (citation === undefined) return name;
  return citation.clause === undefined
    ? `${name} (interpretation: ${citation.interpretation})`
    : `${name} ${citation.clause}`;
}

function readIssue(issue: core.$ZodIssue): Finding[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key' }));
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ path, message: missing ? 'is missing' : issue.message }];
}

/** The line of a key, or of the nearest key above it that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function invalid(file: string, findings: PolicyFinding[]): Refusal {
  const [first, ...more] = findings;
  const { key, line, message } = first!;
  const place: FilePlace = { file, line, ...(key === '' ? {} : { column: key }) };
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return new Refusal('PolicyInvalid', `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}${others}`, {
    place,
    findings,
  });
}
