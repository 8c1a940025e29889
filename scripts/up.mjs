// `npm run up`: the engine for daily use, in a clone that may be fresh.
import { runMain } from './lib/run-main.mjs';
import { setUp } from './setup.mjs';

await setUp();
runMain('operator/cli/main.js', ['up', ...process.argv.slice(2)]);
