import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createPolicyBook, parsePolicy, type PolicyBook, type PolicyFile } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';

/**
 * Reads one policy file; its SHA-256 is that of the bytes on disk.
 *
 * @param shownAs name in messages; the path where left out.
 * @throws Refusal `FileMissing` or `PolicyInvalid`
 */
export async function readPolicyFile(path: string, shownAs: string = path): Promise<PolicyFile> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal('FileMissing', `the policy file ${shownAs} cannot be read (${error.code})`, {
      place: { file: shownAs },
    });
  });
  return parsePolicy(decode(bytes, shownAs), shownAs, createHash('sha256').update(bytes).digest('hex'));
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('PolicyInvalid', `${file}: not UTF-8; policy files are`, { place: { file } });
  }
}

/** All policy files (`*.yaml`) of a folder, in the order of their names. */
export async function readPolicyFolder(directory: string): Promise<PolicyFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal('FileMissing', `the policy folder ${directory} cannot be read (${error.code})`, {
      place: { file: directory },
    });
  });
  const names = entries.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name)).map(({ name }) => name);
  return Promise.all(names.sort().map((name) => readPolicyFile(join(directory, name), basename(name))));
}

/**
 * The published policies together with files that a command names. A named file with the very bytes of a published one
 * is that one; any other is a further version or policy.
 *
 * @throws Refusal `PolicyInvalid` when versions overlap or leave a gap.
 */
export async function loadPolicyBook(directory: string, files: readonly string[] = []): Promise<PolicyBook> {
  const published = await readPolicyFolder(directory);
  const named = await Promise.all(files.map((path) => readPolicyFile(path)));
  const known = new Map([...published, ...named].reverse().map((file) => [file.sha256, file]));
  return createPolicyBook([...known.values()]);
}
