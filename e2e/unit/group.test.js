// The exchange between workers, in Node's: what one worker fills, all have; and a worker that is lost lets none wait for ever.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { planGroup, transfers } from '../../www/gander/group.js';

/** Runs the workers of a group, until the test ends; `stopAt` is the step at which each one stops taking part. */
function start(t, kind, size, { steps, width, stopAt = [], patience }) {
  const workers = planGroup(kind, size, patience).map((plan, rank) => {
    const worker = new Worker(new URL('../lib/group-worker.js', import.meta.url));
    const result = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    worker.postMessage({ plan, steps, width, stopAt: stopAt[rank] }, transfers(plan));
    return { worker, result };
  });
  t.after(() => Promise.all(workers.map(({ worker }) => worker.terminate())));
  return workers.map(({ result }) => result);
}

for (const kind of ['shared', 'ports']) {
  for (const size of [2, 3, 4]) {
    test(`${kind}, ${size} workers`, async (t) => {
      const group = start(t, kind, size, { steps: 600, width: 97 });
      for (const result of group) assert.deepEqual(await result, { done: 600 });
      });
  }

  test(`${kind}, parts of several megabytes`, async (t) => {
    const group = start(t, kind, 2, { steps: 6, width: 700_001 });
    for (const result of group) assert.deepEqual(await result, { done: 6 });
  });

  test(`${kind}, a worker that falls silent`, async (t) => {
    const group = start(t, kind, 3, { steps: 600, width: 64, stopAt: [undefined, 100], patience: 400 });
    assert.deepEqual(await group[1], { stopped: 100 });
    // One of the others may wait for the broadcast of the third, which has no limit of time: the page ends it.
    const { broken, step } = await Promise.any([group[0], group[2]]);
    assert.match(broken, /does not answer/);
    assert.ok(step >= 100 && step <= 103, `${step}`);
  });
}
