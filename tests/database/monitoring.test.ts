import pino from 'pino';
import { createMonitoringActivities } from '../../activities/breach/monitoring';
import type { Bank } from '../../activities/bank/port';
import { loadBreaches } from '../../db/breaches';
import { saveCalendarYear } from '../../db/register';
import { atPhase, Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { publishedYears } from '../support/published';
import { acceptLines, REGION, saveWindowRegion } from '../support/window';

// Monitoring that runs late (新医保发〔2025〕50号 五(一)): a deadline is ten working days after the notice, whenever that is.

let database: TestDatabase;
let monitoring: ReturnType<typeof createMonitoringActivities>;
let body: string;
beforeAll(async () => {
  database = await createTestDatabase();
  body = (await saveWindowRegion(database.owner)).bodies[0]!;
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const log = pino({ level: 'silent' });
  monitoring = createMonitoringActivities({ db: database.app, bank: {} as Bank, log, heartbeat: () => undefined });
});
afterAll(() => database.drop());

const open = (period: string, day: string) =>
  monitoring.openMonitoring({
    caseId: `monitoring/${REGION}/${period}`,
    at: atPhase(plainDate(day), Phase.Monitoring),
    region: REGION,
    period,
  });

describe('monitoring of November 2026', () => {
  it('on time has all its days in a year that is published', async () => {
    expect(await open('2026-11', '2026-12-01')).toMatchObject({ noticeOn: '2026-12-01' });
  });

  it('on 21 December waits for the calendar of 2027, where the deadline would lie', async () => {
    expect(await open('2026-11', '2026-12-21')).toEqual({ waitsForCalendar: 2027, askAgainOn: '2027-01-01' });
  });

  it('that was opened in time and notices on 21 December waits too, and has noticed nothing', async () => {
    await open('2026-11', '2026-12-01');
    const caseId = `monitoring/${REGION}/2026-11`;
    const notice = () => monitoring.noticeBreaches({ caseId, at: atPhase(plainDate('2026-12-21'), Phase.Monitoring) });
    expect(await notice()).toEqual({ waitsForCalendar: 2027, askAgainOn: '2027-01-01' });
    expect(await database.app('settle.case_events').where({ case_id: caseId, event: 'breaches-noticed' })).toEqual([]);
  });
});

it('that is late gives as much time as one in time', async () => {
  await acceptLines(database.app, [{ line: 'L1', body, enterprise: 'E0001', amountFen: 10_000n, period: '2026-10' }]);
  expect(await open('2026-10', '2026-11-23')).toMatchObject({ noticeOn: '2026-11-02' });
  const caseId = `monitoring/${REGION}/2026-10`;
  await monitoring.noticeBreaches({ caseId, at: atPhase(plainDate('2026-11-23'), Phase.Monitoring) });
  expect(await loadBreaches(database.app, { region: REGION })).toMatchObject([
    { institution: body, noticeOn: '2026-11-23', deadline: '2026-12-07', suspendsOn: '2027-01-01' },
  ]);
});
