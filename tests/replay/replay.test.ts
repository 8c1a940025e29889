import { readdirSync, readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import pino from 'pino';
import { projectRoot } from '../../workers/services';
import { installTemporalLogger } from '../../workers/temporal-logger';

// Histories of real runs, recorded by scripts/record-histories.mjs: what is running keeps running when its code changes
// (DESIGN 7). `npm test` builds the bundle that is replayed.

const HISTORIES = join(__dirname, 'histories');
const BUNDLE = join(projectRoot(), 'dist', 'workflow-bundle.js');

beforeAll(() => installTemporalLogger(pino({ level: 'silent' })));

interface HistoryJson {
  events: Record<string, unknown>[];
}

const recorded = readdirSync(HISTORIES).flatMap((version) =>
  readdirSync(join(HISTORIES, version)).map((file) => `${version}/${file}`),
);

function historyOf(file: string): HistoryJson {
  return JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as HistoryJson;
}

/** What goes wrong when workflows of a bundle are replayed from histories, by file. */
async function replay(
  histories: Record<string, HistoryJson>,
  bundle = BUNDLE,
): Promise<Map<string, Error | undefined>> {
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: bundle } },
    Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history })),
  );
  const errors = new Map<string, Error | undefined>();
  for await (const { workflowId, error } of results) errors.set(workflowId, error);
  return errors;
}

const typesOf = (file: string): string[] =>
  historyOf(file).events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled ? [(scheduled as { activityType: { name: string } }).activityType.name] : [],
  );

const workflowTypeOf = (file: string): string => {
  const { workflowExecutionStartedEventAttributes: started } = historyOf(file).events[0]!;
  return (started as { workflowType: { name: string } }).workflowType.name;
};

describe('histories of real runs', () => {
  it('there is one of every workflow and path', () => {
    expect(recorded.filter((file) => file.startsWith('v1/'))).toEqual([
      'v1/prepayment-orderly.json',
      'v1/prepayment-rejected-and-redone-payment-retried.json',
      'v1/prepayment-time-outs.json',
      'v1/prepayment-waits-for-calendar.json',
      'v1/return-late.json',
      'v1/return-missing.json',
      'v1/return-move-retried.json',
      'v1/return-orderly.json',
    ]);
    const redone = typesOf('v1/prepayment-rejected-and-redone-payment-retried.json');
    expect(redone.filter((type) => type === 'prepareDisbursement')).toHaveLength(2);
    expect(redone).toContain('applyOperatorAction');
  });

  it('there is one of every way in which a window, a breach and an enterprise case goes', () => {
    expect(recorded.filter((file) => file.startsWith('v2/'))).toEqual([
      'v2/breach-closed.json',
      'v2/breach-suspended-and-resumed.json',
      'v2/enterprise-suspended-and-resumed.json',
      'v2/monitoring-orderly.json',
      'v2/window-held-and-resumed.json',
      'v2/window-orderly.json',
      'v2/window-payment-retried.json',
      'v2/window-payment-returned.json',
      'v2/window-rejected-and-overdue.json',
      'v2/window-waits-for-calendar.json',
    ]);
    expect(typesOf('v2/window-held-and-resumed.json')).toEqual(
      expect.arrayContaining(['closeApplications', 'closeConfirmations', 'noticeOverdueWindow', 'resumeHeldPayments']),
    );
    expect(typesOf('v2/window-orderly.json')).not.toContain('noticeOverdueWindow');
    expect(typesOf('v2/window-rejected-and-overdue.json').filter((type) => type === 'prepareWindowBatch')).toHaveLength(
      2,
    );
  });

  it('there is one of a month of funds, of its clearing and of what a schedule starts', () => {
    expect(recorded.filter((file) => file.startsWith('v3/'))).toEqual([
      'v3/clearing-orderly.json',
      'v3/fund-orderly.json',
      'v3/fund-payment-left-open.json',
      'v3/starter-month.json',
    ]);
    expect(typesOf('v3/fund-orderly.json').filter((type) => type === 'prepareFund')).toHaveLength(2);
    expect(typesOf('v3/clearing-orderly.json')).toContain('signClearing');
    // Its last look is over, and it tells that only the operator is waited for.
    const { events } = historyOf('v3/fund-payment-left-open.json');
    const types = events.map(({ eventType }) => eventType);
    expect(types).not.toContain('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect(types.slice(types.lastIndexOf('EVENT_TYPE_ACTIVITY_TASK_COMPLETED'))).toContain(
      'EVENT_TYPE_MARKER_RECORDED',
    );
  });

  it('no workflow is without one that takes longer than a single step', () => {
    const index = readFileSync(join(projectRoot(), 'workflows', 'index.ts'), 'utf8');
    const exported = [...index.matchAll(/^export \{ (\w+) \}/gm)].map(([, name]) => name!);
    expect(exported.length).toBeGreaterThan(5);
    const kept = new Set(recorded.map(workflowTypeOf));
    expect(exported.filter((name) => !kept.has(name))).toEqual(['documentsRun']);
  });

  it('they replay without a difference', async () => {
    const errors = await replay(Object.fromEntries(recorded.map((file) => [file, historyOf(file)])));
    expect([...errors.keys()].sort()).toEqual([...recorded].sort());
    expect([...errors].filter(([, error]) => error)).toEqual([]);
  }, 180_000);

  it('they name no machine', () => {
    for (const file of recorded) {
      const text = readFileSync(join(HISTORIES, file), 'utf8');
      expect(text).not.toMatch(/"\d+@|node_modules|\/tmp\/|file:\/\//);
    }
  });
});

describe('the replay finds what must not change', () => {
  it('a history in which another step was taken fails', async () => {
    const tampered = historyOf('v1/prepayment-orderly.json');
    const scheduled = tampered.events
      .map((event) => event['activityTaskScheduledEventAttributes'] as { activityType: { name: string } } | undefined)
      .find((attributes) => attributes?.activityType.name === 'prepareDisbursement');
    scheduled!.activityType.name = 'askBank';
    const errors = await replay({ tampered });
    expect(errors.get('tampered')).toBeInstanceOf(DeterminismViolationError);
    expect(errors.get('tampered')!.message).toMatch(/[Nn]ondeterminism/);
  });

  it('workflows that ask the bank before they send fail', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'settle-replay-'));
    try {
      const code = readFileSync(BUNDLE, 'utf8');
      const altered = code.replaceAll('work.sendReleasedPayments(', 'work.askBank(');
      expect(altered).not.toBe(code);
      const bundle = join(directory, 'workflow-bundle.js');
      writeFileSync(bundle, altered);
      const errors = await replay({ paid: historyOf('v1/prepayment-orderly.json') }, bundle);
      expect(errors.get('paid')).toBeInstanceOf(DeterminismViolationError);
      // A history that never came to the bank knows no difference.
      const waiting = await replay({ waiting: historyOf('v1/prepayment-waits-for-calendar.json') }, bundle);
      expect(waiting.get('waiting')).toBeUndefined();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
