import { fen, roundedQuotient, tenThousandths } from './days';

/** One row of an application file, and what became of it when it was accepted. */
export interface Line {
  readonly id: string;
  readonly period: string;
  readonly body: string;
  readonly enterprise: string;
  readonly amount: bigint;
  readonly content: string;
  state: 'open' | 'settled' | 'disputed' | 'superseded';
}

export interface Parties {
  /** The settlement body of every institution. */
  readonly bodies: ReadonlyMap<string, string>;
  readonly enterprises: ReadonlySet<string>;
  /** The categories of each drug with the days on which it was listed; undefined without a catalogue. */
  readonly catalogue: readonly Record<string, string>[] | undefined;
  isSuspended(enterprise: string, day: string): boolean;
}

const IN_SCOPE = ['vbp-national', 'vbp-alliance', 'negotiated'];

/** The first code of DESIGN 5.2 that applies to a row by itself, before it is held against other lines. */
function firstCode(row: Record<string, string>, period: string, parties: Parties): string | undefined {
  const quantity = tenThousandths(row.quantity!);
  const amount = fen(row.amount!);
  const rightSign =
    row.kind === 'delivery' ? quantity > 0n : row.kind === 'return' ? quantity < 0n : quantity === 10_000n;
  const listed = (parties.catalogue ?? []).some(
    (each) =>
      each.drug === row.drug &&
      each.category === row.category &&
      each.from! <= row.received_on! &&
      (each.to === '' || row.received_on! <= each.to!),
  );
  const checks: [string, boolean][] = [
    ['before-window', row.applied_on! < `${period}-01`],
    ['after-cutoff', row.applied_on! > `${period}-05`],
    ['before-direct-settlement', (row.ordered_on || row.received_on!) < '2026-03-01'],
    ['received-after-application', row.received_on! > row.applied_on!],
    ['out-of-scope', !IN_SCOPE.includes(row.category!) || (parties.catalogue !== undefined && !listed)],
    [
      'amount-mismatch',
      // Two numbers over 10,000 each make one over 100,000,000; a fen is a hundredth of that.
      !rightSign || amount !== roundedQuotient(quantity * tenThousandths(row.unit_price!), 1_000_000n),
    ],
    ['unknown-institution', !parties.bodies.has(row.institution!)],
    ['unknown-enterprise', !parties.enterprises.has(row.enterprise!)],
    ['unverified-credit', row.kind !== 'delivery' && row.verified_by !== 'both'],
    ['enterprise-suspended', parties.isSuspended(row.enterprise!, row.applied_on!)],
  ];
  return checks.find(([, applies]) => applies)?.[0];
}

function contentOf(row: Record<string, string>): string {
  return Object.entries(row)
    .filter(([name]) => name !== 'applied_on')
    .map(([, cell]) => cell)
    .join('|');
}

export interface Rejection {
  period: string;
  line: string;
  code: string;
}

/** Takes one period's file in: accepted lines are added to `lines`, which has the current one of each id. */
export function takeIn(
  rows: readonly Record<string, string>[],
  period: string,
  parties: Parties,
  lines: Map<string, Line>,
): Rejection[] {
  const rejected: Rejection[] = [];
  const candidates = new Map<string, Record<string, string>[]>();
  for (const row of rows) {
    const code = firstCode(row, period, parties);
    if (code) rejected.push({ period, line: row.line!, code });
    else candidates.set(row.line!, [...(candidates.get(row.line!) ?? []), row]);
  }
  for (const [id, copies] of candidates) {
    const contents = new Set(copies.map(contentOf));
    const known = lines.get(id);
    const code = contents.size > 1 ? 'conflict' : codeBeside(known, [...contents][0]!);
    if (code) rejected.push(...copies.map(() => ({ period, line: id, code })));
    else if (known?.state !== 'open') {
      if (known) known.state = 'superseded';
      const row = copies[0]!;
      lines.set(id, {
        id,
        period,
        body: parties.bodies.get(row.institution!)!,
        enterprise: row.enterprise!,
        amount: fen(row.amount!),
        content: contentOf(row),
        state: 'open',
      });
    }
  }
  return rejected;
}

/** What an accepted line of an earlier window makes of one with its id. */
function codeBeside(known: Line | undefined, content: string): string | undefined {
  if (!known || known.state === 'disputed') return undefined;
  if (known.content !== content) return 'conflict';
  return known.state === 'settled' ? 'already-settled' : undefined;
}
