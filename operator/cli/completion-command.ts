import { Argument, type Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { action, examples, type CliContext } from './context';

const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletionCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('completion')
      .description('a script that completes commands and options in a shell')
      .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
      .action(action(context, async (shell: Shell) => complete(program, context, shell))),
    'completion bash > ~/.local/share/bash-completion/completions/settle',
    'completion zsh > ~/.zsh/completions/_settle',
  );
}

async function complete(program: Command, { output }: CliContext, shell: Shell): Promise<ExitCode> {
  output.lines(shell === 'bash' ? bashLines(program) : zshLines(program));
  return Promise.resolve(ExitCode.Fine);
}

interface Words {
  /** `` for the program itself, `payments retry` for a command. */
  readonly path: string;
  /** Commands inside it and its options. */
  readonly words: readonly string[];
}

/** What may follow each command, taken from the program itself. */
function wordsOf(command: Command, path: readonly string[] = []): Words[] {
  const { commands, options } = command;
  const own = [...commands.map((each) => each.name()), ...options.flatMap(({ long }) => long ?? []), '--help'];
  return [{ path: path.join(' '), words: own }, ...commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}

/** A shell function that finds the command typed so far in `words` and answers with what may follow. */
function caseLines(program: Command): string[] {
  return [
    '  case "$path" in',
    ...wordsOf(program).map(({ path, words }) => `    '${path}') answer='${words.join(' ')}' ;;`),
    '  esac',
  ];
}

function bashLines(program: Command): string[] {
  return [
    '# Completion of settle for bash.',
    '_settle() {',
    `  local path='' answer='' word current=\${COMP_WORDS[COMP_CWORD]}`,
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    '    case "$word" in -*) break ;; esac',
    `    path="\${path:+$path }$word"`,
    '  done',
    ...caseLines(program),
    '  COMPREPLY=($(compgen -W "$answer" -- "$current"))',
    `  [ -n "\${COMPREPLY[*]}" ] || COMPREPLY=($(compgen -f -- "$current"))`,
    '}',
    'complete -o filenames -F _settle settle',
  ];
}

function zshLines(program: Command): string[] {
  return [
    '#compdef settle',
    '# Completion of settle for zsh.',
    '_settle() {',
    "  local path_='' answer='' word",
    `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
    '    [[ $word == -* ]] && break',
    `    path_="\${path_:+$path_ }$word"`,
    '  done',
    ...caseLines(program).map((line) => line.replace('"$path"', '"$path_"')),
    `  if [[ -n $answer ]]; then compadd -- \${=answer}; else _files; fi`,
    '}',
    '_settle "$@"',
  ];
}
