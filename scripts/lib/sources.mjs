import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const COMPILED = ['domain', 'workflows', 'activities', 'db', 'workers', 'operator', 'rehearsal', 'scripts'];
const IS_SOURCE = /(?<!\.d)\.tsx?$/;
// Dependencies of a folder's own, and sample data, are no sources.
const SKIPPED = new Set(['node_modules', 'sample']);

function filesUnder(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesUnder(path);
    return IS_SOURCE.test(entry.name) ? [path] : [];
  });
}

export const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

/** Every source file that goes to `dist/`, by its path from the root, with the hash of its content. */
export function sourceHashes() {
  const paths = COMPILED.filter((directory) => existsSync(join(root, directory))).flatMap(filesUnder);
  return new Map(paths.sort().map((path) => [path, sha256(readFileSync(join(root, path)))]));
}
