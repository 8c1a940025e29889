import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from './project-root';
import type { TemporalProgram } from './temporal-program';

/** `rehearsal` lets virtual clocks jump and keeps nothing; `daily` runs in real time; `development` lets clocks jump and keeps all. */
export type TemporalMode = 'rehearsal' | 'daily' | 'development';

export interface TemporalSettings {
  readonly mode: TemporalMode;
  readonly port: number;
  /** Undefined starts no Web UI. */
  readonly uiPort: number | undefined;
  /** SQLite file; undefined keeps everything in memory. */
  readonly dbFile: string | undefined;
}

// Histories of closed cases stay readable for a quarter and the run-up to its clearing.
const DAILY_RETENTION_HOURS = 120 * 24;

type DynamicConfig = Readonly<Record<string, readonly { readonly value: unknown }[]>>;

const configDirectory = (): string => join(projectRoot(), 'temporal-config');
const dynamicConfigFile = (mode: TemporalMode): string => join(configDirectory(), 'dynamic-config', `${mode}.yaml`);

/** Name and type of every search attribute: `temporal-config/search-attributes.json`. */
export function searchAttributes(): Readonly<Record<string, string>> {
  const file = join(configDirectory(), 'search-attributes.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
}

const attributeArguments = (): string[] =>
  Object.entries(searchAttributes()).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]);

function moduleArguments(settings: TemporalSettings): string[] {
  const { mode, port, uiPort, dbFile } = settings;
  return [
    ...['--port', String(port), '--ui-port', String(uiPort ?? 0), '--exit-on-stdin-close'],
    ...['--dynamic-config', dynamicConfigFile(mode)],
    ...attributeArguments(),
    ...(mode !== 'rehearsal' ? ['--retention', `${DAILY_RETENTION_HOURS}h`] : []),
    ...(dbFile === undefined ? [] : ['--db', dbFile]),
  ];
}

// The command line tool takes dynamic configuration one value at a time, as JSON.
function dynamicConfigArguments(mode: TemporalMode): string[] {
  const values = parse(readFileSync(dynamicConfigFile(mode), 'utf8')) as DynamicConfig;
  return Object.entries(values).flatMap(([key, [constrained]]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(constrained?.value)}`,
  ]);
}

function cliArguments(settings: TemporalSettings): string[] {
  const { mode, port, uiPort, dbFile } = settings;
  const file = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...dynamicConfigArguments(mode),
    ...attributeArguments(),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile, ...file]),
  ];
}

/** Arguments that make this program a server with our search attributes and dynamic configuration. */
export function temporalArguments(program: TemporalProgram, settings: TemporalSettings): string[] {
  return program.kind === 'cli' ? cliArguments(settings) : moduleArguments(settings);
}
