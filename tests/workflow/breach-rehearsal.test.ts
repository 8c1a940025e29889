import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse } from '../../rehearsal/rehearse';
import type { Summary, TimelineRow } from '../../rehearsal/summary';
import { regionOf } from '../support/stage';

// Nine months of a region with two hospitals, each prepaid 1,000.00 and returning 100.00 a month; every day below is counted
// by hand (新医保发〔2025〕50号 五; DESIGN 5.5, 5.6, 8).

const [FIRST, SECOND] = ['H65075100001', 'H65075100002'] as const;
const SCENARIO = `
institutions:
  ${FIRST}:
    confirm: { 2026-04: never }
    return: { 2026-07: never }
    correct: { prepayment-not-returned/2026-07: 2026-09-10 }
  ${SECOND}:
    confirm: { 2026-04: never, 2026-07: never }
    topUp: { 2026-06: never }
    correct: { not-settled/2026-06: 2026-07-25 }
    forceMajeure: { late-reconciliation/2026-04: '示例：洪水,证据12' }
enterprises:
  E0001: { finding: { 2026-07: refused }, performsOn: 2026-09-03 }
`;
const LINES =
  'line,order,institution,enterprise,drug,category,kind,quantity,unit_price,amount,received_on,applied_on,verified_by\n';
const line = (id: string, institution: string, month: string, yuan: string): string =>
  `${id},示例订单,${institution},E0001,示例药品,vbp-national,delivery,1,${yuan},${yuan},${month}-01,${month}-03,both\n`;

let summary: Summary;
let timeline: TimelineRow[];

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'settle 违约-'));
  try {
    const folder = join(directory, 'region');
    const hospitals = [FIRST, SECOND].map((institution) => ({ institution, baseFen: 200_000n }));
    const region = regionOf('650751', hospitals, { budgets: { employee: 200_000n } });
    const enterprises = ['E0001', 'E0002'].map((enterprise) => ({
      enterprise,
      name: `示例医药${enterprise}`,
      account: `000065075188${enterprise}`,
      bankCode: '650751000009',
    }));
    await writeRegionFolder(folder, { ...region, enterprises });
    const april = line('L1', FIRST, '2026-04', '300.00') + line('L2', SECOND, '2026-04', '500.00');
    writeFileSync(join(folder, 'applications-2026-04.csv'), LINES + april);
    writeFileSync(join(folder, 'applications-2026-06.csv'), LINES + line('L3', SECOND, '2026-06', '900.00'));
    const supply = 'enterprise,orders,responded,ordered_quantity,delivered_quantity\n';
    writeFileSync(join(folder, 'supply-2026-07.csv'), `${supply}E0001,10,10,10,10\nE0002,10,8,100,79.9999\n`);
    writeFileSync(join(directory, 'scenario.yaml'), SCENARIO);
    const result = await rehearse({
      regions: [folder],
      from: '2026-01',
      to: '2026-09',
      policies: [],
      scenario: join(directory, 'scenario.yaml'),
      seed: 1,
      provisionalCalendar: false,
      documents: false,
      webUi: false,
      progress: () => undefined,
      log: pino({ level: 'silent' }),
    });
    summary = result.summaries[0]!;
    timeline = result.timelines[0]!;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 240_000);

it('breaches have their notice, deadline, correction and suspension; force majeure leaves none', () => {
  const never = { suspendedFrom: null, resumedOn: null };
  expect(summary.breaches).toEqual([
    {
      institution: FIRST,
      kind: 'late-reconciliation',
      period: '2026-04',
      noticeOn: '2026-05-06',
      deadline: '2026-05-19',
      correctedOn: '2026-05-10',
      ...never,
      state: 'closed',
    },
    {
      institution: FIRST,
      kind: 'prepayment-not-returned',
      period: '2026-07',
      noticeOn: '2026-08-03',
      deadline: '2026-08-17',
      correctedOn: '2026-09-10',
      suspendedFrom: '2026-09-01',
      resumedOn: '2026-09-10',
      state: 'resumed',
    },
    {
      institution: SECOND,
      kind: 'late-reconciliation',
      period: '2026-07',
      noticeOn: '2026-08-03',
      deadline: '2026-08-17',
      correctedOn: '2026-08-10',
      ...never,
      state: 'closed',
    },
    {
      institution: SECOND,
      kind: 'not-settled',
      period: '2026-06',
      noticeOn: '2026-07-01',
      deadline: '2026-07-15',
      correctedOn: '2026-07-25',
      ...never,
      state: 'closed',
    },
  ]);
});

it('an enterprise that refuses is suspended from the day after the deadline until it performs, and one that delivers too little is warned', () => {
  expect(summary.enterpriseCases).toEqual([
    {
      enterprise: 'E0001',
      kind: 'interview',
      period: '2026-07',
      openedOn: '2026-08-03',
      deadline: '2026-08-17',
      closedOn: '2026-09-03',
      state: 'resumed',
    },
    {
      enterprise: 'E0002',
      kind: 'risk-warning',
      period: '2026-07',
      openedOn: '2026-08-03',
      deadline: null,
      closedOn: '2026-08-03',
      state: 'closed',
    },
  ]);
});

it('what was to be paid to a suspended enterprise on 2026-08-21 is paid with the next run, on 2026-09-21', () => {
  expect(summary.payments.map(({ institution, period, paidOn }) => [institution, period, paidOn])).toEqual([
    [FIRST, '2026-05', '2026-05-21'],
    [SECOND, '2026-05', '2026-05-21'],
    [SECOND, '2026-08', '2026-09-21'],
  ]);
});

it('the dishonesty record goes to administration, public and region on the suspension’s first day', () => {
  expect(
    timeline.filter(({ event }) => event.startsWith('dishonesty-')).map(({ date, event }) => `${date} ${event}`),
  ).toEqual(['administration', 'public', 'region'].map((step) => `2026-08-18 dishonesty-${step}`));
});

it('every case has ended, and every invariant holds', () => {
  const ended = new Set(timeline.filter(({ event }) => event === 'closed').map((row) => row.case));
  const cases = timeline
    .map((row) => row.case)
    .filter((id) => id.startsWith('breach/') || id.startsWith('enterprise/'));
  expect(new Set(cases).size).toBe(6);
  expect(cases.filter((id) => !ended.has(id))).toEqual([]);
  expect(summary.invariants.filter(({ ok }) => !ok)).toEqual([]);
});
