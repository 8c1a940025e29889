// Compiles the sources to dist/, and bundles the workflows for the worker; each only where something changed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compile, outputDirectory, outputOf, removeOutputs, writeWhole } from './compile.mjs';
import { withProgress } from './progress.mjs';
import { root } from './root.mjs';
import { sha256, sourceHashes } from './sources.mjs';

const manifestFile = join(outputDirectory, '.build.json');
const bundleFile = join(outputDirectory, 'workflow-bundle.js');
const workflowsEntry = 'workflows/index.ts';

const readText = (path) => readFileSync(join(root, path), 'utf8');

function readManifest() {
  if (!existsSync(manifestFile)) return { sources: {} };
  return JSON.parse(readFileSync(manifestFile, 'utf8'));
}

// What a compiled file depends on besides its source.
function compilerHash() {
  return sha256(readText('.swcrc'), readText('scripts/lib/compile.mjs'), JSON.stringify(installedVersion('@swc/core')));
}

function installedVersion(name) {
  return JSON.parse(readText('package-lock.json')).packages[`node_modules/${name}`].version;
}

// The bundle holds the workflows and what they may import: the domain and libraries.
function bundleHash(sources) {
  const parts = [...sources].filter(([path]) => /^(workflows|domain)\//.test(path)).flat();
  return sha256(readText('scripts/lib/build.mjs'), readText('package-lock.json'), ...parts);
}

async function bundleWorkflows() {
  const require = createRequire(join(root, 'package.json'));
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: outputOf(workflowsEntry), logger: quiet });
  writeWhole(bundleFile, code);
}

/** Brings dist/ up to date. Returns whether there was anything to do. */
export async function build() {
  const before = readManifest();
  const sources = sourceHashes();
  const compiler = compilerHash();
  if (before.compiler !== compiler) {
    rmSync(outputDirectory, { recursive: true, force: true });
    before.sources = {};
  }
  mkdirSync(outputDirectory, { recursive: true });
  const changed = [...sources.keys()].filter(
    (path) => before.sources[path] !== sources.get(path) || !existsSync(outputOf(path)),
  );
  const gone = Object.keys(before.sources).filter((path) => !sources.has(path));
  removeOutputs(gone);
  if (changed.length > 0) await withProgress(`compiling ${changed.length} files`, () => compile(changed));
  const bundle = sources.has(workflowsEntry) ? bundleHash(sources) : undefined;
  const bundles = bundle !== undefined && (before.bundle !== bundle || !existsSync(bundleFile));
  if (bundles) await withProgress('bundling the workflows', bundleWorkflows);
  const done = changed.length > 0 || gone.length > 0 || bundles;
  if (done) writeWhole(manifestFile, JSON.stringify({ compiler, bundle, sources: Object.fromEntries(sources) }));
  return done;
}
