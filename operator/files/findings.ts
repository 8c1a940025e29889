import { FINDING_RULES, formatFinding, type Finding, type FindingCode } from '../../domain/finding';
import { Refusal } from '../../domain/refusal';

/** So many findings are listed per file; the rest is counted, since a wrong export is wrong on every line. */
export const MAX_FINDINGS_PER_FILE = 50;

export interface FilePosition {
  readonly line?: number | undefined;
  readonly column?: string | undefined;
}

/** Collects what is wrong with one file. */
export interface FileFindings {
  add(code: FindingCode, message: string, position?: FilePosition): void;
  readonly count: number;
  list(): Finding[];
}

export function createFileFindings(file: string): FileFindings {
  const findings: Finding[] = [];
  let count = 0;
  return {
    add(code, message, { line, column } = {}) {
      count += 1;
      if (findings.length >= MAX_FINDINGS_PER_FILE) return;
      findings.push({
        file,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
        code,
        rule: FINDING_RULES[code],
        message,
      });
    },
    get count() {
      return count;
    },
    list() {
      const listed = [...findings].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
      if (count > listed.length) {
        const message = `and ${count - listed.length} more findings in this file`;
        listed.push({ file, code: 'more-findings', rule: FINDING_RULES['more-findings'], message });
      }
      return listed;
    },
  };
}

const SHOWN_FINDINGS = 20;

/** One refusal for all findings of a file or folder. */
export function refusalOf(path: string, findings: readonly Finding[]): Refusal {
  const shown = findings.slice(0, SHOWN_FINDINGS).map((finding) => `  ${formatFinding(finding)}`);
  if (findings.length > shown.length) shown.push(`  and ${findings.length - shown.length} more`);
  const [first] = findings;
  return new Refusal('FileInvalid', `${path} is not right, and nothing was taken from it:\n${shown.join('\n')}`, {
    ...(first === undefined
      ? {}
      : {
          rule: first.rule,
          place: {
            file: first.file,
            ...(first.line === undefined ? {} : { line: first.line }),
            ...(first.column === undefined ? {} : { column: first.column }),
          },
        }),
    findings,
  });
}

/** Of a file that somebody has written since its reading began. */
export function changedFile(path: string): Refusal {
  const findings = createFileFindings(path);
  findings.add('file-changed', 'the file was written while it was read: import it when it is complete');
  return refusalOf(path, findings.list());
}
