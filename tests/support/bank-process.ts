import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
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
  /** Kills the process as `kill -9` does, and starts it again on the same data. */
  killAndRestart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startBankUnderTest(faults: readonly object[] = []): Promise<BankUnderTest> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'bank 模拟-'));
  const start = (): Promise<BankSimulator> =>
    startBankSimulator({ dataDirectory, logFile: join(dataDirectory, 'bank.log'), faults, entry: ENTRY });
  const connect = (simulator: BankSimulator): Bank =>
    createHttpBank({ baseUrl: simulator.ready.url, timeoutMs: 20_000, log: pino({ level: 'silent' }) });
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
