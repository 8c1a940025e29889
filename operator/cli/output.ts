/** What the command needs of standard output or standard error; tests give memory. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export const Colour = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof Colour;
export type Paint = (colour: Colour, text: string) => string;

/** Data goes to standard output and nothing else does; what is said beside it goes to standard error. */
export interface Output {
  /** Lines of a result for people. */
  lines(lines: readonly string[]): void;
  /** The result for machines, as one JSON document. */
  json(value: unknown): void;
  /** One line on standard error. */
  say(text: string): void;
  readonly paint: Paint;
  readonly paintError: Paint;
  readonly stderr: TextStream;
  /** Columns of the terminal that standard output is; undefined elsewhere. */
  readonly columns: number | undefined;
}

/** No colour where nobody looks (no terminal) or nobody wants it (https://no-color.org). */
function painter(stream: TextStream, env: NodeJS.ProcessEnv): Paint {
  const coloured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return (colour, text) => (coloured ? `\u001b[${Colour[colour]}m${text}\u001b[0m` : text);
}

/** JSON of a result; fen, which are bigint, are written as whole numbers in text so that none is rounded. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each), 2);
}

export function createOutput(stdout: TextStream, stderr: TextStream, env: NodeJS.ProcessEnv): Output {
  return {
    lines: (lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    json: (value) => void stdout.write(`${toJson(value)}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    paint: painter(stdout, env),
    paintError: painter(stderr, env),
    stderr,
    // A terminal that does not know its width says 0.
    columns: stdout.columns || undefined,
  };
}
