import { isNewEnough } from '../../workers/services/temporal-program';
import { searchAttributes, temporalArguments } from '../../workers/services/temporal-arguments';

describe('a Temporal server on PATH', () => {
  it.each([
    ['temporal version 1.9.0 (Server 1.32.0, UI 2.54.1)', true],
    ['temporal version 2.0.0 (Server 2.0.1, UI 3.0.0)', true],
    ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', false],
    ['tctl version 1.18.1', false],
    ['', false],
  ])('%j is new enough: %s', (text, expected) => {
    expect(isNewEnough(text)).toBe(expected);
  });
});

describe("the server's arguments", () => {
  const settings = { mode: 'rehearsal', port: 7300, uiPort: undefined, dbFile: undefined } as const;

  it.each(['cli', 'module'] as const)('register every search attribute with the %s', (kind) => {
    const args = temporalArguments({ kind, command: 'temporal' }, settings);
    const registered = args.filter((_, index) => args[index - 1] === '--search-attribute');
    expect(registered).toEqual(Object.entries(searchAttributes()).map(([name, type]) => `${name}=${type}`));
  });

  it('give the command line tool the dynamic configuration as JSON values', () => {
    const args = temporalArguments({ kind: 'cli', command: 'temporal' }, settings);
    expect(args).toEqual(
      expect.arrayContaining([
        'frontend.WorkflowTimeSkippingEnabled=true',
        'history.timerProcessorMaxPollRPS=100000',
        'history.timerProcessorMaxTimeShift="1ms"',
        '--headless',
      ]),
    );
  });

  it('keep a daily server on file, crash-safe and fast', () => {
    const args = temporalArguments(
      { kind: 'cli', command: 'temporal' },
      { mode: 'daily', port: 7300, uiPort: 8300, dbFile: '/var/lib/settle/temporal.sqlite' },
    );
    expect(args).toEqual(expect.arrayContaining(['--db-filename', 'journal_mode=wal', 'synchronous=1', '--ui-port']));
    expect(args).not.toContain('--headless');
  });
});
