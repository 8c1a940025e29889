import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { createDirectoryBank } from '../../activities/bank/directory/directory-bank';
import { createHttpBank } from '../../activities/bank/http-bank';
import type { Bank } from '../../activities/bank/port';
import type { Transport } from './bank-process';

export type Body = string | Buffer;

/** What a bank says to each message; where it says nothing, the connection breaks, or no file comes. */
export interface Script {
  pain001?: () => Body | undefined;
  pacs028?: () => Body | undefined;
  /** What it tells of bookings with its answer to a question; undefined where nothing is booked. */
  camt054?: () => Body | undefined;
  camt053?: () => Body | undefined;
}

export interface ScriptedBank {
  bank: Bank;
  /** Messages that came, in order: `pain.001`, `pacs.028`, `camt.053`. */
  seen: string[];
  dispose(): Promise<void>;
}

const log = pino({ level: 'silent' });

/** A bank that says exactly what it is told to, over either transport. */
export async function startScriptedBank(
  transport: Transport,
  script: Script,
  timeoutMs: number,
): Promise<ScriptedBank> {
  return transport === 'HTTP' ? overHttp(script, timeoutMs) : overDirectories(script, timeoutMs);
}

async function overHttp(script: Script, timeoutMs: number): Promise<ScriptedBank> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const service = request.url!.slice(1).split('?')[0] as keyof Script;
    const name = service.replace(/(\d{3})$/, '.$1');
    if (service !== 'camt054') seen.push(name);
    request.resume().on('end', () => {
      const body = script[service]?.();
      if (body !== undefined) response.end(body);
      else if (service === 'camt054') response.writeHead(204).end();
      else request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    bank: createHttpBank({ baseUrl, timeoutMs, log }),
    seen,
    dispose: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function overDirectories(script: Script, timeoutMs: number): Promise<ScriptedBank> {
  const directory = makeBankDirectory();
  const seen: string[] = [];
  const ending = new AbortController();
  let count = 0;
  const drop = (body: Body | undefined): void => {
    if (body !== undefined) putFile(directory, `from-the-bank-${(count += 1)}.xml`, body);
  };
  const running = (async () => {
    while (!ending.signal.aborted) {
      for (const name of filesIn(directory, 'outbox')) {
        const path = join(directory, 'outbox', name);
        const message = /<Document xmlns="[^"]*xsd:(\w{4}\.\d{3})/.exec(readFileSync(path, 'utf8'))![1]!;
        seen.push(message === 'camt.060' ? 'camt.053' : message);
        if (message === 'pain.001') drop(script.pain001?.());
        if (message === 'pacs.028') {
          drop(script.camt054?.());
          drop(script.pacs028?.());
        }
        if (message === 'camt.060') drop(script.camt053?.());
        rmSync(path);
      }
      await pause(20);
    }
  })();
  return {
    bank: createDirectoryBank({ directory, timeoutMs, quietMs: 200, log }),
    seen,
    dispose: async () => {
      ending.abort();
      await running;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A new directory with an empty outbox and inbox. */
export function makeBankDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), '银行 bank-'));
  for (const name of ['outbox', 'inbox']) mkdirSync(join(directory, name));
  return directory;
}

/** As a bank puts it into the inbox: whole, or not there. */
export function putFile(directory: string, name: string, body: Body): void {
  const partial = join(directory, 'inbox', `.${name}.partial`);
  writeFileSync(partial, body);
  renameSync(partial, join(directory, 'inbox', name));
}

/** Names of finished files, sorted. */
export function filesIn(directory: string, ...path: string[]): string[] {
  return readdirSync(join(directory, ...path))
    .filter((name) => !name.startsWith('.'))
    .sort();
}
