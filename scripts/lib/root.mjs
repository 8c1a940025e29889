import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Directory of the clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether the module at this URL is the one that Node was asked to run. */
export const isMain = (url) => realpathSync(process.argv[1]) === fileURLToPath(url);
