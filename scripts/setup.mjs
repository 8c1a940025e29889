// Makes a fresh clone ready, and does nothing where it is: packages, compiled sources, the services' programs.
// Runs on bare Node, before anything is installed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installDependencies } from './lib/dependencies.mjs';
import { withLock } from './lib/lock.mjs';
import { isMain, root } from './lib/root.mjs';
import { say } from './lib/progress.mjs';

const OLDEST_NODE = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  say(`Node ${OLDEST_NODE.join('.')} or newer is needed, and this is ${process.versions.node}: see https://nodejs.org`);
  process.exit(1);
}

async function setUpLocked(withServices) {
  await installDependencies();
  // Imported only now, since it needs what has just been installed.
  const { build } = await import('./lib/build.mjs');
  await build();
  if (!withServices) return;
  const require = createRequire(join(root, 'package.json'));
  const services = join(root, 'dist', 'workers', 'services');
  const { preparePostgres } = require(join(services, 'postgres.js'));
  await preparePostgres();
  const temporal = require(join(services, 'temporal-program.js'));
  if (!(await temporal.findTemporal())) {
    const { obtainTemporal } = await import('./lib/temporal.mjs');
    await obtainTemporal(temporal);
  }
  temporal.pruneBuiltServers(temporal.temporalPlaces(), Date.now());
}

/**
 * Makes the clone ready, or ends the process with the reason why that cannot be.
 * `services: false` leaves PostgreSQL's and Temporal's programs out, for those who run neither.
 */
export async function setUp({ services = true } = {}) {
  checkNode();
  try {
    await withLock(join(root, '.settle-setup.lock'), 'another set-up of this clone', () => setUpLocked(services));
  } catch (error) {
    say(`the set-up failed: ${error.message}`);
    if (process.env.SETTLE_DEBUG) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}

if (isMain(import.meta.url)) await setUp();
