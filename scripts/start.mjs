// `npm start`: the main job, which rehearses the sample regions.
import { runMain } from './lib/run-main.mjs';
import { setUp } from './setup.mjs';

await setUp();
runMain('operator/cli/main.js', ['start', ...process.argv.slice(2)]);
