import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Tables without a rule: the lines as the file has them, a sum for each statement, its two entries. */
const SETUP = `
  create schema if not exists bare;
  drop table if exists bare.line, bare.statement, bare.posting;
  create table bare.line (
    line text primary key, order_no text, institution text, enterprise text, drug text, category text, kind text, quantity numeric,
    unit_price numeric, amount numeric, received_on date, applied_on date, verified_by text, invoice text, ordered_on date);
  create table bare.statement (institution text, enterprise text, amount_fen bigint, primary key (institution, enterprise));
  create table bare.posting (account text, amount_fen bigint)`;

const STATEMENTS = `
  insert into bare.statement
  select institution, enterprise, (sum(amount) * 100)::bigint from bare.line group by institution, enterprise`;

const POSTINGS = `
  insert into bare.posting
  select e.account, e.amount_fen from bare.statement s,
    lateral (values ('ledger/' || s.institution, s.amount_fen), ('payable/' || s.institution || '/' || s.enterprise, -s.amount_fen)) e (account, amount_fen)`;

/**
 * The least that a window can cost: COPY into a table with a primary key, one GROUP BY into statements, one insert of postings.
 * @returns seconds of all three
 */
export async function runBare(owner: Knex, path: string): Promise<number> {
  await owner.raw(SETUP);
  const began = performance.now();
  await copyFile(owner, path);
  await owner.raw(STATEMENTS);
  await owner.raw(POSTINGS);
  return (performance.now() - began) / 1_000;
}

async function copyFile(owner: Knex, path: string): Promise<void> {
  const pool = owner.client as Knex.Client;
  const connection = (await pool.acquireConnection()) as ClientBase;
  try {
    const copy = connection.query(copyFrom('copy bare.line from stdin with (format csv, header)'));
    await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), copy);
  } finally {
    await pool.releaseConnection(connection);
  }
}
