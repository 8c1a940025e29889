import { minimum, sum } from '../money';
import type { WindowPolicy } from '../policy/schema';
import { inCodeOrder } from './netting';

/** The two ledgers of an institution that pay a statement. */
export type FundingSource = WindowPolicy['fundingOrder'][number];

/** What an institution has in its ledger, in fen. */
export type FundingAvailable = Readonly<Record<FundingSource, bigint>>;

export interface FundedEnterprise {
  readonly enterprise: string;
  readonly netFen: bigint;
  readonly fromPrepaymentFen: bigint;
  readonly fromOwnFen: bigint;
}

export type Funding = { readonly neededFen: bigint; readonly availableFen: bigint; readonly missingFen: bigint } & (
  { readonly enough: true; readonly enterprises: readonly FundedEnterprise[] } | { readonly enough: false }
);

/**
 * Reserves the money of one statement: enterprises in code order draw on the first source until it is used up, then on
 * the next (新医保发〔2025〕50号 四(二): prepayment first, then own money). A statement is funded whole or not at all.
 *
 * @param nets the positive nets of the statement
 */
export function fundStatement(
  nets: readonly { readonly enterprise: string; readonly netFen: bigint }[],
  available: FundingAvailable,
  order: readonly FundingSource[],
): Funding {
  const neededFen = sum(nets.map(({ netFen }) => netFen));
  const availableFen = sum(order.map((source) => available[source]));
  if (availableFen < neededFen) return { enough: false, neededFen, availableFen, missingFen: neededFen - availableFen };
  const left = { ...available };
  const enterprises = [...nets]
    .sort((a, b) => inCodeOrder(a.enterprise, b.enterprise))
    .map(({ enterprise, netFen }) => {
      const drawn = { prepayment: 0n, own: 0n };
      for (const source of order) {
        drawn[source] = minimum(left[source], netFen - drawn.prepayment - drawn.own);
        left[source] -= drawn[source];
      }
      return { enterprise, netFen, fromPrepaymentFen: drawn.prepayment, fromOwnFen: drawn.own };
    });
  return { enough: true, neededFen, availableFen, missingFen: 0n, enterprises };
}
