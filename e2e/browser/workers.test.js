// Several workers in Chromium, over both transports: the same bits as one, whatever the model, and a worker that dies is an error.

import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { launch } from '../lib/browser.js';
import { goldenModels, noGolden } from '../lib/models.js';
import { sendFile, serve } from '../lib/server.js';

const models = [...goldenModels(), ...goldenModels('encoder'), ...goldenModels('encoder-decoder')];
const routes = {
  '/blank': (_, response) => response.writeHead(200, { 'content-type': 'text/html', ...(isolate && isolation) }).end('<!doctype html><title>blank</title>'),
  ...Object.fromEntries(models.map(({ name, path }) => [`/golden/${name}.gguf`, (request, response) => sendFile(path, request, response)])),
};
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
let isolate = true;
let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

/** Runs `body` on a page that is isolated or not. */
async function onPage(kind, body) {
  isolate = kind === 'shared';
  const server = await serve(routes, isolate ? isolation : {});
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  try {
    await page.goto(`${server.origin}/blank`);
    await body(page);
  } finally {
    await page.close();
    server.close();
  }
}

/** By the name of a golden model: what one worker gives. */
const alone = new Map();

for (const kind of ['shared', 'ports']) {
  test(`golden models with 1 to 4 workers over ${kind}`, { skip: noGolden }, () =>
    onPage(kind, async (page) => {
      for (const { name, expected } of models) {
        const results = await page.evaluate(async ({ name, prompt, count, counts }) => {
          const { Gander } = await import('/gander/index.js');
          const results = [];
          for (const workers of counts) {
            const model = await Gander.load(`/golden/${name}.gguf`, { workers, cache: false });
            const { transport, workerMemory, encoder } = model.info;
            const numbers = encoder ? await model.embed(prompt) : await model.logits(prompt);
            const { tokens } = encoder ? { tokens: [] } : await model.complete(prompt, { maxTokens: count, temperature: 0, ignoreEOS: true });
            results.push({ workers, transport, memory: workerMemory.length, bits: [...new Int32Array(numbers.buffer)], tokens: [...tokens] });
            model.close();
          }
          return results;
        }, { name, prompt: expected.prompt, count: expected.greedy?.length, counts: alone.has(name) ? [2, 3, 4] : [1, 2, 3, 4] });
        if (results[0].workers === 1) alone.set(name, results[0]);
        for (const { workers, transport, memory, bits, tokens } of results) {
          assert.equal(transport, workers === 1 ? 'none' : kind);
          assert.equal(memory, workers);
          assert.ok(bits.length > 0);
          assert.deepEqual(bits, alone.get(name).bits, `${name}: the numbers of ${workers} workers`);
          assert.deepEqual(tokens, alone.get(name).tokens, `${name}: the tokens of ${workers} workers`);
        }
      }
    }),
  );

  test(`the bundled model over ${kind}: aborts, sessions, auto`, () =>
    onPage(kind, async (page) => {
      const seen = await page.evaluate(async () => {
        const { Gander } = await import('/gander/index.js');
        const options = { maxTokens: 60, seed: 7 };
        const texts = [];
        for (const workers of [1, 3]) {
          const model = await Gander.load('/models/stories.gguf', { workers });
          const controller = new AbortController();
          let n = 0, reason;
          try {
            for await (const _ of model.generate('Tom had', { ...options, signal: controller.signal })) if (++n === 5) controller.abort('enough');
          } catch (error) {
            reason = error;
          }
          for await (const _ of model.generate('Tom had', options)) if (++n === 12) break;
          const one = await model.complete('Tom had a red ball.', options);
          const two = await model.complete('Tom had a red hat.', options);
          texts.push([reason, one.text, two.text, one.tokens.length]);
          model.close();
        }
        const auto = await Gander.load('/models/stories.gguf', { workers: 'auto' });
        const { workers } = auto.info;
        auto.close();
        return { texts, workers };
      });
      assert.deepEqual(seen.texts[0], seen.texts[1]);
      assert.equal(seen.texts[0][0], 'enough');
      assert.ok(seen.texts[0][3] > 20);
      assert.equal(seen.workers, 1, 'so small a model is fastest with one');
    }),
  );

  test(`two workers measure themselves over ${kind}`, () =>
    onPage(kind, async (page) => {
      const paces = await page.evaluate(async (kind) => {
        const { Client } = await import('/gander/client.js');
        const { planGroup, transfers } = await import('/gander/group.js');
        const clients = [new Client(), new Client()];
        const paces = [];
        for (const weights of [1 << 20, 200 << 20]) {
          const plans = planGroup(kind, 2);
          paces.push(await Promise.all(clients.map((client, i) => client.call({ type: 'measure', mainType: 'Q4_0', weights, exchanges: 50, plan: plans[i] }, undefined, undefined, transfers(plans[i])))));
        }
        for (const client of clients) client.close();
        return paces;
      }, kind);
      for (const ofGroup of paces) {
        for (const [rank, { alone, together }] of ofGroup.entries()) {
          assert.ok(Number.isFinite(together) && together > 0, `${together} bytes a second`);
          assert.ok(rank === 0 ? alone > 0 : alone === 0, `worker ${rank}: ${alone} bytes a second alone`);
        }
      }
    }),
  );

  test(`a trace with 1 to 3 workers over ${kind}`, () =>
    onPage(kind, async (page) => {
      const seen = await page.evaluate(async () => {
        const { Gander } = await import('/gander/index.js');
        const traces = [];
        const sorted = (object) => Object.fromEntries(Object.entries(object).sort()); // the keys come in any order
        const plain = (_, value) => (ArrayBuffer.isView(value) ? [...value] : Object.prototype.toString.call(value) === '[object Object]' ? sorted(value) : value);
        for (const workers of [1, 2, 3]) {
          const model = await Gander.load('/models/stories.gguf', { workers });
          const trace = { attention: { prompt: true, norms: true }, lens: true, residual: true, attribution: true, ablate: [{ layer: 1, head: 2 }, { layer: 4, head: 5, scale: 2 }] };
          const tokens = [];
          for (const options of [trace, {}, trace]) {
            for await (const token of model.generate('Once upon a time there was a little girl. She', { ...options, maxTokens: 3, temperature: 0 })) {
              tokens.push(JSON.stringify(token, plain));
            }
          }
          traces.push(tokens);
          model.close();
        }
        return traces;
      });
      assert.equal(seen[0].length, 9);
      assert.ok(seen[0][0] === seen[0][6]);
      assert.ok(seen[0][0].length > 10_000 && seen[0][3].length < 100);
      assert.ok(seen[0].join() === seen[1].join() && seen[0].join() === seen[2].join());
    }),
  );

  for (const victim of [0, 1, 2]) {
    test(`worker ${victim} is killed mid-decode over ${kind}`, () =>
      onPage(kind, async (page) => {
        const { code, later, text, ms } = await page.evaluate(async (victim) => {
          const alive = [];
          window.Worker = class extends Worker {
            constructor(...args) {
              super(...args);
              alive.push(this);
            }
          };
          const { Gander } = await import('/gander/index.js');
          const model = await Gander.load('/models/stories.gguf', { workers: 3, contextLength: 20_000 });
          const codeOf = (promise) => promise.then(() => 'none', (error) => error.code);
          let killed = 0;
          const code = await codeOf((async () => {
            let n = 0;
            for await (const _ of model.generate('Once upon a time', { ignoreEOS: true })) {
              if (++n === 10) {
                alive[victim].terminate(); // the page is not told, as when the browser kills it
                killed = performance.now();
              }
            }
          })());
          const ms = performance.now() - killed;
          const later = await codeOf(model.complete('Tom'));
          const next = await Gander.load('/models/stories.gguf', { workers: 3 });
          const { text } = await next.complete('Tom had', { maxTokens: 5, temperature: 0 });
          next.close();
          return { code, later, text, ms };
        }, victim);
        assert.equal(code, 'worker');
        assert.equal(later, 'worker');
        assert.ok(text.length > 0);
        assert.ok(ms < 20_000, `${ms} ms`);
      }),
    );
  }
}

