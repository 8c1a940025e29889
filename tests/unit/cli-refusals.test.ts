import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS, type RefusalCode } from '../../domain/refusal';
import { cli } from '../support/cli';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/refusals.md'), 'utf8');

/** Cells of the rows whose first cell is a code. */
const rows = DOCUMENT.split('\n')
  .filter((line) => /^\| `/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, code, meaning, cause, exitCode, remedy]) => ({
    code: code!.replaceAll('`', ''),
    meaning: meaning!,
    cause: cause!,
    exitCode: Number(exitCode),
    remedy: remedy!,
  }));

const codes = Object.keys(REFUSALS) as RefusalCode[];

describe('docs/refusals.md', () => {
  it('has one row for every code, and a code for every row', () => {
    expect(rows.map(({ code }) => code)).toEqual(codes);
  });

  it.each(codes)('%s has its exit code and remedy, a meaning and a cause', (code) => {
    const row = rows.find((each) => each.code === code);
    expect(row).toMatchObject({ exitCode: REFUSALS[code].exitCode, remedy: REFUSALS[code].remedy });
    expect(row?.meaning).not.toBe('');
    expect(row?.cause).not.toBe('');
  });
});

describe('remedies', () => {
  const named = codes.flatMap((code) =>
    [...REFUSALS[code].remedy.matchAll(/`settle ([a-z -]+?)[ A-Z]*`/g)].map((m) => m[1]!),
  );

  it.each([...new Set(named)])('name a command that there is: settle %s', async (command) => {
    const { exitCode, stdout } = await cli([...command.split(' '), '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: settle ${command}`);
  });
});
