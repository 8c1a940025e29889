import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import { Refusal } from '../../domain/refusal';
import { createDirectoryBank } from './directory/directory-bank';
import { createHttpBank } from './http-bank';
import type { Bank, MessageLimits } from './port';

/** The bank as a URL: `http(s):` for its services, `file:` for the directories that are shared with it. */
export type BankUrl = string;

/**
 * The bank that the environment names: `SETTLE_BANK_URL`, or `SETTLE_BANK_DIRECTORY`; undefined without either.
 *
 * @throws Refusal `UsageInvalid` for both: a message must have one way to the bank
 */
export function bankUrlOf(env: NodeJS.ProcessEnv): BankUrl | undefined {
  const { SETTLE_BANK_URL: url, SETTLE_BANK_DIRECTORY: directory } = env;
  if (url && directory)
    throw new Refusal('UsageInvalid', 'SETTLE_BANK_URL and SETTLE_BANK_DIRECTORY are both set: keep one of them');
  if (directory) return pathToFileURL(resolve(directory)).href;
  return url || undefined;
}

/** The directory of a bank that is reached over files; undefined for one over HTTP. */
export function bankDirectoryOf(url: BankUrl): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}

/** Connects to the bank, whichever way it is reached. Nothing is opened until it is used. */
export function createBank(options: { url: BankUrl; timeoutMs: number; limits?: MessageLimits; log: Logger }): Bank {
  const { url, ...rest } = options;
  const directory = bankDirectoryOf(url);
  return directory === undefined
    ? createHttpBank({ ...rest, baseUrl: url })
    : createDirectoryBank({ ...rest, directory });
}
