// Gets a Temporal server where none is there yet: downloads Temporal's command line tool, or else builds the
// module in temporal-config/server.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.mjs';
import { say, withProgress } from './progress.mjs';
import { run } from './run.mjs';

const execute = promisify(execFile);

const ANSWER_WITHIN_MS = 5_000;
const DOWNLOAD_WITHIN_MS = 180_000;
const DOWNLOAD_PLATFORMS = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const DOWNLOAD_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/** Lets `fill` make `file` in a directory of its own, and puts that in place whole. */
async function putInPlace(file, fill) {
  const target = dirname(file);
  mkdirSync(dirname(target), { recursive: true });
  const partial = mkdtempSync(`${target}.partial-`);
  try {
    await fill(join(partial, basename(file)), partial);
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function fetchWithin(url, answerWithinMs) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error('no answer')), answerWithinMs);
  try {
    const response = await fetch(url, { signal: patience.signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

// The address that the Temporal SDK's own test environment asks.
async function download(file, isNewEnough) {
  const platform = DOWNLOAD_PLATFORMS[process.platform];
  const arch = DOWNLOAD_ARCHITECTURES[process.arch];
  if (!platform || !arch) throw new Error(`there is none for ${process.platform} ${process.arch}`);
  const query = new URLSearchParams({ platform, arch, format: 'tar.gz' });
  const info = await (await fetchWithin(`https://temporal.download/cli/latest?${query}`, ANSWER_WITHIN_MS)).json();
  const archive = await (await fetchWithin(info.archiveUrl, DOWNLOAD_WITHIN_MS)).arrayBuffer();
  await putInPlace(file, async (program, directory) => {
    const packed = join(directory, 'archive.tar.gz');
    writeFileSync(packed, Buffer.from(archive));
    await execute('tar', ['-xzf', packed, '-C', directory]);
    rmSync(packed);
    if (info.fileToExtract !== basename(program)) renameSync(join(directory, info.fileToExtract), program);
    const { stdout } = await execute(program, ['--version']);
    if (!isNewEnough(stdout)) throw new Error(`it is too old: ${stdout.trim()}`);
  });
}

async function checkGo() {
  try {
    await execute('go', ['version']);
  } catch {
    throw new Error(
      'no Temporal server: install the Temporal command line tool with server 1.32 or newer as `temporal` on PATH ' +
        '(https://docs.temporal.io/cli), or Go 1.26.8 or newer, with which one is built here',
    );
  }
}

async function build(sources, file) {
  await checkGo();
  const message = 'building the Temporal server (once for this machine; 4 to 7 minutes on 2 cores)';
  await withProgress(message, (at) =>
    putInPlace(file, (program) => {
      let packages = 0;
      const onLine = (line) => {
        const downloading = /^go: downloading (\S+)/.exec(line);
        if (!downloading) packages += 1;
        at(downloading ? `downloading ${downloading[1]}` : `${packages} packages compiled, now ${line.trim()}`);
      };
      const flags = ['-v', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w'];
      return run('go', ['build', ...flags, '-o', program, '.'], { cwd: sources, onLine });
    }),
  );
}

/**
 * Downloads or builds a Temporal server. One at a time on a machine: another clone's is used once it is there.
 * `program` is the compiled workers/services/temporal-program.
 */
export async function obtainTemporal(program) {
  const { cache, downloaded, built, sources } = program.temporalPlaces();
  await withLock(join(cache, 'temporal.lock'), 'another clone that gets a Temporal server', async () => {
    if (await program.findTemporal()) return;
    try {
      await withProgress('downloading the Temporal server', () => download(downloaded, program.isNewEnough));
    } catch (error) {
      say(`the Temporal server cannot be downloaded (${error.cause?.code ?? error.message})`);
      await build(sources, built);
    }
  });
}
