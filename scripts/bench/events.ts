import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporal } from '@temporalio/proto';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse } from '../../rehearsal/rehearse';
import type { Stage } from '../../rehearsal/stage';
import { createLogger } from '../../workers/logging';

/** What moving a clock leaves in a history; a case on a real calendar has none of it. */
const { EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED, EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED } =
  temporal.api.enums.v1.EventType;
const TIME_SKIPPING: readonly number[] = [
  EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
  EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
];

interface Measured {
  institutions: number;
  seconds: number;
  /** Resident memory of the worker at its highest, in MB. */
  workerMb: number;
  cases: Map<string, number>;
}

/**
 * `npm run bench -- events [--institutions 10,1000] [--json]`: a year of a made-up region of each size, and how many
 * events each kind of workflow has. They must not grow with the number of institutions.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { institutions: { type: 'string', default: '10,1000' }, json: { type: 'boolean', default: false } },
  });
  const measured: Measured[] = [];
  for (const size of values.institutions.split(',')) measured.push(await measure(Number(size)));
  const kinds = [...new Set(measured.flatMap(({ cases }) => [...cases.keys()]))].sort();
  if (values.json) {
    const rows = measured.map(({ cases, ...rest }) => ({ ...rest, events: Object.fromEntries(cases) }));
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
    return;
  }
  const line = (title: string, of: (each: Measured) => string): string =>
    `${title.padEnd(34)}${measured.map((each) => of(each).padStart(14)).join('')}\n`;
  process.stdout.write(line('institutions', ({ institutions }) => String(institutions)));
  for (const kind of kinds) process.stdout.write(line(`events, ${kind}`, ({ cases }) => String(cases.get(kind) ?? 0)));
  process.stdout.write(line('seconds for the year', ({ seconds }) => seconds.toFixed(1)));
  process.stdout.write(line('worker, MB at its highest', ({ workerMb }) => String(workerMb)));
}

async function measure(institutions: number): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'settle-bench-'));
  const cases = new Map<string, number>();
  let workerMb = 0;
  try {
    await writeRegionFolder(directory, makeRegion({ code: '650400', institutions, seed: 1 }));
    const startedAt = performance.now();
    const result = await rehearse({
      regions: [directory],
      from: '2026-01',
      to: '2026-12',
      policies: [],
      seed: 1,
      provisionalCalendar: false,
      documents: false,
      webUi: false,
      progress: ({ kind, ...event }) => {
        if (kind === 'phase')
          process.stderr.write(`${institutions} institutions: ${(event as { message: string }).message}\n`);
      },
      inspect: async (stage) => {
        workerMb = peakMemoryMb(stage.workerPid);
        for (const [caseId, events] of await eventsOf(stage)) cases.set(caseId, events);
      },
      log: createLogger('bench', { level: 'error' }),
    });
    if (!result.ok) throw new Error('an invariant does not hold');
    return { institutions, seconds: (performance.now() - startedAt) / 1_000, workerMb, cases };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** VmHWM is the kernel's own mark of the highest resident size; it is there on Linux only. */
function peakMemoryMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1_024);
}

async function eventsOf({ db, client }: Stage): Promise<Map<string, number>> {
  const events = new Map<string, number>();
  for (const { case_id: caseId } of await db('settle.cases')
    .orderBy('case_id')
    .select<{ case_id: string }[]>('case_id')) {
    const history = await client.workflow.getHandle(caseId).fetchHistory();
    const own = (history.events ?? []).filter(({ eventType }) => !TIME_SKIPPING.includes(eventType ?? 0));
    events.set(caseId, own.length);
  }
  return events;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
