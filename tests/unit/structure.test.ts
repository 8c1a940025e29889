import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** What holds of every file of the project, whoever wrote it. */
const root = resolve(__dirname, '../..');

const PRODUCTION = /^(domain|workflows|activities|db|workers|operator|rehearsal|scripts)\//;
const MAX_LINES = 300;

/** Longer than a file may be, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** Names that tools or the wider world prescribe. */
const PRESCRIBED_NAMES = new Set([
  'LICENSE',
  'NOTICE',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'Dockerfile',
]);
const KEBAB_CASE = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
/** Go finds its tests by this ending. */
const GO_TEST = /^[a-z0-9]+_test\.go$/;
const MIGRATION = /^\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql$/;
const BINARY = /\.(png|jpe?g|gif|ico|ttf|ttc|otf|woff2?|pdf|xlsx|gz|zip)$/;

interface ProjectFile {
  path: string;
  text: string;
}

interface Finding {
  what: string;
  pattern: RegExp;
  /** Files that must say it. */
  except?: RegExp;
}

// Written in two halves, so that this file does not find itself.
const anyOf = (...halves: [string, string][]): string => halves.map(([a, b]) => `${a}${b}`).join('|');

const FINDINGS: readonly Finding[] = [
  {
    what: 'work that is left undone',
    pattern: new RegExp(
      `\\b(${anyOf(['TO', 'DO'], ['FIX', 'ME'], ['XX', 'X'], ['HA', 'CK'])})\\b|${'待'}办|${'未'}${'实现'}`,
    ),
  },
  {
    what: 'a test that is left out or runs alone',
    pattern: new RegExp(
      `\\b(it|test|describe)\\.(${anyOf(['ski', 'p'], ['onl', 'y'], ['to', 'do'])})\\b|\\b(${anyOf(['xi', 't'], ['xdescrib', 'e'], ['fi', 't'], ['fdescrib', 'e'])})\\(`,
    ),
  },
  {
    what: "a path of somebody's machine",
    pattern: new RegExp(
      `(^|[^\\w.~-])/(${anyOf(['ho', 'me'], ['Use', 'rs'], ['ro', 'ot'], ['wo', 'rk'], ['work', 'space'], ['m', 'nt'])})/[\\w.]|[A-Z]:\\\\\\\\?${'Us'}ers|file://${'/'}`,
      'm',
    ),
  },
  {
    what: 'the address of a package registry',
    pattern: new RegExp(
      `(${anyOf(['registry', '.npmjs.'], ['registry', '.yarnpkg.'], ['npm', 'mirror.'], ['registry', '.npm.'], ['npm.pkg', '.github'], ['proxy', '.golang.'], ['go', 'proxy.'])})`,
    ),
  },
  { what: 'a conflict of versions', pattern: new RegExp(`^(${'<'.repeat(7)}|${'>'.repeat(7)}) `, 'm') },
  { what: 'a carriage return', pattern: /\r/, except: /\.csv$/ },
  {
    what: 'a private key or a token',
    pattern: new RegExp(`-----${'BEGIN'} [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{30}|AKIA[0-9A-Z]{16}`),
  },
];

function findingsIn({ path, text }: ProjectFile): string[] {
  return FINDINGS.filter(({ pattern, except }) => !except?.test(path) && pattern.test(text)).map(
    ({ what, pattern }) => `${path}: ${what}: ${pattern.exec(text)![0].trim()}`,
  );
}

function isWellNamed(path: string): boolean {
  const name = basename(path);
  if (/^db\/migrations\//.test(path)) return MIGRATION.test(name);
  return PRESCRIBED_NAMES.has(name) || KEBAB_CASE.test(name) || GO_TEST.test(name);
}

const isTooLong = ({ path, text }: ProjectFile): boolean =>
  PRODUCTION.test(path) && /\.(ts|tsx|mjs|sql)$/.test(path) && text.split('\n').length - 1 > MAX_LINES;

/** The folders of DESIGN 9; what else lies in a clone (results, data of its user) is not the project's. */
const FOLDERS = [
  '.ci',
  'activities',
  'db',
  'docs',
  'domain',
  'operator',
  'policies',
  'rehearsal',
  'scripts',
  'temporal-config',
  'tests',
  'workers',
  'workflows',
];
const SKIPPED = new Set(['node_modules', 'histories', 'package-lock.json', 'go.sum']);

function pathsUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return folder === '' ? [] : pathsUnder(path);
      return entry.isFile() && !/\.(log|partial|tsbuildinfo)$/.test(path) ? [path] : [];
    });
}

