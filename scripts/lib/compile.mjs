import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';

export const outputDirectory = join(root, 'dist');

export const outputOf = (source) => join(outputDirectory, source.replace(/\.tsx?$/, '.js'));

// Whoever loads a file meanwhile sees the old one or the new one, never half of it.
export function writeWhole(file, text) {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

/** Compiles these sources (paths from the root) to CommonJS beside their source maps. */
export async function compile(sources) {
  const { transform } = await import('@swc/core');
  const settings = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));
  delete settings.$schema;
  for (const source of sources) {
    const file = join(root, source);
    const output = outputOf(source);
    const { code, map } = await transform(readFileSync(file, 'utf8'), {
      ...settings,
      jsc: { ...settings.jsc, parser: { ...settings.jsc.parser, tsx: source.endsWith('x') } },
      filename: file,
      sourceFileName: file,
      swcrc: false,
      configFile: false,
    });
    mkdirSync(dirname(output), { recursive: true });
    writeWhole(`${output}.map`, map);
    writeWhole(output, code);
  }
}

/** Removes the outputs of sources that are gone. */
export function removeOutputs(sources) {
  for (const source of sources) {
    for (const file of [outputOf(source), `${outputOf(source)}.map`]) rmSync(file, { force: true });
  }
}
