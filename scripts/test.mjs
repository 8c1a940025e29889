// `npm test`: the tests, in a clone that may be fresh. Arguments go to jest.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './lib/root.mjs';
import { setUp } from './setup.mjs';

await setUp();
process.chdir(root);
const require = createRequire(join(root, 'package.json'));
process.argv.splice(1, 1, require.resolve('jest/bin/jest'));
process.env.NODE_ENV = 'test';
await require('jest').run(process.argv.slice(2));
