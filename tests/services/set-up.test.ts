import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { projectRoot } from '../../workers/services';

const run = promisify(execFile);
const script = (name: string): string => join(projectRoot(), 'scripts', name);

describe('a set-up with nothing to do', () => {
  it('says nothing', async () => {
    await run(process.execPath, [script('setup.mjs')]);
    const { stdout, stderr } = await run(process.execPath, [script('setup.mjs')]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});

describe('the lock of a set-up', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'settle-lock-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const holder = (work: string): string[] => [
    '--input-type=module',
    '-e',
    `import { appendFileSync } from 'node:fs';
     import { withLock } from ${JSON.stringify(pathToFileURL(script('lib/lock.mjs')).href)};
     const log = (text) => appendFileSync(${JSON.stringify(join(directory, 'log'))}, text);
     const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     await withLock(${JSON.stringify(join(directory, 'lock'))}, 'the other one', async () => { ${work} });`,
  ];

  it('lets one in at a time', async () => {
    const work = "log('in '); await pause(50); log('out ');";
    await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, holder(work))));
    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('in out '.repeat(4));
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('is taken over from a holder that was killed', async () => {
    const killed = spawn(process.execPath, holder("log('held '); process.kill(process.pid, 'SIGKILL');"));
    await once(killed, 'exit');
    expect(existsSync(join(directory, 'lock'))).toBe(true);
    await run(process.execPath, holder("log('taken over');"));
    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('held taken over');
  });

  it('is given back when the work fails', async () => {
    await expect(run(process.execPath, holder("throw new Error('disk full');"))).rejects.toThrow('disk full');
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });
});

describe('the guard', () => {
  it('removes what it was told to and ends what still runs when its input ends', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'settle-guarded-'));
    writeFileSync(join(directory, 'file'), '');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
    const guard = spawn(process.execPath, [script('guard.mjs')], { stdio: ['pipe', 'ignore', 'inherit'] });
    guard.stdin.write(`${JSON.stringify({ discard: directory })}\n`);
    guard.stdin.end(`${JSON.stringify({ add: child.pid, signal: 'SIGTERM', graceMs: 1_000 })}\n`);
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    await once(guard, 'exit');
    expect(signal).toBe('SIGTERM');
    expect(existsSync(directory)).toBe(false);
  });
});
