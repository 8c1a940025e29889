import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { ServiceFailure, spawnService, startServices } from '../../workers/services';
import { searchAttributes } from '../../workers/services/temporal-arguments';

const CLEARED_WITHIN_MS = 10_000;

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + CLEARED_WITHIN_MS;
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await pause(50);
  }
  return false;
}

describe('the services', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'settle-test-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('are up within five seconds, with the search attributes, and leave nothing behind when they are stopped', async () => {
    const began = performance.now();
    const services = await startServices({ mode: 'rehearsal', webUi: true, durable: false });
    expect(performance.now() - began).toBeLessThan(5_000);
    const client = new Client({ connectionString: services.databaseUrl });
    await client.connect();
    await client.end();
    const connection = await Connection.connect({ address: services.temporalAddress });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes ?? {}).sort()).toEqual(Object.keys(searchAttributes()).sort());
    await connection.close();
    expect((await fetch(services.webUiUrl as string)).status).toBe(200);

    await services.stop();
    const ports = [services.databaseUrl, `http://${services.temporalAddress}`, services.webUiUrl as string];
    for (const port of ports.map((url) => Number(new URL(url).port))) expect(await isListening(port)).toBe(false);
  });

  it('end when the process that started them is killed hard, and its temporary directories go', async () => {
    const result = join(directory, 'started.json');
    const parent = spawn(process.execPath, [join(__dirname, 'start-and-hang.cjs'), result], { stdio: 'inherit' });
    expect(await until(() => existsSync(result) && readFileSync(result, 'utf8').endsWith('\n'))).toBe(true);
    const started = JSON.parse(readFileSync(result, 'utf8')) as { ports: number[]; pid: number; temporary: string };
    for (const port of started.ports) expect(await isListening(port)).toBe(true);
    expect(isAlive(started.pid) && existsSync(started.temporary)).toBe(true);

    parent.kill('SIGKILL');
    for (const port of started.ports) expect(await until(async () => !(await isListening(port)))).toBe(true);
    expect(await until(() => !isAlive(started.pid))).toBe(true);
    expect(await until(() => !existsSync(started.temporary))).toBe(true);
  });

  it('keep durable data from one start to the next', async () => {
    const options = { mode: 'daily', webUi: false, durable: true, dataDir: join(directory, '数据 1') } as const;
    // PostgreSQL's account has to be able to enter the directory.
    chmodSync(directory, 0o755);
    const query = async (databaseUrl: string, sql: string): Promise<unknown[]> => {
      const client = new Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        return (await client.query(sql)).rows as unknown[];
      } finally {
        await client.end();
      }
    };
    const first = await startServices(options);
    await query(first.databaseUrl, 'create table kept as select 42 as value');
    await first.stop();
    const second = await startServices(options);
    try {
      expect(await query(second.databaseUrl, `select value, current_setting('fsync') as fsync from kept`)).toEqual([
        { value: 42, fsync: 'on' },
      ]);
    } finally {
      await second.stop();
    }
  });
});

describe('a service', () => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'settle-test-')), 'service.log');

  afterAll(() => {
    rmSync(join(logFile, '..'), { recursive: true, force: true });
  });

  const service = (script: string): Promise<unknown> =>
    spawnService({
      name: 'the bank simulator',
      command: process.execPath,
      args: ['-e', script],
      logFile,
      readyLine: (line) => (line.startsWith('ready') ? line : undefined),
      readyWithinMs: 2_000,
    });

  it.each([
    ['ends early', 'console.error("no such port"); process.exit(3)', /ended before it was up \(3\).*no such port/s],
    ['is silent', 'setTimeout(() => {}, 60000)', /was not up within 2 s/],
  ])('that %s is reported with the end of its log', async (_, script, message) => {
    writeFileSync(logFile, '');
    const failure = await service(script).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceFailure);
    expect((failure as Error).message).toMatch(message);
  });

  it('whose command is missing is reported by name', async () => {
    const spec = { name: 'the bank simulator', command: '/nowhere/bank', args: [], logFile, readyLine: () => true };
    await expect(spawnService(spec)).rejects.toThrow('the bank simulator cannot be started');
  });

  it('is not taken to be up by the ready line of an earlier start in the same log', async () => {
    writeFileSync(logFile, '前一次 an earlier start\nready 1\n');
    const late = await spawnService({
      name: 'the bank simulator',
      command: process.execPath,
      args: ['-e', 'setTimeout(() => console.log("ready 2"), 200); setInterval(() => {}, 1000)'],
      logFile,
      readyLine: (line) => /^ready \d$/.exec(line)?.[0],
    });
    await late.stop();
    expect(late.ready).toBe('ready 2');
  });

  it('that ignores a polite end is ended hard', async () => {
    const running = await spawnService({
      name: 'the bank simulator',
      command: process.execPath,
      args: ['-e', 'process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)'],
      logFile,
      readyLine: (line) => line === 'ready' || undefined,
      ending: { signal: 'SIGTERM', graceMs: 100 },
    });
    await running.stop();
    expect(isAlive(running.pid)).toBe(false);
  });
});
