import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PlainDate } from '../domain/plain-date';
import { refusing } from './refusals';

/** Money at the bank that nobody could place when it was found. */
export interface SuspenseItem {
  suspenseId: string;
  exceptionId: bigint;
  region: string;
  /** The cash account that it is in. */
  account: string;
  bankReference: string;
  bankDetail: string | null;
  amountFen: bigint;
  /** What of it nobody has placed yet. */
  leftFen: bigint;
  receivedOn: PlainDate;
  person: string;
  reason: string;
}

/** In the order in which it came. */
export async function loadSuspense(
  db: Knex,
  where: { region?: string; suspenseId?: string; open?: boolean },
): Promise<SuspenseItem[]> {
  const query = db('settle.suspense_items as i')
    .join('settle.reconciliation_exceptions as e', 'e.exception_id', 'i.exception_id')
    .select(
      'i.*',
      'e.bank_detail',
      db.raw(
        `(i.amount_fen - coalesce((select sum(r.amount_fen) from settle.suspense_resolutions r
           where r.suspense_id = i.suspense_id), 0))::bigint as left_fen`,
      ),
    )
    .orderBy(['i.received_on', 'i.exception_id']);
  if (where.region !== undefined) void query.where('i.region', where.region);
  if (where.suspenseId !== undefined) void query.where('i.suspense_id', where.suspenseId);
  const items = (await query).map((row) => ({
    suspenseId: row.suspense_id,
    exceptionId: row.exception_id,
    region: row.region,
    account: row.account,
    bankReference: row.bank_reference,
    bankDetail: row.bank_detail,
    amountFen: row.amount_fen,
    leftFen: row.left_fen,
    receivedOn: row.received_on,
    person: row.person,
    reason: row.reason,
  }));
  return where.open ? items.filter(({ leftFen }) => leftFen > 0n) : items;
}

/** @throws Refusal `SuspenseInvalid`, `AppendOnly`, `NotFound`, `ReasonMissing` and those of the accountant's role */
export async function insertSuspenseItem(
  db: Knex,
  input: Omit<SuspenseItem, 'leftFen' | 'bankDetail'> & { at: BusinessMoment },
): Promise<void> {
  await refusing(
    db('settle.suspense_items').insert({
      suspense_id: input.suspenseId,
      exception_id: input.exceptionId.toString(),
      region: input.region,
      account: input.account,
      bank_reference: input.bankReference,
      amount_fen: input.amountFen.toString(),
      received_on: input.receivedOn,
      person: input.person,
      reason: input.reason,
      recorded_on: input.at.date,
      at_time: input.at.time,
    }),
  );
}

export interface SuspenseResolution {
  resolutionId: string;
  suspenseId: string;
  /** Where it belongs. */
  account: string;
  amountFen: bigint;
  /** The bank's line where it has taken the money back. */
  exceptionId: bigint | null;
  person: string;
  reason: string;
}

export async function findResolution(db: Knex, resolutionId: string): Promise<SuspenseResolution | undefined> {
  const row = await db('settle.suspense_resolutions').where({ resolution_id: resolutionId }).first();
  if (!row) return undefined;
  return {
    resolutionId,
    suspenseId: row.suspense_id,
    account: row.account,
    amountFen: row.amount_fen,
    exceptionId: row.exception_id,
    person: row.person,
    reason: row.reason,
  };
}

/** @throws Refusal `SuspenseInvalid`, `AppendOnly`, `NotFound`, `ReasonMissing` and those of the accountant's role */
export async function insertResolution(db: Knex, input: SuspenseResolution & { at: BusinessMoment }): Promise<void> {
  await refusing(
    db('settle.suspense_resolutions').insert({
      resolution_id: input.resolutionId,
      suspense_id: input.suspenseId,
      account: input.account,
      amount_fen: input.amountFen.toString(),
      exception_id: input.exceptionId === null ? null : input.exceptionId.toString(),
      person: input.person,
      reason: input.reason,
      resolved_on: input.at.date,
      at_time: input.at.time,
    }),
  );
}
