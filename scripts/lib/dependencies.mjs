import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withProgress } from './progress.mjs';
import { root } from './root.mjs';
import { run } from './run.mjs';

const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');
const stampFile = join(root, 'node_modules', '.settle-lock-sha256');

const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

// After an `npm install` by hand everything is there already, and installing again would only take it away
// from whoever uses it at the moment.
function isInstalled() {
  if (!existsSync(installedFile)) return false;
  const installed = packages(installedFile);
  return Object.entries(packages(lockFile)).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional === true;
  });
}

/** Installs the packages unless those of the lock file are there. Returns whether it installed. */
export async function installDependencies() {
  const sha256 = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sha256) return false;
  const present = isInstalled();
  if (!present) {
    await withProgress('installing packages', () =>
      run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], { cwd: root }),
    );
  }
  writeFileSync(stampFile, sha256);
  return !present;
}
