import pino from 'pino';
import { refusingActivities } from '../../activities/dependencies';

it('a step of one long statement is heard of every ten seconds while it runs, and not afterwards', async () => {
  jest.useFakeTimers();
  const heard: unknown[] = [];
  let end: () => void = () => undefined;
  const { longStep } = refusingActivities(
    { longStep: () => new Promise<void>((resolve) => (end = resolve)) },
    { log: pino({ level: 'silent' }), heartbeat: (progress) => void heard.push(progress) },
  );
  const running = longStep();
  jest.advanceTimersByTime(25_000);
  expect(heard).toEqual([{ running: 'longStep' }, { running: 'longStep' }]);
  end();
  await running;
  jest.advanceTimersByTime(60_000);
  expect(heard).toHaveLength(2);
  jest.useRealTimers();
});
