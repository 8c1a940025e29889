import { Module } from 'node:module';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Goes on as `node dist/<main> ...args`, in this process, so that signals and exit codes need no forwarding. */
export function runMain(main, args) {
  process.argv.splice(1, process.argv.length, join(root, 'dist', main), ...args);
  Module.runMain();
}
