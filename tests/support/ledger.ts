import type { Journal, Transfer } from '../../domain/ledger/journal';
import type { LedgerEvent } from '../../domain/ledger/posting-rules';
import { plainDate } from '../../domain/plain-date';
import type { Database } from '../../db/connect';
import { balances } from '../../db/ledger';
import { toRefusal } from '../../db/refusals';
import { LEDGER_INVARIANTS, verify } from '../../db/verify';
import type { VerifyRow } from '../../db/verify';

export const REGION = '650500';
export const HOSPITAL = 'H65050100001';
export const OTHER_HOSPITAL = 'H65050100002';
export const POLICY = { id: 'xinjiang-2025-50', version: '1', sha256: 'a'.repeat(64) } as const;

export const transfer = (debit: string, credit: string, amountFen: bigint): Transfer => ({ debit, credit, amountFen });

interface JournalChanges {
  readonly date?: string;
  readonly reference?: string;
}

/** A journal of the book its first account is in. */
export function journal(
  key: string,
  event: LedgerEvent,
  transfers: readonly Transfer[],
  { date = '2026-03-02', reference = 'payment/1' }: JournalChanges = {},
): Journal {
  return {
    book: transfers[0]?.debit.startsWith('supervised/') ? 'supervised' : 'fund',
    key,
    date: plainDate(date),
    event,
    reference,
    caseId: 'prepayment/650500/2026',
    policy: POLICY,
    transfers,
  };
}

/** The balances that are not zero, as `{ path: fen }`. */
export async function nonZeroBalances(database: Database, region = REGION): Promise<Record<string, bigint>> {
  const rows = await balances(database, region);
  return Object.fromEntries(
    rows.filter((row) => row.balanceFen !== 0n).map((row) => [row.account, row.balanceFen] as const),
  );
}

/** The code a step is refused with, or what else it ended with. */
export async function refusalOf(step: PromiseLike<unknown>): Promise<string> {
  try {
    await step;
    return 'not refused';
  } catch (error) {
    const refusal = toRefusal(error) as Error & { code?: string };
    return refusal.code ?? refusal.message;
  }
}

/** The invariants of the books alone: these tests post without the cases and payments of the engine. */
export const verifyLedger = (database: Database, region?: string): Promise<VerifyRow[]> =>
  verify(database, region, LEDGER_INVARIANTS);
