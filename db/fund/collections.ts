import type { Knex } from 'knex';
import type { PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import { refusing } from '../refusals';
import { lockMoney } from './transfers';

/** A balance below zero that is collected in cash, by a decision of two people. */
export interface BalanceCollection {
  collectionId: string;
  region: string;
  institution: string;
  pool: Pool;
  amountFen: bigint;
  reason: string;
  proposedBy: string;
  proposedOn: PlainDate;
  approvedBy: string | null;
  approvedOn: PlainDate | null;
  /** Of the money that came in for it. */
  receiptId: string | null;
  receivedOn: PlainDate | null;
  /** Withdrawn before anything came in. */
  withdrawnOn: PlainDate | null;
}

export async function loadCollections(
  db: Knex,
  region: string,
  filter: { collectionId?: string } = {},
): Promise<BalanceCollection[]> {
  const rows = await db('settle.balance_collections as c')
    .leftJoin('settle.collection_receipts as r', 'r.collection_id', 'c.collection_id')
    .leftJoin('settle.decision_withdrawals as w', 'w.decision_id', 'c.collection_id')
    .where({
      'c.region': region,
      ...(filter.collectionId === undefined ? {} : { 'c.collection_id': filter.collectionId }),
    })
    .orderBy(['c.proposed_on', 'c.collection_id'])
    .select('c.*', 'r.receipt_id', 'r.received_on', 'w.withdrawn_on');
  return rows.map((row) => ({
    collectionId: row.collection_id,
    region,
    institution: row.institution,
    pool: row.pool as Pool,
    amountFen: row.amount_fen,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedOn: row.proposed_on,
    approvedBy: row.approved_by,
    approvedOn: row.approved_on,
    receiptId: row.receipt_id,
    receivedOn: row.received_on,
    withdrawnOn: row.withdrawn_on,
  }));
}

/**
 * What an institution owes a pool: what its last settled month carried out, less what came in since; zero or less. `period` is that
 * month.
 */
export async function owedBalance(
  db: Knex,
  { region, institution, pool }: Pick<BalanceCollection, 'region' | 'institution' | 'pool'>,
): Promise<{ period: string; balanceFen: bigint } | undefined> {
  const { rows } = await db.raw<{ rows: { period: string; fen: string }[] }>(
    `select s.period, (s.carried_out_fen
        + coalesce((select sum(c.amount_fen) from settle.balance_collections c join settle.collection_receipts using (collection_id)
                     where c.region = s.region and c.institution = s.institution and c.pool = s.pool), 0)
        - (select sum(t.collected_fen) from settle.settlements t
            where t.region = s.region and t.institution = s.institution and t.pool = s.pool and t.settled_on is not null))::text as fen
       from settle.settlements s
      where s.region = ? and s.institution = ? and s.pool = ? and s.settled_on is not null order by s.period desc limit 1`,
    [region, institution, pool],
  );
  const [row] = rows;
  return row && { period: row.period, balanceFen: BigInt(row.fen) };
}

/** @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`, `NotFound` */
export async function insertCollection(
  trx: Knex,
  collection: Pick<
    BalanceCollection,
    'collectionId' | 'region' | 'institution' | 'pool' | 'amountFen' | 'reason' | 'proposedBy' | 'proposedOn'
  >,
): Promise<void> {
  await refusing(
    trx('settle.balance_collections').insert({
      collection_id: collection.collectionId,
      region: collection.region,
      institution: collection.institution,
      pool: collection.pool,
      amount_fen: collection.amountFen,
      reason: collection.reason,
      proposed_by: collection.proposedBy,
      proposed_on: collection.proposedOn,
    }),
  );
}

/** @throws Refusal `AppendOnly`, `ApprovalByPreparer`, `PersonUnknown`, `ApprovalRoleMissing` */
export async function approveCollection(
  trx: Knex,
  collectionId: string,
  { person, on }: { person: string; on: PlainDate },
): Promise<void> {
  await refusing(
    trx('settle.balance_collections')
      .where({ collection_id: collectionId })
      .update({ approved_by: person, approved_on: on }),
  );
}

/** @throws Refusal `ApprovalIncomplete`, `RecorderRoleMissing` */
export async function insertCollectionReceipt(
  trx: Knex,
  receipt: { collectionId: string; receiptId: string; receivedOn: PlainDate; recordedBy: string },
): Promise<void> {
  await refusing(
    trx('settle.collection_receipts').insert({
      collection_id: receipt.collectionId,
      receipt_id: receipt.receiptId,
      received_on: receipt.receivedOn,
      recorded_by: receipt.recordedBy,
    }),
  );
}

/**
 * Money that works a balance off waits while a settlement that counts on the balance is being decided: what is approved is released
 * as it was worked out. Until the transaction ends none is worked out.
 *
 * @throws Refusal `CaseStateInvalid`
 */
export async function refuseWhileDecided(
  trx: Knex,
  { region, institution, pool }: Pick<BalanceCollection, 'region' | 'institution' | 'pool'>,
): Promise<void> {
  await lockMoney(trx, region);
  const decided = await trx('settle.settlements')
    .where({ region, institution, pool })
    .whereNull('settled_on')
    .orderBy('period')
    .first<{ period: string } | undefined>('period');
  if (!decided) return;
  throw new Refusal(
    'CaseStateInvalid',
    `the settlement of ${decided.period} takes off what ${institution} owes ${pool}, and is being decided: the money stays in suspense until it is released`,
    { institution, pool, period: decided.period },
  );
}
