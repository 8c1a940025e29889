import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { watchDirectory } from './directory';
import { readFaults } from './faults';
import { createBankServer } from './server';
import { openBankStore } from './store';

/**
 * The bank simulator as a process of its own:
 * `node main.js --data DIR [--port 0] [--directory DIR] [--faults FILE] [--no-fsync] [--exit-on-stdin-close]`.
 * With a directory it also takes and answers files there. It listens on the loopback address only and prints one JSON line, `{"url": "http://127.0.0.1:4711"}`, when it is ready.
 */
function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '0' },
      directory: { type: 'string' },
      faults: { type: 'string' },
      'no-fsync': { type: 'boolean', default: false },
      'exit-on-stdin-close': { type: 'boolean', default: false },
    },
  });
  if (values.data === undefined) throw new Error('--data DIR is missing');
  const log = pino({ name: 'bank-simulator', level: process.env['SETTLE_LOG_LEVEL'] ?? 'warn' }, pino.destination(2));
  const faults = values.faults === undefined ? [] : readFaults(values.faults);
  const store = openBankStore(values.data, faults, { fsync: !values['no-fsync'] });
  const server = createBankServer({ store, log });

  const ending = new AbortController();
  const { signal } = ending;
  const watching =
    values.directory === undefined ? undefined : watchDirectory(values.directory, { store, log, signal });

  const stop = (): void => {
    ending.abort();
    server.close(() => {
      void Promise.resolve(watching).then(() => {
        store.close();
        process.exit(0);
      });
    });
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (values['exit-on-stdin-close']) process.stdin.on('end', stop).on('error', stop).resume();

  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(Number(values.port), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
  });
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