function projectFiles(): ProjectFile[] {
  return ['', ...FOLDERS]
    .flatMap(pathsUnder)
    .filter((path) => !BINARY.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('files of the project', () => {
  const files = projectFiles();

  it('are found', () => {
    for (const folder of FOLDERS) expect(files.some(({ path }) => path.startsWith(`${folder}/`))).toBe(true);
  });

  it('are named in kebab-case, migrations by number', () => {
    expect(files.map(({ path }) => path).filter((path) => !isWellNamed(path))).toEqual([]);
  });

  it('of production can be read in one sitting', () => {
    expect(files.filter(isTooLong).map(({ path }) => path)).toEqual(Object.keys(LONG_FILES));
  });

  it('leave nothing undone and name no machine, registry or secret', () => {
    expect(files.flatMap(findingsIn)).toEqual([]);
  });

  it('hold migrations of which no two have the same number', () => {
    const numbers = files.flatMap(({ path }) => /^db\/migrations\/(\d{4})_/.exec(path)?.[1] ?? []);
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual([...new Set(numbers)]);
  });

  it('keep money out of floating point in the database', () => {
    const floating = /\b(double precision|real|float[48]?|money)\b/i;
    const columns = files
      .filter(({ path }) => path.startsWith('db/migrations/'))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .map((line) => line.replace(/--.*$/, '').replace(/'[^']*'/g, ''))
          .filter((line) => floating.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    expect(columns).toEqual([]);
  });

  it('name no registry in the lockfile, so that packages come from wherever the reader gets them', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };
    expect(Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? [])).toEqual([]);
  });
});

describe('what should not be there is found', () => {
  it.each([
    ['a note of work undone', `// ${'TO'}DO: later`],
    ['a note of work undone in Chinese', `// ${'待'}办`],
    ['a test that is left out', `it.${'skip'}('x', () => {});`],
    ['a test that runs alone', `describe.${'only'}('x', () => {});`],
    ['a home directory', `const file = '/${'home'}/somebody/file';`],
    ['a home directory on another system', `"C:\\\\${'Users'}\\\\somebody"`],
    ['a registry', `"https://${'registry'}.npmjs.org/yaml"`],
    ['a merge that was not finished', `a\n${'<'.repeat(7)} HEAD\nb`],
    ['line ends of another system', 'a\r\nb'],
    ['a key', `-----${'BEGIN'} RSA PRIVATE KEY-----`],
  ])('%s', (_what, text) => {
    expect(findingsIn({ path: 'docs/a.md', text })).toHaveLength(1);
  });

  it.each([
    'domain/ReturnPlan.ts',
    'domain/return_plan.ts',
    'tests/unit/returnPlan.test.ts',
    'db/migrations/1_ledger.sql',
    'db/migrations/0001-ledger.sql',
    'db/migrations/0001_Ledger.sql',
  ])('a name like %s', (path) => {
    expect(isWellNamed(path)).toBe(false);
  });

  it.each(['domain/return-plan.ts', 'tests/unit/csv.test.ts', '.prettierrc.json', 'db/migrations/0001_ledger.sql'])(
    'a name like %s is fine',
    (path) => {
      expect(isWellNamed(path)).toBe(true);
    },
  );

  it('a file of production that is too long, and not a test', () => {
    const text = '\n'.repeat(MAX_LINES + 1);
    expect(isTooLong({ path: 'domain/a.ts', text })).toBe(true);
    expect(isTooLong({ path: 'domain/a.ts', text: text.slice(1) })).toBe(false);
    expect(isTooLong({ path: 'tests/unit/a.test.ts', text })).toBe(false);
  });
});
