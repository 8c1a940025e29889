import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import type { FindingCode } from '../../domain/finding';
import { Mismatch, type Cell } from './cells';
import { readWhole } from './encoding';
import type { FileFindings } from './findings';
import { detectTextEncoding } from './table';

/**
 * YAML in which every scalar stays the text that was typed: no number loses its decimals, no code its zeros, no date
 * becomes a time (YAML 1.2 failsafe schema).
 */
export interface YamlSource {
  readonly value: unknown;
  /** Where a key path stands, counted from 1; the nearest parent's line for a path that is not there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Reads and parses; every fault becomes a finding with its line, and the result is undefined. */
export async function readYaml(path: string, findings: FileFindings): Promise<YamlSource | undefined> {
  const encoding = await detectTextEncoding(path, findings);
  if (encoding === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(await readWhole(path, encoding), {
    schema: 'failsafe',
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  for (const error of document.errors) {
    findings.add('yaml-damaged', error.message, { line: lines.linePos(error.pos[0]).line });
  }
  if (document.errors.length > 0) return undefined;
  try {
    return { value: document.toJS() as unknown, lineOf: (keys) => lineOf(document, lines, keys) };
  } catch (error) {
    findings.add('yaml-damaged', (error as Error).message, { line: 1 });
    return undefined;
  }
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let line = 1;
  let node: unknown = document.contents;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === String(key));
      if (pair === undefined) break;
      const start = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      if (start !== undefined) line = lines.linePos(start).line;
      node = pair.value;
    } else {
      node = document.getIn(path.slice(0, path.indexOf(key) + 1) as unknown[], true);
      const start = (node as { range?: [number, number, number] } | undefined)?.range?.[0];
      if (start === undefined) break;
      line = lines.linePos(start).line;
    }
  }
  return line;
}

/** `funds[0].pool` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (shown, key) =>
      typeof key === 'number' ? `${shown}[${key}]` : shown === '' ? String(key) : `${shown}.${String(key)}`,
    '',
  );
}

/** A schema for one scalar, read by the same cell that reads it in a CSV file. */
export function scalar<T>(cell: Cell<T>) {
  return z.string().transform((value, context): T => {
    const read = cell(value);
    if (!(read instanceof Mismatch)) return read;
    const message = read.code === 'required' ? 'is empty: fill it in' : `is "${value}", but has to be ${read.expected}`;
    context.addIssue({ code: 'custom', message, params: { finding: read.code } });
    return z.NEVER;
  });
}

/** Checks a value against its schema; each issue becomes a finding with line and key path. */
export function checkYaml<T>(source: YamlSource, schema: z.ZodType<T>, findings: FileFindings): T | undefined {
  const result = schema.safeParse(source.value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) addIssue(source, issue, findings);
  return undefined;
}

function addIssue(source: YamlSource, issue: z.core.$ZodIssue, findings: FileFindings): void {
  const add = (code: FindingCode, message: string, path: readonly PropertyKey[] = issue.path) =>
    findings.add(code, `${formatPath(path) || 'the file'} ${message}`, {
      line: source.lineOf(path),
      ...(path.length === 0 ? {} : { column: formatPath(path) }),
    });
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) add('key-unknown', 'is no key of the format', [...issue.path, key]);
      return;
    case 'invalid_type':
      if (valueAt(source.value, issue.path) === undefined) return add('key-missing', 'is missing');
      return add('value-type', `has to be ${SHAPES[issue.expected] ?? issue.expected}`);
    case 'invalid_value':
      if (valueAt(source.value, issue.path) === undefined) return add('key-missing', 'is missing');
      return add(
        'value-unknown',
        `is "${String(valueAt(source.value, issue.path))}", but has to be one of ${issue.values.join(', ')}`,
      );
    case 'invalid_key':
      for (const inner of issue.issues) add(findingOf(inner) ?? 'value-unknown', inner.message);
      return;
    default:
      return add(findingOf(issue) ?? 'value-type', issue.message);
  }
}

const SHAPES: Record<string, string> = {
  object: 'a block of keys and values',
  record: 'a block of keys and values',
  array: 'a list',
  string: 'a single value',
};

function findingOf(issue: z.core.$ZodIssue): FindingCode | undefined {
  return issue.code === 'custom' ? (issue.params?.['finding'] as FindingCode | undefined) : undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}
