import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Sends what the SDK has to say, its core included, through the engine's own logger. Once a process, before anything else. */
export function installTemporalLogger(log: Logger): void {
  const child = log.child({ part: 'temporal' });
  const forward = ({ level, message, meta }: LogEntry): void => {
    const { error, ...rest } = (meta ?? {}) as { error?: unknown };
    const fields = error === undefined ? rest : { ...rest, err: error };
    if (level === 'ERROR') child.error(fields, message);
    else if (level === 'WARN') child.warn(fields, message);
    else if (level === 'INFO') child.info(fields, message);
    else child.debug(fields, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', forward),
    telemetryOptions: { logging: { filter: 'warn', forward: {} } },
    shutdownSignals: [],
  });
}
