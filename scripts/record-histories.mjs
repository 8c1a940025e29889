#!/usr/bin/env node
// Records the histories that tests/replay replays: node scripts/record-histories.mjs [VERSION]   (default v3)
// Plays sample regions, for v1 and v2 with their scenario to February 2027, whose calendar nobody has published, and keeps one
// history of each workflow and of each path worth keeping. A released version's histories stay as they are: record a new version
// beside them, and change what a running workflow does only behind `patched` (DESIGN 7).
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { say } from './lib/progress.mjs';
import { root } from './lib/root.mjs';
import { setUp } from './setup.mjs';

/** What each version recorded: file name and case id. */
const WANTED = {
  v1: {
    'prepayment-orderly': 'prepayment/650100/2026',
    'prepayment-rejected-and-redone-payment-retried': 'prepayment/650500/2026',
    'prepayment-time-outs': 'prepayment/650400/2026',
    'prepayment-waits-for-calendar': 'prepayment/650100/2027',
    'return-orderly': 'return/650100/2026-04',
    'return-late': 'return/650400/2026-05',
    'return-missing': 'return/650500/2026-07',
    'return-move-retried': 'return/650500/2026-08',
  },
  v2: {
    'window-orderly': 'window/650100/2026-04',
    'window-payment-retried': 'window/650500/2026-04',
    'window-payment-returned': 'window/650500/2026-07',
    'window-held-and-resumed': 'window/650500/2026-08',
    'window-rejected-and-overdue': 'window/650400/2026-10',
    'window-waits-for-calendar': 'window/650100/2027-01',
    'monitoring-orderly': 'monitoring/650100/2026-04',
    'breach-closed': 'breach/H65050200003/late-reconciliation/2026-05',
    'breach-suspended-and-resumed': 'breach/H65042200001/late-reconciliation/2026-06',
    'enterprise-suspended-and-resumed': 'enterprise/E6504@650500/interview/2026-07',
  },
  v3: {
    'clearing-orderly': 'clearing/321300/2026-Q1',
    'fund-orderly': 'fund/321300/2026-02',
    'fund-payment-left-open': 'fund/321300/2026-01',
    'starter-month': 'starter/321300-recorded',
  },
};

const HOSPITALS_AND_SUPPLIERS = {
  regions: ['650100', '650400', '650500'],
  to: '2027-02',
  scenario: 'rehearsal/sample/scenario.yaml',
};
/** What each version plays; the first quarter of monthly funds is settled and cleared in April. */
const PLAYED = {
  v1: HOSPITALS_AND_SUPPLIERS,
  v2: HOSPITALS_AND_SUPPLIERS,
  v3: { regions: ['321300'], to: '2026-04', scenario: 'tests/replay/v3.yaml' },
};

const version = process.argv[2] ?? 'v3';
const wanted = WANTED[version];
if (!wanted)
  throw new Error(`name one of ${Object.keys(WANTED).join(', ')}, or write down here what a new version records`);
await setUp();
const require = createRequire(join(root, 'package.json'));
const dist = (path) => require(join(root, 'dist', path));
const { historyToJSON } = require('@temporalio/common/lib/proto-utils');
const pino = require('pino');

const sample = join(root, 'rehearsal', 'sample');
const played = PLAYED[version];
const { period } = dist('domain/plain-date.js');
const from = period('2026-01');
const to = period(played.to);

const inputs = await dist('rehearsal/inputs.js').readInputs({
  regions: played.regions.map((region) => join(sample, region)),
  policies: [],
  ...(played.scenario && { scenario: join(root, played.scenario) }),
  provisionalCalendar: false,
  from,
  to: period('2026-12'),
});
const stage = await dist('rehearsal/stage.js').setStage({
  webUi: false,
  // The day of a retry is for the operator: the bank passes it over.
  faults: inputs.scenario.bank,
  progress: say,
});
try {
  const options = { provisionalCalendar: false, seed: 1, log: pino({ level: 'silent' }), progress: () => undefined };
  await dist('rehearsal/rehearse.js').play(options, inputs, stage, from, to);
  if (version === 'v3') await beginMonth(played.regions[0]);
  await record();
} finally {
  await stage.stop();
}

/** What a schedule starts on the first of a month; a rehearsal's conductor starts cases itself. */
async function beginMonth(region) {
  await stage.client.workflow.execute('starter', {
    workflowId: `starter/${region}-recorded`,
    taskQueue: dist('workers/task-queue.js').TASK_QUEUE,
    args: [{ region }],
    workflowExecutionTimeout: '2 minutes',
  });
}

async function record() {
  const directory = join(root, 'tests', 'replay', 'histories', version);
  mkdirSync(directory, { recursive: true });
  for (const [name, caseId] of Object.entries(wanted)) {
    const history = await stage.client.workflow.getHandle(caseId).fetchHistory();
    const { events } = JSON.parse(historyToJSON(history), scrub);
    // One event a line: a change shows as a change.
    const text = `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
    for (const trace of [hostname(), root, process.cwd()])
      if (text.includes(trace)) throw new Error(`${caseId} names this machine: ${trace}`);
    writeFileSync(join(directory, `${name}.json`), text);
    say(`${name}.json: ${caseId}, ${events.length} events, ${Math.round(text.length / 1024)} KB`);
  }
  const strays = readdirSync(directory).filter((file) => !(file.replace(/\.json$/, '') in wanted));
  if (strays.length > 0) say(`not recorded by this script: ${strays.join(', ')}`);
}

/** Nothing of the machine: who ran it, on which queue of its own, where the code lay. */
function scrub(key, value) {
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  if (key === 'name' && typeof value === 'string' && value.includes('@')) return 'sticky';
  return value;
}
