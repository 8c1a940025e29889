import type { Knex } from 'knex';
import { fundAccounts } from '../../domain/ledger';
import type { Pool } from '../../domain/pools';
import { agencyAccounts } from '../agency-accounts';
import { balanceOf } from '../ledger';
import { insertAll } from '../rows';
import { CORRECTED } from './payments';

/** What an account still has to pay that was approved, or is being approved, in this case and in others. */
const SPOKEN_FOR = `
  select coalesce(sum(p.amount_fen), 0)::bigint as fen from settle.payments p
   where p.region = :region and p.debtor_account = :account and p.pool = :pool
     and p.state not in ('new', 'succeeded', 'cancelled') and not (p.case_id = :caseId and p.state = 'prepared' and not ${CORRECTED})`;

async function freeOf(
  trx: Knex,
  {
    region,
    pool,
    caseId,
    account,
    ledgerAccount,
  }: Record<'region' | 'pool' | 'caseId' | 'account' | 'ledgerAccount', string>,
): Promise<bigint> {
  const { rows } = await trx.raw<{ rows: { fen: bigint }[] }>(SPOKEN_FOR, { region, account, pool, caseId });
  return (await balanceOf(trx, region, ledgerAccount)) - rows[0]!.fen;
}

/** Nobody else takes money of the region's accounts into a request until the transaction ends: what is free is free for one. */
export async function lockMoney(trx: Knex, region: string): Promise<void> {
  await trx.raw(`select pg_advisory_xact_lock(hashtextextended('settle money ' || ?, 0))`, [region]);
}

/** What is left in a pool's account (支出户), and for it in the fiscal deposit (财政专户), for a new run of a case. */
export async function freeMoney(
  trx: Knex,
  { region, pool, caseId }: { region: string; pool: Pool; caseId: string },
): Promise<{ cashFen: bigint; depositFen: bigint }> {
  const account = (await poolAccount(trx, region, pool)) ?? agencyAccounts.fund(region, pool);
  const of = (each: { account: string; ledgerAccount: string }) => freeOf(trx, { region, pool, caseId, ...each });
  return {
    cashFen: await of({ account, ledgerAccount: fundAccounts.cash(pool) }),
    depositFen: await of({
      account: agencyAccounts.fiscalDeposit(region),
      ledgerAccount: fundAccounts.fiscalDeposit(pool),
    }),
  };
}

async function poolAccount(trx: Knex, region: string, pool: string): Promise<string | undefined> {
  const row = await trx('settle.funds').where({ region, pool }).first<{ account: string } | undefined>('account');
  return row?.account;
}

export interface NewTransfer {
  pool: Pool;
  amountFen: bigint;
}

/** Writes transfers as payments from the fiscal deposit into the pools' accounts, named by a request. */
export async function insertTransfers(
  trx: Knex,
  run: { region: string; period: string; caseId: string; requestId: string; revision: number },
  transfers: readonly NewTransfer[],
): Promise<void> {
  const { region, period, caseId, requestId, revision } = run;
  const idOf = (pool: string): string => `fund/${region}/${period}/transfer/${pool}/${revision}`;
  await insertAll(
    trx,
    'settle.payments',
    await Promise.all(
      transfers.map(async ({ pool, amountFen }) => ({
        payment_id: idOf(pool),
        region,
        case_id: caseId,
        kind: 'fund',
        period,
        pool,
        amount_fen: amountFen,
        debtor_account: agencyAccounts.fiscalDeposit(region),
        payee_name: `支出户 ${pool}`,
        payee_account: (await poolAccount(trx, region, pool)) ?? agencyAccounts.fund(region, pool),
        payee_bank_code: agencyAccounts.bankCode(region),
        request_id: requestId,
      })),
    ),
  );
  await insertAll(
    trx,
    'settle.fiscal_transfers',
    transfers.map(({ pool, amountFen }) => ({
      transfer_id: idOf(pool),
      region,
      case_id: caseId,
      pool,
      amount_fen: amountFen,
      request_id: requestId,
    })),
  );
}

/** Transfers of a case by the state of their payment. */
export async function loadTransfers(
  db: Knex,
  caseId: string,
): Promise<{ transferId: string; state: string; attempt: number }[]> {
  const { rows } = await db.raw<{ rows: { transferId: string; state: string; attempt: number }[] }>(
    `select t.transfer_id as "transferId", p.state, p.attempt from settle.fiscal_transfers t join settle.payments p on p.payment_id = t.transfer_id
      where t.case_id = ? order by 1`,
    [caseId],
  );
  return rows;
}

/** Of the event of a request that is released before the transfers which other pools need. */
export const TRANSFERS_FOLLOW = 'transfers-follow';

/** Whether money has arrived for which no run has been prepared yet, or transfers are to follow a request that is released. */
export async function hasFreshTransfer(db: Knex, caseId: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select 1 from settle.case_events e join settle.approval_requests r on e.event_key = r.request_id || '/${TRANSFERS_FOLLOW}'
      where e.case_id = :caseId and r.case_id = :caseId and e.event = '${TRANSFERS_FOLLOW}' and r.state = 'released'
        and not exists (select from settle.case_events n where n.case_id = e.case_id and n.event = 'run-prepared' and n.event_id > e.event_id)
     union all
     select 1 from settle.fiscal_transfers t join settle.payments p on p.payment_id = t.transfer_id
      where t.case_id = :caseId and p.state = 'succeeded'
        and not exists (select from settle.case_events e where e.case_id = t.case_id and e.event_key = t.transfer_id || '#' || p.attempt || '/used') limit 1`,
    { caseId },
  );
  return rows.length > 0;
}

/** Whether a request contains a transfer that the finance department has not confirmed. */
export async function awaitsConfirmation(db: Knex, requestId: string): Promise<boolean> {
  const row = await db('settle.fiscal_transfers')
    .where({ request_id: requestId, confirmed_on: null })
    .first<object | undefined>('transfer_id');
  return row !== undefined;
}

/** The finance department has moved the money (财政部门确认). @throws Refusal of the database: too early, or by the wrong person */
export async function confirmTransfers(
  trx: Knex,
  { requestId, person, evidence, on }: { requestId: string; person: string; evidence: string; on: string },
): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { transfer_id: string }[] }>(
    `update settle.fiscal_transfers set confirmed_on = :on, confirmed_by = :person, evidence = :evidence
      where request_id = :requestId and confirmed_on is null returning transfer_id`,
    { requestId, person, evidence, on },
  );
  return rows.map(({ transfer_id }) => transfer_id);
}
