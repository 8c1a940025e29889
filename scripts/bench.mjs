// `npm run bench -- NAME`: runs one of the measurements in scripts/bench, in a clone that may be fresh.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './lib/progress.mjs';
import { root } from './lib/root.mjs';
import { runMain } from './lib/run-main.mjs';
import { setUp } from './setup.mjs';

const USAGE_ERROR = 2;

const [name, ...args] = process.argv.slice(2);
const known = readdirSync(join(root, 'scripts', 'bench')).filter((file) => file.endsWith('.ts'));
if (!known.includes(`${name}.ts`)) {
  say(`which measurement? One of: ${known.map((file) => file.slice(0, -'.ts'.length)).join(', ')}`);
  process.exit(USAGE_ERROR);
}
await setUp();
runMain(`scripts/bench/${name}.js`, args);
