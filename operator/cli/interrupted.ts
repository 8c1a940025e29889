/** Somebody asked the command to end before it had finished; the exit code is the shell's for that signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('stopped before the end');
  }
}

/** Gives what `work` gives, or rejects with the reason of the signal as soon as it is aborted. */
export async function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason as Error);
    stop.addEventListener('abort', onAbort);
    if (stop.aborted) onAbort();
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    if (onAbort) stop.removeEventListener('abort', onAbort);
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