test('bad numbers of workers, and the next load works', () =>
  onPage('shared', async (page) => {
    const errors = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const errors = [];
      for (const workers of [0, -1, 1000, 1.5, NaN, 'many', null, [2]]) {
        errors.push(await Gander.load('/models/stories.gguf', { workers }).then(() => 'none', (error) => error.name));
      }
      const model = await Gander.load('/models/stories.gguf', { workers: 2 });
      model.close();
      return errors;
    });
    assert.deepEqual(errors, ['RangeError', 'RangeError', 'RangeError', 'RangeError', 'RangeError', 'TypeError', 'TypeError', 'TypeError']);
  }));

// A worker imports some of its files where they are needed: with which a source is prepared, and read.
for (const [file, options] of [
  ['worker.js', {}],
  ['engine.js', {}],
  ['prepare-url.js', {}],
  ['kept-source.js', {}],
  ['range-source.js', { cache: false }],
]) {
  test(`a worker that cannot load ${file}`, () =>
    onPage('shared', async (page) => {
      await page.route(`**/${file}`, (route) => route.fulfill({ status: 404, body: 'gone' }));
      const failed = await page.evaluate(async (options) => {
        const { Gander } = await import('/gander/index.js');
        return Gander.load('/models/stories.gguf', { workers: 2, ...options }).then(() => 'none', (error) => error.code);
      }, options);
      assert.equal(failed, 'worker');
      await page.unroute(`**/${file}`);
      const text = await page.evaluate(async (options) => {
        const { Gander } = await import('/gander/index.js');
        const model = await Gander.load('/models/stories.gguf', { workers: 2, ...options });
        return (await model.complete('Tom had', { maxTokens: 5 })).text;
      }, options);
      assert.ok(text.length > 0);
    }));
}
