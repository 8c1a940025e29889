import {
  approveCollection,
  insertCollection,
  insertCollectionReceipt,
  loadCollections,
  owedBalance,
  refuseWhileDecided,
  type BalanceCollection,
} from '../../db/fund/collections';
import { freshId } from '../../db/fund/decision-withdrawals';
import type { Knex } from 'knex';
import { policyStamp } from '../../db/cases';
import { postJournals } from '../../db/ledger';
import { policyWith } from '../../db/region-policy';
import { caseIds } from '../../domain/ids';
import { fundAccounts } from '../../domain/ledger';
import { formatYuan } from '../../domain/money';
import { period as toPeriod, type PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import type { ApproveCommand } from './decide-standard';
import { transactionally } from './dry-run';
import { RECORDERS, requireAnyRole } from './window-step';

export interface ProposeCollectionCommand {
  region: string;
  institution: string;
  pool: Pool;
  /** All that is owed where left out. */
  amountFen?: bigint;
  reason: string;
  person: string;
  dryRun?: boolean;
}

/**
 * Proposes that a balance below zero is collected in cash rather than carried on (DESIGN 5.7, 季度清算): by a business head.
 *
 * @throws Refusal `CaseStateInvalid` where so much is not owed, `ReasonMissing`, `IdempotencyConflict`, `PersonUnknown`, `ApprovalRoleMissing`
 */
export async function proposeCollection(
  context: CommandContext,
  command: ProposeCollectionCommand,
): Promise<BalanceCollection> {
  const { db, clock } = context;
  const { region, institution, pool, reason, person, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<BalanceCollection> => {
    await requireRole(context, { region }, person, 'business-head', 'ApprovalRoleMissing');
    if (reason.trim() === '') throw new Refusal('ReasonMissing', 'a decision to collect says its reason');
    return transactionally(db, dryRun, async (trx) => {
      const owed = await owedBalance(trx, { region, institution, pool });
      const known = await loadCollections(trx, region);
      const open = known.find(
        (each) =>
          each.institution === institution &&
          each.pool === pool &&
          each.receiptId === null &&
          each.withdrawnOn === null,
      );
      if (open)
        throw new Refusal(
          'IdempotencyConflict',
          `${open.collectionId} is open: ${formatYuan(open.amountFen)} is to come in`,
        );
      const amountFen = command.amountFen ?? -(owed?.balanceFen ?? 0n);
      if (!owed || amountFen <= 0n || amountFen > -owed.balanceFen)
        throw new Refusal(
          'CaseStateInvalid',
          `${institution} owes ${pool} ${formatYuan(-(owed?.balanceFen ?? 0n))}: ${formatYuan(amountFen)} is not collected`,
          { institution, pool },
        );
      const base = ['collection', region, owed.period, institution, pool, at.date].join('/');
      const alike = known.filter(({ collectionId: id }) => id === base || id.startsWith(`${base}/`));
      const collection = {
        collectionId: freshId(base, alike.length),
        region,
        institution,
        pool,
        amountFen,
        reason,
        proposedBy: person,
        proposedOn: at.date,
      };
      await insertCollection(trx, collection);
      return {
        ...collection,
        approvedBy: null,
        approvedOn: null,
        receiptId: null,
        receivedOn: null,
        withdrawnOn: null,
      };
    });
  };
  if (dryRun) return run();
  const subject = `collection/${region}/${institution}/${pool}`;
  return attempted(context, ownAttempt({ region, subject, person, action: 'propose-collection', reason, at }), run);
}

/** Approves it: a director, who did not propose it. @throws Refusal `NotFound`, `AppendOnly`, `ApprovalByPreparer`, `ApprovalRoleMissing` */
export async function approveCollectionOf(
  context: CommandContext,
  command: ApproveCommand,
): Promise<BalanceCollection> {
  const { db, clock } = context;
  const { region, id, person, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<BalanceCollection> => {
    await requireRole(context, { region }, person, 'director', 'ApprovalRoleMissing');
    return transactionally(db, dryRun, async (trx) => {
      const proposed = await required(trx, region, id);
      await approveCollection(trx, id, { person, on: at.date });
      return { ...proposed, approvedBy: person, approvedOn: at.date };
    });
  };
  if (dryRun) return run();
  return attempted(
    context,
    ownAttempt({ region, subject: id, person, action: 'approve-collection', reason: '', at }),
    run,
  );
}

async function required(db: CommandContext['db'], region: string, id: string): Promise<BalanceCollection> {
  const [found] = await loadCollections(db, region, { collectionId: id });
  if (!found) throw new Refusal('NotFound', `there is no collection ${id}`, { collectionId: id });
  return found;
}

/** A later month may have worked the balance off since it was decided: what comes now beyond it is for the suspense account. */
async function refuseMoreThanOwed(
  trx: Knex,
  region: string,
  { institution, pool }: { institution: string; pool: Pool },
): Promise<void> {
  const owed = await owedBalance(trx, { region, institution, pool });
  if (!owed || owed.balanceFen <= 0n) return;
  throw new Refusal(
    'CaseStateInvalid',
    `${institution} owes ${pool} ${formatYuan(owed.balanceFen)} less than that by ${owed.period}: it was worked off`,
    { institution, pool },
  );
}

export interface RecordCollectionCommand extends ApproveCommand {
  /** The payment's own number, as the bank's line has it. */
  receiptId: string;
  receivedOn: PlainDate;
}

/**
 * Books the money that came in for an approved collection: Dr cash, Cr 暂付款—即时结算. The same number again is one receipt.
 *
 * @throws Refusal `NotFound`, `ApprovalIncomplete`, `OutsideWindow` for a day to come, `IdempotencyConflict`, `RecorderRoleMissing`,
 * `CaseStateInvalid` where less is owed by now, or a settlement that counts on the balance is being decided
 */
export async function recordCollection(
  context: CommandContext,
  command: RecordCollectionCommand,
): Promise<BalanceCollection> {
  const { db, clock } = context;
  const { region, id, person, receiptId, receivedOn, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<BalanceCollection> => {
    await requireAnyRole(db, { region, person, on: at.date }, RECORDERS);
    if (receivedOn > at.date)
      throw new Refusal('OutsideWindow', `${receiptId}: ${receivedOn} is after today, ${at.date}`);
    return transactionally(db, dryRun, async (trx) => {
      const collection = await required(trx, region, id);
      if (collection.receiptId === receiptId && collection.receivedOn === receivedOn) return collection;
      if (collection.receiptId !== null)
        throw new Refusal(
          'IdempotencyConflict',
          `${id} came in with ${collection.receiptId} on ${collection.receivedOn}`,
        );
      const { institution, pool, amountFen } = collection;
      await refuseWhileDecided(trx, collection);
      await insertCollectionReceipt(trx, { collectionId: id, receiptId, receivedOn, recordedBy: person });
      await refuseMoreThanOwed(trx, region, { institution, pool });
      await postJournals(trx, region, [
        {
          book: 'fund',
          key: receiptId,
          date: receivedOn,
          event: 'instant-collected',
          reference: id,
          caseId: caseIds.fund(region, toPeriod(id.split('/')[2]!)),
          policy: policyStamp(await policyWith(trx, region, 'fund', receivedOn)),
          transfers: [
            { debit: fundAccounts.cash(pool), credit: fundAccounts.advanceInstant(pool, institution), amountFen },
          ],
        },
      ]);
      return { ...collection, receiptId, receivedOn };
    });
  };
  if (dryRun) return run();
  return attempted(
    context,
    ownAttempt({ region, subject: id, person, action: 'record-collection', reason: receiptId, at }),
    run,
  );
}
