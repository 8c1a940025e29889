import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNewEnough, pruneBuiltServers } from '../../workers/services/temporal-program';
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

describe('servers built for other versions of the project', () => {
  const DAY_MS = 24 * 60 * 60 * 1_000;
  const now = Date.now();
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'settle-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  function make(name: string, ages: { program: number; directory: number }): void {
    const directory = join(cache, name);
    mkdirSync(directory);
    const program = join(directory, 'temporal-server');
    writeFileSync(program, '');
    for (const [file, days] of [
      [program, ages.program],
      [directory, ages.directory],
    ] as const) {
      const then = new Date(now - days * DAY_MS);
      utimesSync(file, then, then);
    }
  }

  it('go when nobody has used them for 30 days; everything else in the cache stays', () => {
    make('temporal-server-current', { program: 400, directory: 400 });
    make('temporal-server-old', { program: 31, directory: 31 });
    make('temporal-server-old.partial-x1y2z3', { program: 31, directory: 31 });
    make('temporal-server-asked-for', { program: 90, directory: 29 });
    make('temporal-server-read', { program: 29, directory: 90 });
    make('temporal-cli', { program: 90, directory: 90 });
    const places = { cache, built: join(cache, 'temporal-server-current', 'temporal-server') };
    expect(pruneBuiltServers(places, now).sort()).toEqual([
      'temporal-server-old',
      'temporal-server-old.partial-x1y2z3',
    ]);
    expect(readdirSync(cache).sort()).toEqual([
      'temporal-cli',
      'temporal-server-asked-for',
      'temporal-server-current',
      'temporal-server-read',
    ]);
    expect(existsSync(places.built)).toBe(true);
    expect(pruneBuiltServers(places, now)).toEqual([]);
  });
});
