// A worker of group.test.js: takes part in a group as an engine would, with an Int32Array for the engine's memory.

import { parentPort } from 'node:worker_threads';
import { BROADCAST, BROKEN, GATHER, joinGroup, PENDING } from '../../www/gander/group.js';

parentPort.once('message', async ({ plan, steps, width, stopAt }) => {
  const memory = new Int32Array(4 * width + 10);
  let onDone = () => {};
  const group = joinGroup(plan, () => memory, () => onDone());
  const { rank, size } = plan;
  for (let step = 0; step < steps; step++) {
    if (step === stopAt) return parentPort.postMessage({ stopped: step }); // silent, but alive
    const flags = [0, GATHER, BROADCAST][step % 3];
    const at = step % 5;
    // Uneven parts, some empty; of a broadcast all is worker 0's.
    const split = Int32Array.from({ length: size + 1 }, (_, r) => (flags === BROADCAST ? (r ? width : 0) : Math.floor((width * r * ((step % 4) + 1)) / size)));
    const value = (i) => step * 1000003 + i;
    for (let i = split[rank]; i < split[rank + 1]; i++) memory[at + i] = value(i);
    const result = await new Promise((resolve) => {
      onDone = () => resolve(group.broken ? BROKEN : 0);
      const now = group.exchange(memory, at, split, flags);
      if (now !== PENDING) resolve(now);
    });
    if (result === BROKEN) return parentPort.postMessage({ broken: group.broken, step });
    if (flags === GATHER && rank > 0) continue;
    for (let i = 0; i < split[size]; i++) {
      if (memory[at + i] !== (value(i) | 0)) return parentPort.postMessage({ wrong: `step ${step}, word ${i} is ${memory[at + i]}, not ${value(i) | 0}` });
    }
  }
  parentPort.postMessage({ done: steps });
});
