// Progress for people, on standard error: standard output belongs to the data of the command that runs.
const REPEAT_MS = 5_000;

export function say(message) {
  process.stderr.write(`settle: ${message}\n`);
}

/**
 * Runs `work`, and says every few seconds that it still goes on, and for how long.
 * `work` gets a function with which to tell what it is at.
 */
export async function withProgress(message, work) {
  const began = performance.now();
  let at = '';
  say(message);
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    say(`${message}: ${seconds} s${at === '' ? '' : `, ${at}`}`);
  }, REPEAT_MS);
  try {
    return await work((now) => {
      at = now;
    });
  } finally {
    clearInterval(timer);
  }
}
