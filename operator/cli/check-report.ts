import { ExitCode, type FilePlace } from '../../domain/refusal';
import type { CliContext } from './context';
import { formatPlace } from './failure';

/** One fault in a file; `code` is that of a finding, or of a refusal where a policy found it. */
export interface CheckFinding extends FilePlace {
  readonly code: string;
  readonly rule: string;
  readonly message: string;
}

/** `purchases-2025.csv:3 (amount): -5.00 … [base-negative: Purchases are …]` */
function formatCheckFinding({ code, rule, message, ...place }: CheckFinding): string {
  return `${formatPlace(place)}: ${message} [${code}: ${rule}]`;
}

export function findingLines(name: string, findings: readonly CheckFinding[], { output }: CliContext): string[] {
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return [`${output.paint('red', '✗')} ${name}: ${count}`, ...findings.map((each) => `  ${formatCheckFinding(each)}`)];
}

/** One item that fails alone is an error; of several, some have failed. */
export function exitCodeOf(outcomes: readonly { readonly ok: boolean }[]): ExitCode {
  if (outcomes.every(({ ok }) => ok)) return ExitCode.Fine;
  return outcomes.length === 1 ? ExitCode.Error : ExitCode.SomeItemsFailed;
}
