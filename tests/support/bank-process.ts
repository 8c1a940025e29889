import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { createDirectoryBank } from '../../activities/bank/directory/directory-bank';
import { createHttpBank } from '../../activities/bank/http-bank';
import type { Bank } from '../../activities/bank/port';
import type { BankSimulator } from '../../workers/bank-simulator/start';
import { startBankSimulator } from '../../workers/bank-simulator/start';

const root = join(__dirname, '..', '..');

/** The simulator as it is in the sources, started by Node with a hook that compiles TypeScript in memory. */
const ENTRY = ['-r', join(__dirname, 'run-typescript.cjs'), join(root, 'workers', 'bank-simulator', 'main.ts')];

export interface BankUnderTest {
  /** Of the process that runs now. */
  readonly simulator: BankSimulator;
  readonly bank: Bank;
  readonly dataDirectory: string;
  /** Of outbox and inbox, where the bank is reached over directories. */
  readonly directory: string;
  /** Kills the process as `kill -9` does, and starts it again on the same data. */
  killAndRestart(): Promise<void>;
  dispose(): Promise<void>;
}

export type Transport = 'HTTP' | 'directories';
export const TRANSPORTS: readonly Transport[] = ['HTTP', 'directories'];

const log = pino({ level: 'silent' });

export async function startBankUnderTest(
  faults: readonly object[] = [],
  transport: Transport = 'HTTP',
  timeoutMs = 20_000,
): Promise<BankUnderTest> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'bank 模拟-'));
  const directory = join(dataDirectory, '交换');
  const watched = transport === 'HTTP' ? {} : { directory };
  const start = (): Promise<BankSimulator> =>
    startBankSimulator({ dataDirectory, logFile: join(dataDirectory, 'bank.log'), faults, entry: ENTRY, ...watched });
  const connect = (simulator: BankSimulator): Bank =>
    transport === 'HTTP'
      ? createHttpBank({ baseUrl: simulator.ready.url, timeoutMs, log })
      : createDirectoryBank({ directory, timeoutMs, log });
  let simulator = await start();
  let bank = connect(simulator);
  return {
    get simulator() {
      return simulator;
    },
    get bank() {
      return bank;
    },
    dataDirectory,
    directory,
    async killAndRestart() {
      process.kill(simulator.pid, 'SIGKILL');
      await simulator.exited;
      simulator = await start();
      bank = connect(simulator);
    },
    async dispose() {
      await simulator.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
