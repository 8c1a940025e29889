// `npm run worker`: one worker process for services that run elsewhere, named by the environment.
import { runMain } from './lib/run-main.mjs';
import { setUp } from './setup.mjs';

await setUp({ services: false });
runMain('workers/main.js', process.argv.slice(2));
