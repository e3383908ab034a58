// The exchange between workers, in Node's: what one worker fills, all have; and a worker that is lost lets none wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { planGroup } from '../../www/gander/group.js';

/** Runs the workers of a group, until the test ends; `stopAt` is the step at which each one stops taking part. */
function start(t, kind, size, { steps, width, stopAt = [] }) {
  const { plans, lose } = planGroup(kind, size);
  const workers = plans.map((plan, rank) => {
    const worker = new Worker(new URL('../lib/group-worker.js', import.meta.url));
    const result = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    worker.postMessage({ plan, steps, width, stopAt: stopAt[rank] }, kind === 'ports' ? plan.ports.filter(Boolean) : []);
    return { worker, result };
  });
  t.after(() => Promise.all(workers.map(({ worker }) => worker.terminate())));
  return { workers, lose };
}

for (const kind of ['shared', 'ports']) {
  for (const size of [2, 3, 4]) {
    test(`${kind}, ${size} workers`, async (t) => {
      const group = start(t, kind, size, { steps: 600, width: 97 });
      for (const { result } of group.workers) assert.deepEqual(await result, { done: 600 });
      });
  }

  test(`${kind}, parts of several megabytes`, async (t) => {
    const group = start(t, kind, 2, { steps: 6, width: 700_001 });
    for (const { result } of group.workers) assert.deepEqual(await result, { done: 6 });
  });

  test(`${kind}, a worker that is lost`, async (t) => {
    const group = start(t, kind, 3, { steps: 600, width: 64, stopAt: [undefined, 100] });
    assert.deepEqual(await group.workers[1].result, { stopped: 100 });
    await group.workers[1].worker.terminate();
    group.lose();
    if (kind === 'ports') for (const rank of [0, 2]) group.workers[rank].worker.postMessage('break');
    for (const rank of [0, 2]) {
      const { broken, step } = await group.workers[rank].result;
      assert.match(broken, /died|told so/);
      assert.ok(step >= 100 && step <= 103, `${step}`);
    }
  });
}
