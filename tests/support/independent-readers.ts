import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Readers of bank messages that are not this engine's: PyPI's `pyiso20022` (through `xsdata`), and the schema of
 * pain.001.001.09 that PyPI's `sepaxml` carries, with `lxml`. Fetched with pip into a cache when a test first asks for them.
 */
const PACKAGES = ['pyiso20022==1.6.2', 'xsdata==26.10', 'lxml==6.1.3'];
/** Alone: its schema is data, and what it needs to make messages itself is not. */
const SCHEMA_PACKAGE = 'sepaxml==2.7.0';
const PROGRAM = join(__dirname, 'independent-reader.py');
const CACHE = join(__dirname, '..', '..', 'node_modules', '.cache', 'settle-independent-readers');
const INSTALL_WITHIN_MS = 150_000;

export type ReaderRequest =
  | { do: 'validate' | 'read'; message: string; xml: string }
  | { do: 'write'; message: string; content: object; prefix?: string };

export interface IndependentReaders {
  /** What each request gives, in their order; an error is what the reader says of a message it refuses. */
  ask(...requests: ReaderRequest[]): { result?: unknown; error?: string }[];
}

function run(args: readonly string[], options: { input?: string; pythonPath?: string; timeoutMs: number }) {
  return spawnSync('python3', [...args], {
    encoding: 'utf8',
    input: options.input ?? '',
    timeout: options.timeoutMs,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...(options.pythonPath && { PYTHONPATH: options.pythonPath }) },
  });
}

function install(directory: string): string | undefined {
  mkdirSync(CACHE, { recursive: true });
  const partial = mkdtempSync(join(CACHE, 'partial-'));
  const pip = (...args: string[]) =>
    run(['-m', 'pip', 'install', '--quiet', '--retries', '1', '--timeout', '15', '--target', partial, ...args], {
      timeoutMs: INSTALL_WITHIN_MS,
    });
  try {
    for (const result of [pip('--no-deps', SCHEMA_PACKAGE), pip(...PACKAGES)])
      if (result.status !== 0)
        return (result.stderr || result.error?.message || 'pip failed').trim().split('\n').at(-1);
    // Another test run may have been faster; its directory is as good.
    if (!existsSync(directory)) renameSync(partial, directory);
    return undefined;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** The readers, or why they cannot be had on this machine. */
export function independentReaders(): IndependentReaders | { missing: string } {
  const version = run(['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { timeoutMs: 10_000 });
  if (version.status !== 0) return { missing: 'there is no python3' };
  const directory = join(CACHE, `python-${version.stdout.trim()}`);
  if (!existsSync(directory)) {
    const failure = install(directory);
    if (failure !== undefined) return { missing: `pip cannot fetch the packages: ${failure}` };
  }
  return {
    ask(...requests) {
      const { status, stdout, stderr } = run([PROGRAM], {
        input: JSON.stringify(requests),
        pythonPath: directory,
        timeoutMs: 60_000,
      });
      if (status !== 0) throw new Error(`the independent readers failed: ${stderr}`);
      return JSON.parse(stdout) as { result?: unknown; error?: string }[];
    },
  };
}
