import { unlessStopped } from '../unless-stopped';

/** Somebody asked the command to end before it had finished; the exit code is the shell's for that signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('stopped before the end');
  }
}

/** Resolves when somebody asks the command to end. */
export async function untilStopped(stop: AbortSignal): Promise<void> {
  // A signal alone keeps no process alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await unlessStopped(stop, new Promise<never>(() => undefined));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    clearInterval(alive);
  }
}
