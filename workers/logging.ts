import pino, { type Logger } from 'pino';

/** Account numbers and names of people never reach a log; ids of cases, payments and staff do. */
const HIDDEN = [
  'account',
  'creditorAccount',
  'creditorName',
  'debtorAccount',
  'debtorName',
  'payee',
  'payerAccount',
  'payerName',
  'personName',
];

export interface LogOptions {
  /** A file, or standard error when left out: standard output is for data. */
  file?: string;
  level?: string;
}

/** A structured logger, one JSON object a line, `name` saying which part of the engine speaks. */
export function createLogger(name: string, { file, level }: LogOptions = {}): Logger {
  return pino(
    {
      name,
      level: level ?? process.env.SETTLE_LOG_LEVEL ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: HIDDEN.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
    },
    pino.destination({ dest: file ?? 2, mkdir: true, sync: true }),
  );
}
