import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_A_SECOND = 100;

interface ProcessTime {
  pid: number;
  parent: number;
  /** Of the process and of its children that have ended. */
  ticks: number;
}

/** Fields of `/proc/<pid>/stat` after the name in parentheses, which may contain spaces. */
function readStat(pid: number): ProcessTime[] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const [parent, ...times] = [fields[1], fields[11], fields[12], fields[13], fields[14]].map(Number);
    return [{ pid, parent: parent!, ticks: times.reduce((total, each) => total + each, 0) }];
  } catch {
    // It has ended in the meantime.
    return [];
  }
}

/**
 * Processor seconds that this process and all that it started have used so far (Linux): what a measurement costs, whatever else
 * the machine does beside it.
 */
export function cpuSeconds(): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)));
  const family = new Set([process.pid]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid)).reduce((total, { ticks }) => total + ticks, 0) / TICKS_A_SECOND;
}
