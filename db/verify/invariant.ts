import type { Database } from '../connect';

/** What an invariant says of one region: whether it holds, and the figures or the first findings in words. */
export interface Verdict {
  readonly ok: boolean;
  /** Holds nothing of the order of posting, so that equal contents give equal text. */
  readonly detail: string;
}

/**
 * One statement that must always be true. It is recomputed from the raw rows and shares no code with what wrote them; further
 * invariants are further entries in `db/verify/index.ts`.
 */
export interface Invariant {
  readonly name: string;
  check(database: Database, region: string): Promise<Verdict>;
}

const FINDINGS_SHOWN = 5;

/** Fails with the first findings and their number, or holds with what was checked. */
export function verdict(findings: readonly string[], held: string): Verdict {
  if (findings.length === 0) return { ok: true, detail: held };
  const more = findings.length > FINDINGS_SHOWN ? `; ${findings.length - FINDINGS_SHOWN} more` : '';
  return { ok: false, detail: findings.slice(0, FINDINGS_SHOWN).join('; ') + more };
}

/** At most this many findings are fetched; a broken ledger needs no complete list. */
export const FINDINGS_FETCHED = 1_000;
