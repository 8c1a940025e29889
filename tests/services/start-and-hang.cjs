// Starts the services and a process of its own under the guard, tells where they are, and never ends by itself.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const compiled = join(__dirname, '..', '..', 'dist', 'workers', 'services');
const { processGuard, spawnService, startServices } = require(compiled);

async function main() {
  const services = await startServices({ mode: 'rehearsal', webUi: false, durable: false });
  const temporary = processGuard().temporaryDirectory('settle-hang-');
  const { pid } = await spawnService({
    name: 'a stubborn process',
    command: process.execPath,
    args: ['-e', 'process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)'],
    logFile: join(temporary, 'log'),
    readyLine: (line) => line === 'ready' || undefined,
    ending: { signal: 'SIGTERM', graceMs: 200 },
  });
  const ports = [Number(new URL(services.databaseUrl).port), Number(services.temporalAddress.split(':')[1])];
  writeFileSync(process.argv[2], `${JSON.stringify({ ports, pid, temporary })}\n`);
  setInterval(() => {}, 60_000);
}

void main();
