import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Knex } from 'knex';
import { connect } from '../db/connect';
import { createDatabase, dropStatements } from '../db/roles';
import { startBankSimulator } from '../workers/bank-simulator/start';
import { createBankScriptClient, type BankScriptClient } from '../workers/bank-simulator/script-client';
import { processGuard, startServices } from '../workers/services';
import { spawnWorker } from '../workers/spawn-worker';

/** Everything a rehearsal runs on: a database, a Temporal server, a bank and a worker of its own. */
export interface Stage {
  /** As the application role, like the worker. */
  db: Knex;
  /** As the owner: registers, which the application may not rewrite, are written with it. */
  owner: Knex;
  client: Client;
  namespace: string;
  bank: BankScriptClient;
  bankUrl: string;
  webUiUrl: string | undefined;
  workerLog: string;
  workerPid: number;
  /** Ends the worker, the bank and the database, and keeps Temporal with the histories. */
  endWork(): Promise<void>;
  /** Ends everything. May be called again. */
  stop(): Promise<void>;
}

export interface StageOptions {
  webUi: boolean;
  /** Scripted faults of the bank, with their region. */
  faults: readonly object[];
  /** Everything is on the disk when it is said to be there, as in daily use; off unless a benchmark asks for it. */
  durable?: boolean;
  progress(message: string): void;
}

const NAMESPACE = 'default';
const CONDUCTOR_POOL = 6;

/** Sets the stage; what was started before something fails is ended again. */
export async function setStage({ webUi, faults, durable = false, progress }: StageOptions): Promise<Stage> {
  // The guard removes it when this process is killed.
  const guard = processGuard();
  const scratch = guard.temporaryDirectory('settle-rehearsal-');
  const endings: (() => Promise<void>)[] = [() => Promise.resolve(guard.discard(scratch))];
  const end = async (): Promise<void> => {
    for (let ending = endings.pop(); ending; ending = endings.pop()) await ending().catch(() => undefined);
  };
  try {
    return await build();
  } catch (error) {
    await end();
    throw error;
  }

  /** PostgreSQL runs under an account of its own where this process is root's. */
  function openDirectory(): string {
    const directory = guard.temporaryDirectory('settle-durable-');
    endings.push(() => Promise.resolve(guard.discard(directory)));
    chmodSync(directory, 0o711);
    return directory;
  }

  async function build(): Promise<Stage> {
    progress('starting PostgreSQL, Temporal and the bank simulator');
    const bankLog = join(scratch, 'bank.log');
    const [services, simulator] = await Promise.all([
      startServices({ mode: 'rehearsal', webUi, durable, ...(durable && { dataDir: openDirectory() }) }),
      startBankSimulator({ dataDirectory: makeDirectory(scratch, 'bank'), logFile: bankLog, faults, fsync: durable }),
    ]);
    endings.push(() => services.stop());

    progress('preparing a database of its own');
    const name = `settle_rehearsal_${randomBytes(6).toString('hex')}`;
    const dropped = guard.dropDatabase(services.databaseUrl, dropStatements(name));
    const database = await createDatabase(services.databaseUrl, name);
    endings.push(async () => {
      await database.drop();
      dropped();
    });
    endings.push(() => simulator.stop());

    progress('starting the worker');
    const workerLog = join(scratch, 'worker.log');
    const worker = await spawnWorker({
      databaseUrl: database.appUrl,
      bankUrl: simulator.ready.url,
      temporalAddress: services.temporalAddress,
      namespace: NAMESPACE,
      logFile: workerLog,
      logLevel: 'warn',
    });
    endings.push(() => worker.stop());

    const db = connect(database.appUrl, { poolSize: CONDUCTOR_POOL, applicationName: 'settle-rehearsal' });
    const owner = connect(database.ownerUrl, { poolSize: 2, applicationName: 'settle-rehearsal' });
    const connection = await Connection.connect({ address: services.temporalAddress });
    endings.push(async () => {
      await db.destroy();
      await owner.destroy();
      await connection.close();
    });
    return {
      db,
      owner,
      client: new Client({ connection, namespace: NAMESPACE }),
      namespace: NAMESPACE,
      bank: createBankScriptClient(simulator.ready.url),
      bankUrl: simulator.ready.url,
      webUiUrl: services.webUiUrl,
      workerLog,
      workerPid: worker.pid,
      async endWork() {
        // Temporal and the scratch directory are what was begun first.
        while (endings.length > 2) await endings.pop()!().catch(() => undefined);
      },
      stop: end,
    };
  }
}

function makeDirectory(parent: string, name: string): string {
  return mkdtempSync(join(parent, `${name}-`));
}
