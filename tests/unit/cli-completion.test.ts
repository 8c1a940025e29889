import { execFileSync } from 'node:child_process';
import { cli } from '../support/cli';

/** What bash would offer after these words; the last one is being typed. */
function offered(script: string, ...words: string[]): string[] {
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `${script}\nCOMP_WORDS=(settle ${typed}); COMP_CWORD=${words.length}; _settle; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', ask], { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
}

describe('settle completion', () => {
  it('in bash offers commands, then their commands, then their options', async () => {
    const { stdout } = await cli(['completion', 'bash']);
    expect(offered(stdout, 'appr')).toEqual(['approvals']);
    expect(offered(stdout, 'payments', 're')).toEqual(['retry']);
    expect(offered(stdout, 'payments', 'retry', '--re')).toEqual(['--region', '--reason']);
    expect(offered(stdout, 'calendar', '')).toEqual(['show', 'working-days', 'import', '--help']);
  });

  it('in zsh knows the same words', async () => {
    const bash = (await cli(['completion', 'bash'])).stdout;
    const zsh = (await cli(['completion', 'zsh'])).stdout;
    const answers = (script: string): string[] => script.split('\n').filter((line) => line.includes("') answer='"));
    expect(zsh.startsWith('#compdef settle')).toBe(true);
    expect(answers(zsh)).toEqual(answers(bash));
  });

  it('of another shell is a mistake of usage', async () => {
    expect((await cli(['completion', 'fish'])).exitCode).toBe(2);
  });
});
