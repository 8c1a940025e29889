// `npm run bench -- NAME [options]`: runs dist/scripts/bench/NAME.js, in a clone that may be fresh.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './lib/progress.mjs';
import { root } from './lib/root.mjs';
import { runMain } from './lib/run-main.mjs';
import { setUp } from './setup.mjs';

const NAME = /^[a-z][a-z0-9-]*$/;
const [name = '', ...args] = process.argv.slice(2);

// A benchmark starts the services that it measures itself.
await setUp({ services: false });
const main = join('scripts', 'bench', `${name}.js`);
if (NAME.test(name) && existsSync(join(root, 'dist', main))) {
  runMain(main, args);
} else {
  const names = readdirSync(join(root, 'scripts', 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  say(`usage: npm run bench -- NAME [options], where NAME is one of ${names.join(', ')}`);
  process.exitCode = 2;
}
