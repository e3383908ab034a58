// The machine around a measurement: what it is, how busy it is, and what the page's process takes. Where /proc is not as in Linux,
// memory and the share of others are not known and come as undefined.

import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** The machine in words. */
export function describeMachine() {
  const cores = cpus();
  return `${cores[0].model.trim()}, ${cores.length} ${cores.length === 1 ? 'core' : 'cores'} visible, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
}

/** Processor time since the start, of all cores: used, by other virtual machines included, and in all, in 1/100 s. */
function processorTimes() {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number);
  const used = user + nice + system + irq + softirq + steal;
  return { used, all: used + idle + iowait };
}

/** This process and its descendants: id, and processor time with that of children that have ended, in 1/100 s. */
function family() {
  const processes = new Map();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number); // the name before may have spaces
      processes.set(Number(id), { parent: fields[1], time: fields[11] + fields[12] + fields[13] + fields[14] });
    } catch {} // it has ended
  }
  const isOurs = (id) => id === process.pid || (processes.has(id) && isOurs(processes.get(id).parent));
  return [...processes].filter(([id]) => isOurs(id)).map(([id, { time }]) => ({ id, time }));
}

const familyTime = () => family().reduce((sum, { time }) => sum + time, 0);

/** Waits, two minutes at most, until less than 5 % of the processors' time is used. */
export async function quiet() {
  try {
    for (let i = 0; i < 80; i++) {
      const before = processorTimes();
      await sleep(1500);
      const now = processorTimes();
      if (now.used - before.used < 0.05 * (now.all - before.all)) return;
    }
  } catch {} // not Linux
}

/** Begins to watch; the function that it returns tells which share of all cores' time others have used since, from 0 to 1. */
export function watchOthers() {
  try {
    const before = processorTimes(), ours = familyTime();
    return () => {
      const now = processorTimes();
      return Math.max(0, now.used - before.used - (familyTime() - ours)) / (now.all - before.all);
    };
  } catch {
    return () => undefined;
  }
}

/** The largest resident size so far, in MB, of a page's process among our descendants. */
export function pagePeak() {
  let peak;
  try {
    for (const { id } of family()) {
      if (!readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const kB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0);
      peak = Math.max(peak ?? 0, Math.round((kB * 1024) / 1e6)); // spare processes are small
    }
  } catch {}
  return peak;
}
