import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cli } from '../support/cli';

const root = resolve(__dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const pages = PAGES.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Code of a page: fenced blocks and spans, each as its lines. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([^]*?)^```/gm)].map((match) => match[1]!);
  const spans = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  return [...blocks, ...spans].flatMap((code) => code.split('\n'));
}

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();
const lines = unique(pages.flatMap(({ text }) => codeOf(text)).map((line) => line.trim()));
/** The first group of every match in code. */
const found = (pattern: RegExp): string[] =>
  unique(lines.flatMap((line) => [...line.matchAll(pattern)].map((match) => match[1]!)));

/** Commands with sub-commands: their second word is a command too, elsewhere it is an argument. */
const GROUPS = [
  'approvals',
  'attempts',
  'calendar',
  'cashier',
  'cases',
  'clock',
  'entrustment',
  'ledger',
  'namespace',
  'payments',
  'policy',
  'reconcile',
  'region',
  'returns',
  'schedules',
  'simulator',
  'staff',
  'statements',
  'suspense',
  'top-up',
  'window',
];

/** `settle policy show ID` and `npm run -s settle -- policy show ID` are both `policy show`. */
function commandsNamed(): string[] {
  const called = found(/^(?:\$ )?(?:npm run -s settle -- |settle )([a-z].*)/g).map((line) => line.split(/[ `]/));
  return unique(called.map(([first, second = '']) => (GROUPS.includes(first!) ? `${first} ${second}` : first!)));
}

/** GitHub's anchor of a heading. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks({ path, text }: { path: string; text: string }): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|<img[^>]+src="([^"]+)"/g)].map((match) => match[1] ?? match[2]!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? join(root, path) : join(root, dirname(path), file);
      if (!existsSync(linked)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(linked, 'utf8')).includes(anchor);
    });
}

describe('README and docs', () => {
  it.each(pages)('$path has no link that leads nowhere', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('every page is reached from the README', () => {
    const { text } = pages.find(({ path }) => path === 'README.md')!;
    expect(PAGES.filter((path) => path !== 'README.md' && !text.includes(`(${path})`))).toEqual([]);
  });

  it.each(commandsNamed())('name settle %s, and it is a command', async (command) => {
    const { stdout } = await cli([...command.split(' '), '--help']);
    expect(stdout).toContain(`Usage: settle ${command} `);
  });

  it('name scripts of package.json, benches and files that there are', () => {
    expect(
      found(/^(?:\$ )?npm (?:run (?:-s |--silent )?)?([a-z][a-z:]*)/g).filter(
        (name) => !(name in scripts) && !['ci', 'install', 'run'].includes(name),
      ),
    ).toEqual([]);
    expect(
      found(/npm run bench -- ([a-z][a-z-]*)/g).filter(
        (name) => !existsSync(join(root, 'scripts', 'bench', `${name}.ts`)),
      ),
    ).toEqual([]);
    const paths = found(
      /^(?:node )?((?:activities|db|docs|domain|operator|policies|rehearsal|scripts|temporal-config|tests|workers|workflows)\/[\w./-]+)/g,
    );
    expect(paths.filter((path) => !existsSync(join(root, path))).map((path) => relative('.', path))).toEqual([]);
  });
});

it('a link to a page or heading that is not there is found', () => {
  const text =
    '[a](docs/nowhere.md) [b](docs/cli.md#nowhere) [c](#nowhere) [d](docs/cli.md#verify) [e](https://temporal.io)';
  expect(brokenLinks({ path: 'README.md', text })).toEqual(['docs/nowhere.md', 'docs/cli.md#nowhere', '#nowhere']);
});
