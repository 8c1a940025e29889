import pino from 'pino';
import { createMonitoringActivities } from '../../activities/breach/monitoring';
import { createEnterpriseActivities } from '../../activities/enterprise/enterprise';
import { findBreaches, insertBreaches, loadBreaches, saveCorrection, type Watch } from '../../db/breaches';
import { insertCaseAct } from '../../db/case-acts';
import { openCase } from '../../db/cases';
import { saveCalendarYear } from '../../db/register';
import { suspendedInstitutions } from '../../db/suspensions';
import { daysAfterNotice } from '../../domain/breach';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { exemptBreach } from '../../operator/commands/breaches';
import { confirm } from '../../operator/commands/confirm-statement';
import { findUndelivered } from '../../operator/commands/enterprises';
import { createTestDatabase, somebodyWaits, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { publishedCalendar, publishedPolicy, publishedYears } from '../support/published';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// Breaches that people and the engine look at in the same moment, or later than on the day (新医保发〔2025〕50号 五(一)).

const APRIL = period('2026-04');
const OFFICER = `${REGION}-officer`;
const POLICY = publishedPolicy('xinjiang-2025-50');
const WATCH: Watch = {
  region: REGION,
  period: APRIL,
  confirmationTo: plainDate('2026-04-20'),
  returnTo: plainDate('2026-04-30'),
  ...POLICY.policy.breach!,
};
const MONITORING = `monitoring/${REGION}/2026-04`;
const at = (date: string, phase = Phase.PeopleAct) => atPhase(plainDate(date), phase);

let database: TestDatabase;
let body: string;
beforeEach(async () => {
  database = await createTestDatabase();
  const { bodies } = await saveWindowRegion(database.owner);
  body = bodies[0]!;
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  // Nobody confirms it: late-reconciliation.
  await acceptLines(database.app, [{ line: 'L1', body, enterprise: 'E0001', amountFen: 10_000n }]);
  await openCase(database.app, {
    caseId: MONITORING,
    region: REGION,
    kind: 'monitoring',
    period: APRIL,
    policy: POLICY,
    at: at('2026-05-01', Phase.Deadline),
  });
});
afterEach(() => database.drop());

const dependencies = () => ({
  db: database.app,
  bank: {} as never,
  log: pino({ level: 'silent' }),
  heartbeat: () => undefined,
});
const caseId = () => `breach/${body}/late-reconciliation/2026-04`;
async function notice(): Promise<void> {
  const days = daysAfterNotice(POLICY.policy.breach!, plainDate('2026-05-06'), publishedCalendar());
  await database.app.transaction(async (trx) => insertBreaches(trx, WATCH, days, await findBreaches(trx, WATCH)));
}
const suspendedOn = async (day: string) => [...(await suspendedInstitutions(database.app, REGION, plainDate(day)))];

it('force majeure that comes while monitoring writes its notices is told that there is a breach', async () => {
  // Monitoring has looked at what was recorded, and waits before its notices are written.
  const blocker = await database.superuser.transaction();
  await blocker.raw('lock table settle.breaches in share row exclusive mode');
  const noticing = createMonitoringActivities(dependencies()).noticeBreaches({
    caseId: MONITORING,
    at: at('2026-05-06', Phase.Monitoring),
  });
  await new Promise((done) => setTimeout(done, 300));
  const exempting = refusalOf(
    exemptBreach(windowContext(database.app, '2026-05-06'), {
      region: REGION,
      institution: body,
      kind: 'late-reconciliation',
      period: APRIL,
      person: OFFICER,
      evidence: '示例：洪水',
    }),
  );
  await somebodyWaits(database.superuser);
  await blocker.rollback();
  await noticing;
  expect(await exempting).toBe('CaseStateInvalid');
  expect(await loadBreaches(database.app, { region: REGION })).toMatchObject([{ institution: body }]);
  expect(await database.app('settle.force_majeure').pluck('subject')).toEqual([]);
});

it('a correction that an officer records meanwhile stops no confirmation, and stays as it was recorded', async () => {
  await fund(database.app, body, { own: 10_000n });
  await notice();
  const officer = await database.app.transaction();
  const recorded = { caseId: caseId(), region: REGION, act: 'corrected' as const, at: at('2026-05-10') };
  await insertCaseAct(officer, { ...recorded, person: OFFICER, evidence: '示例' });
  await saveCorrection(officer, { caseId: caseId(), on: plainDate('2026-05-09'), by: OFFICER, evidence: '示例' });
  const confirming = confirm(windowContext(database.app, '2026-05-10'), { region: REGION, period: period('2026-05') });
  await new Promise((done) => setTimeout(done, 300));
  await officer.commit();
  expect(await confirming).toContainEqual(expect.objectContaining({ institution: body, outcome: 'confirmed' }));
  const [breach] = await loadBreaches(database.app, { region: REGION });
  expect(breach).toMatchObject({ correctedOn: '2026-05-09', correctedBy: OFFICER });
});

it.each(['2026-06-06', '2026-06-08'])(
  'an enterprise that is suspended from Saturday, 6 June, keeps no institution suspended when that is looked at on %s',
  async (lookedOn) => {
    await notice();
    expect(await suspendedOn('2026-06-02')).toEqual([body]);
    const found = await findUndelivered(windowContext(database.app, '2026-05-22'), {
      region: REGION,
      enterprise: 'E0001',
      period: APRIL,
      person: OFFICER,
      evidence: '示例',
    });
    const steps = createEnterpriseActivities(dependencies());
    await steps.openEnterpriseCase({ caseId: found.caseId, at: at('2026-05-22') });
    await steps.recordEnterpriseAct({
      caseId: found.caseId,
      at: at('2026-06-01'),
      act: 'refused',
      recorded: { person: OFFICER, evidence: '示例', on: plainDate('2026-06-01') },
    });
    await steps.reviewEnterprise({ caseId: found.caseId, at: at(lookedOn) });
    expect(await suspendedOn('2026-06-20')).toEqual([]);
  },
);
