import { FINDING_RULES, type Finding, type FindingCode } from '../../domain/finding';

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
