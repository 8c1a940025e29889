import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { temporal as proto } from '@temporalio/proto';
import { startTemporal, type RunningTemporal } from '../../workers/services/temporal';
import { searchAttributes } from '../../workers/services';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';

// `settle namespace setup` against a Temporal server, as on a cluster.

let temporal: RunningTemporal;
beforeAll(async () => {
  temporal = await startTemporal({ mode: 'rehearsal', webUi: false });
}, 120_000);
afterAll(() => temporal?.stop());

const settle = (...argv: string[]): Promise<CliRun> =>
  cli(['namespace', 'setup', ...argv], { env: { TEMPORAL_ADDRESS: temporal.address } });

/** Tries again for a while: a cluster's caches are some seconds behind. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 40; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

const NAMES = Object.keys(searchAttributes());

it('a dry run tells what it would do and creates nothing; a real one does it; the next has nothing to do', async () => {
  const fresh = {
    namespace: 'agency',
    retentionDays: 400,
    created: true,
    retentionDaysBefore: null,
    addedAttributes: NAMES,
  };
  expect(dataOf(await settle('agency', '--dry-run', '--json'))).toEqual({ ...fresh, dryRun: true });
  expect(dataOf(await settle('agency', '--dry-run', '--json'))).toEqual({ ...fresh, dryRun: true });
  expect(dataOf(await settle('agency', '--json'))).toEqual({ ...fresh, dryRun: false });
  expect((await settle('agency')).stdout).toContain('namespace agency is as it should be');
}, 60_000);

it('a retention is changed, and only that', async () => {
  await settle('agency');
  expect(dataOf(await settle('agency', '--retention-days', '500', '--json'))).toMatchObject({
    created: false,
    retentionDaysBefore: 400,
    addedAttributes: [],
  });
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'agency' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(500 * 86_400);
  } finally {
    await connection.close();
  }
}, 60_000);

it('an attribute that is there with another type is refused, and nothing is done', async () => {
  const connection = await Connection.connect({ address: temporal.address });
  const { INDEXED_VALUE_TYPE_INT } = proto.api.enums.v1.IndexedValueType;
  try {
    const period = msToTs(86_400_000);
    await connection.workflowService.registerNamespace({
      namespace: 'other',
      workflowExecutionRetentionPeriod: period,
    });
    await eventually(() =>
      connection.operatorService.addSearchAttributes({
        namespace: 'other',
        searchAttributes: { SettleRegion: INDEXED_VALUE_TYPE_INT },
      }),
    );
    const refused = await eventually(async () => {
      const run = await settle('other', '--json');
      // The attribute takes a moment to be known.
      if (run.exitCode === 0) throw new Error('not refused');
      return run;
    });
    expect(failureOf(refused).error.code).toBe('NamespaceDiffers');
  } finally {
    await connection.close();
  }
}, 60_000);

it('says so where no cluster is named, and where none answers', async () => {
  expect((await cli(['namespace', 'setup', '--json'])).exitCode).toBe(2);
  const nowhere = await cli(['namespace', 'setup', '--json'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  expect(failureOf(nowhere).error.code).toBe('NotRunning');
}, 30_000);
