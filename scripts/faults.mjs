// `npm run faults`: every process of daily use killed hard in the middle of a batch of 200 payments, one after the other.
// Arguments go to jest. With all other tests only the worker is killed.
process.env.SETTLE_KILL_EVERY = '1';
process.argv.splice(2, 0, 'tests/services/kill-in-batch.test.ts');
await import('./test.mjs');
