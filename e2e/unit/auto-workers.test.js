// How many workers a model gets, from what a header says and from what was measured, both of which are given here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseWorkers } from '../../www/gander/auto-workers.js';

const MB = 1 << 20;
let types = 0;

/**
 * @param {object} machine
 * @param {number} machine.cores
 * @param {number} machine.weights in bytes
 * @param {(workers: number) => number} machine.pace of each of so many workers, where one alone has 1
 * @param {string} [machine.mainType] another one each time, since what was measured is kept
 */
async function choose({ cores, weights, pace, mainType = `T${types++}` }) {
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: cores }, configurable: true });
  const measured = [];
  let started = 0;
  const client = () => ({
    ready: false,
    async call({ type, workers, ...call }) {
      if (type === 'start') {
        this.ready = true;
        return;
      }
      if (type === 'needs') {
        return workers.map((count) => {
          const part = Math.ceil(weights / count);
          const memory = Array.from({ length: count }, () => ({ weights: part, total: part + 10 * MB }));
          return { supported: true, mainType, exchanges: count > 1 ? 60 : 0, memoryLimit: 3700 * MB, memory: { total: count * (part + 10 * MB) }, workerMemory: memory };
        });
      }
      assert.equal(type, 'measure');
      assert.ok(this.ready);
      const { rank, size } = call.plan;
      if (rank === 0) measured.push({ workers: size, weights: call.weights / MB, exchanges: call.exchanges });
      started = rank === 0 ? 1 : started + 1;
      assert.equal(started, rank + 1, 'all of a group at once');
      return { alone: rank === 0 ? 1e9 : 0, together: pace(size) * 1e9 * (rank === size - 1 ? 1 : 1.5) };
    },
  });
  const followers = {
    clients: [],
    resize(count) {
      assert.ok(count >= this.clients.length, 'none is ended to measure fewer');
      while (this.clients.length < count) this.clients.push(client());
    },
  };
  const workers = await chooseWorkers(client(), followers, {}, {}, undefined);
  return { workers, measured, mainType };
}

test('as many as take the least time', async () => {
  const { workers, measured } = await choose({ cores: 4, weights: 400 * MB, pace: (n) => [0, 1, 0.9, 0, 0.7][n] });
  assert.equal(workers, 4);
  assert.deepEqual(measured, [{ workers: 2, weights: 200, exchanges: 60 }, { workers: 4, weights: 100, exchanges: 60 }]);
  assert.equal((await choose({ cores: 4, weights: 400 * MB, pace: (n) => [0, 1, 0.9, 0, 0.4][n] })).workers, 2);
});

test('one, if more are slower or hardly faster', async () => {
  for (const [pace, want] of [[0.4, 1], [0.52, 1], [0.56, 2]]) {
    assert.equal((await choose({ cores: 2, weights: 400 * MB, pace: () => pace })).workers, want);
  }
});

test('as many as memory asks for, and those are what more are compared with', async () => {
  assert.equal((await choose({ cores: 2, weights: 7000 * MB, pace: () => assert.fail('nothing to choose') })).workers, 2);
  for (const [eight, want] of [[0.3, 8], [0.24, 2]]) {
    const { workers, measured } = await choose({ cores: 8, weights: 7000 * MB, pace: (n) => ({ 2: 0.95, 4: 0.4, 8: eight })[n] });
    assert.equal(workers, want);
    assert.deepEqual(measured.map((m) => m.workers), [2, 4, 8]);
  }
});

test('a small model, or one core: nothing is measured', async () => {
  for (const { cores, weights } of [{ cores: 8, weights: 15 * MB }, { cores: 1, weights: 400 * MB }]) {
    assert.equal((await choose({ cores, weights, pace: () => assert.fail('measured') })).workers, 1);
  }
});

test('what was measured is kept for the same model', async () => {
  const pace = () => 0.9;
  const { mainType } = await choose({ cores: 2, weights: 400 * MB, pace });
  const again = await choose({ cores: 2, weights: 400 * MB, pace: () => assert.fail('measured'), mainType });
  assert.equal(again.workers, 2);
  assert.equal((await choose({ cores: 2, weights: 800 * MB, pace, mainType })).measured.length, 1);
});
