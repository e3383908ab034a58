// Downloads of the engine that stall.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import '../../www/gander/engine-code.js'; // which engine.js imports when it needs it: not while these tests count turns
import { startEngine } from '../../www/gander/engine.js';

const wasm = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0); // a module of nothing
const url = new URL('http://localhost/gander.wasm');
const turn = () => new Promise((resolve) => setImmediate(resolve));
let requests = 0;
/** Seconds after which a part comes. @type {(number | 'never')[]} */
let parts = [];

/** Fetches what `parts` says, first the headers. */
async function fetching(_, { signal } = {}) {
  requests++;
  const [headers, ...rest] = parts;
  const after = (seconds) =>
    new Promise((resolve, reject) => {
      if (seconds !== 'never') setTimeout(resolve, seconds * 1000);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  await after(headers);
  const body = new ReadableStream({
    async start(stream) {
      try {
        for (const [i, seconds] of rest.entries()) {
          await after(seconds);
          stream.enqueue(wasm.slice(i * 4, i * 4 + 4));
        }
        stream.close();
      } catch (error) {
        stream.error(error);
      }
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/wasm' } });
}

/** Lets so many seconds pass. */
async function pass(seconds) {
  for (let i = 0; i <= seconds; i++) {
    for (let j = 0; j < 5; j++) await turn();
    mock.timers.tick(1000);
  }
}

beforeEach(() => {
  mock.method(globalThis, 'fetch', fetching);
  mock.timers.enable({ apis: ['setTimeout'] });
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

for (const stalled of [['never'], [1, 'never'], [1, 1, 'never']]) {
  test(`a download that stalls (${stalled}) fails, and the next load downloads anew`, async () => {
    const { engineCode } = await import(`../../www/gander/engine-code.js?${stalled}`); // each test is a page of its own
    parts = stalled;
    requests = 0;
    const code = engineCode();
    assert.equal(engineCode(), code, 'one for all workers');
    await pass(33);
    assert.equal(await Promise.race([code, 'hangs']), undefined);
    parts = [20, 20, 20]; // slow, but it comes
    const again = engineCode();
    await pass(65);
    assert.ok((await again) instanceof WebAssembly.Module);
    assert.equal(requests, 2);
    parts = stalled;
    const started = assert.rejects(startEngine(url, assert.ifError), { code: 'network', message: /nothing came for 30 seconds/ });
    await pass(35);
    await started;
  });
}
