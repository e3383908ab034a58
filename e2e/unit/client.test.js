// The page's half of the protocol, with workers that a test plays.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { afterEach, test } from 'node:test';
import { takeClient } from '../../www/gander/client.js';
import { withSource } from '../../www/gander/load.js';

/** @type {FakeWorker[]} */
let workers = [];
/** What a worker answers to a call, if anything. @type {(call: any) => object | void} */
let reply = () => {};

class FakeWorker extends EventTarget {
  ended = false;
  constructor() {
    super();
    workers.push(this);
  }
  postMessage(call) {
    const said = call.id !== undefined && call.type !== 'abort' && reply(call);
    if (said) queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data: { id: call.id, type: 'done', memory: 1 << 20, ...said } })));
  }
  terminate() {
    this.ended = true;
  }
}
Object.assign(globalThis, { Worker: FakeWorker });

afterEach(() => {
  takeClient().close(); // the spare one
  workers = [];
  reply = () => {};
});

const source = { kind: 'kept', name: 'none', size: 1 };
const prepared = { value: { source, kept: true, fresh: false } };

test('a client without calls is kept as a spare', async () => {
  reply = () => prepared;
  const client = takeClient();
  await client.call({ type: 'prepare' });
  client.release(false);
  assert.equal(takeClient(), client);
});

test('a client that still has calls is not kept as a spare', async () => {
  reply = ({ type }) => (type === 'prepare' ? prepared : undefined);
  const client = takeClient();
  await client.call({ type: 'prepare' });
  const load = assert.rejects(client.call({ type: 'load' }), { code: 'closed' });
  client.release(false);
  await load;
  assert.ok(workers[0].ended);
  assert.notEqual(takeClient(), client);
});

test('what was kept and is broken is loaded anew by a worker that has no calls', async () => {
  let loads = 0;
  reply = ({ type, rank }) => {
    if (type === 'prepare') return prepared;
    if (++loads > 2) return { value: 'loaded' };
    if (rank === 1) return { type: 'error', error: { code: 'bad_file', message: 'broken' } }; // the other is still at it
  };
  const used = [];
  const { client, value } = await withSource({}, {}, undefined, () => {}, (client) => {
    used.push(client);
    client.call({ type: 'load', rank: 0 }).catch(() => {});
    return client.call({ type: 'load', rank: 1 });
  });
  assert.equal(value, 'loaded');
  assert.notEqual(used[0], used[1]);
  assert.equal(client, used[1]);
  assert.deepEqual(workers.map(({ ended }) => ended), [true, false]);
});

test('a load that is aborted at its very end leaves no model', async () => {
  reply = () => prepared;
  const controller = new AbortController();
  const use = async () => controller.abort('enough');
  await assert.rejects(withSource({}, {}, controller.signal, () => {}, use), (reason) => reason === 'enough');
  assert.ok(workers[0].ended);
});

test('a signal is let go of when its call is over, or its answer left early', async () => {
  const { signal } = new AbortController();
  const client = takeClient();
  reply = ({ type }) => (type === 'generate' ? { type: 'token', token: { id: 1, text: 'a' } } : { value: 1 });
  await client.call({ type: 'logits' }, signal);
  for (let i = 0; i < 3; i++) for await (const _ of client.stream({ type: 'generate' }, signal)) break;
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
  client.close();
});
