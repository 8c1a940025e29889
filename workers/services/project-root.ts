import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Directory of the clone. Found by walking up, since this file runs both from the sources (tests) and from
 * `dist/` (everything else).
 */
export function projectRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'package-lock.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no project around ${__dirname}`);
    directory = parent;
  }
  return directory;
}
