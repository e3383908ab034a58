// What the model's inside tells in Chromium: attention and residual stream are those of the reference, the rest agrees with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from '../lib/fixture.js';
import { goldenModels, noGolden } from '../lib/models.js';
import { sendFile } from '../lib/server.js';

const models = goldenModels();
/** Full attention, learned positions and biases, multi-query, windows with soft caps, sinks, and layers without attention. */
const shared = /^(llama_untied|gpt2|falcon7b|gemma3|gpt_oss|lfm2|qwen35)$/;
const encoderDecoders = goldenModels('encoder-decoder');
const fixture = setUp(Object.fromEntries([...models, ...encoderDecoders].map(({ name, path }) => [`/golden/${name}.gguf`, (request, response) => sendFile(path, request, response)])));

test('attention rows and residual streams of golden models', { skip: noGolden }, async (t) => {
  for (const model of models) {
    const quantised = model.name.startsWith('q_');
    const loose = quantised ? 20 : 1; // FORMAT.md
    for (const workers of shared.test(model.name) ? [1, 2] : [1]) {
      await t.test(`${model.name}, ${workers} workers`, () =>
        fixture.onPage('/blank', async (page) => {
          const { prompt, attn_q: queries, tolerance } = model.expected;
          const got = await page.evaluate(async ({ name, prompt, workers }) => {
            const { Gander } = await import('/gander/index.js');
            const model = await Gander.load(`/golden/${name}.gguf`, { workers, cache: false });
            const options = { maxTokens: 2, temperature: 0, ignoreEOS: true, logprobs: 3, attention: { prompt: true, norms: true }, lens: { topK: 3 }, residual: true, attribution: true };
            await model.complete(prompt.slice(0, -2), { maxTokens: 1, temperature: 0, ignoreEOS: true }); // the beginning is computed then
            const [first, second] = await Array.fromAsync(model.generate(prompt, options));
            const logits = await model.logits(prompt);
            const { attention: a, residual: r, attribution: d } = first;
            const arrays = [a.weights, a.norms, r.values, d.values, d.mlp].every((x) => x instanceof Float32Array);
            const sum = [d.values, d.mlp, d.mixer ?? []].flatMap((x) => [...x]).reduce((x, y) => x + y, d.embed + d.bias);
            return {
              arrays, sum, logit: logits[first.id], lens: first.lens.at(-1).top.map(({ id, prob }) => [id, prob]), top: first.top.map(({ id, logprob }) => [id, Math.exp(logprob)]),
              layers: a.layers, heads: a.heads.length, shape: [a.first, a.queries, a.keys], weights: [...a.weights], size: r.size, stream: [...r.values],
              next: [second.attention.first, second.attention.queries, second.attention.keys, second.attention.weights.length],
              info: model.info.attentionLayers,
            };
          }, { name: model.name, prompt, workers });
          const n = prompt.length;
          assert.ok(got.arrays);
          assert.deepEqual(got.layers, got.info);
          assert.deepEqual(got.shape, [0, n, n]);
          assert.deepEqual(got.next, [n, 1, n + 1, got.layers.length * got.heads * (n + 1)]);
          let rows = 0;
          got.layers.forEach((layer, l) => {
            const { shape, values } = model.section(`attn.${layer}`);
            for (let h = 0; h < got.heads; h++) {
              queries.forEach((query, q) => {
                for (let k = 0; k < n; k++) {
                  const want = values[(h * shape[1] + q) * shape[2] + k];
                  const seen = got.weights[((l * got.heads + h) * n + query) * n + k];
                  assert.ok(Math.abs(want - seen) <= loose * tolerance.attn_abs, `layer ${layer}, head ${h}, query ${query}, key ${k}: ${seen}, not ${want}`);
                }
                rows++;
              });
            }
          });
          assert.ok(rows > 0);
          for (let layer = 0; layer * got.size < got.stream.length; layer++) {
            const { values } = model.section(`l_out.${layer}`);
            values.forEach((want, i) => assert.ok(Math.abs(want - got.stream[layer * got.size + i]) <= loose * tolerance.l_out_abs, `layer ${layer}, value ${i}`));
          }
          const capped = /^gemma[24]$/.test(model.name); // the parts sum to the logit before its soft cap
          assert.ok(capped || Math.abs(got.sum - got.logit) < (quantised ? 0.05 : 1e-4), `the parts sum to ${got.sum}, the logit is ${got.logit}`);
          got.lens.forEach(([id, prob], i) => {
            assert.equal(id, got.top[i][0]);
            assert.ok(Math.abs(prob - got.top[i][1]) < 1e-6);
          });
        }),
      );
    }
  }
});

test('cross-attention of golden models, and their tokens', { skip: noGolden }, async (t) => {
  assert.ok(encoderDecoders.length > 1);
  for (const model of encoderDecoders) {
    for (const workers of [1, 2]) {
      await t.test(`${model.name}, ${workers} workers`, () =>
        fixture.onPage('/blank', async (page) => {
          const { prompt, decoder_prompt: decoderTokens, greedy, tolerance } = model.expected;
          const got = await page.evaluate(async ({ name, prompt, decoderTokens, maxTokens, workers }) => {
            const { Gander } = await import('/gander/index.js');
            const model = await Gander.load(`/golden/${name}.gguf`, { workers, cache: false });
            const options = { maxTokens, temperature: 0, ignoreEOS: true, decoderTokens };
            const { tokens } = await model.complete(prompt, options);
            const [{ attention: a }] = await Array.fromAsync(model.generate(prompt, { ...options, maxTokens: 1, attention: { prompt: true } }));
            const wrong = await model.complete(prompt, { decoderTokens: [1.5] }).catch((e) => e.name);
            const { encoderDecoder } = model.info;
            model.close();
            return { tokens: [...tokens], shape: [a.layers.length, a.heads.length, a.queries, a.keys, a.cross.keys], attn: [...a.weights], cross_attn: [...a.cross.weights], wrong, encoderDecoder };
          }, { name: model.name, prompt, decoderTokens, maxTokens: greedy.length, workers });
          assert.deepEqual(got.tokens, greedy);
          assert.deepEqual([got.wrong, got.encoderDecoder], ['TypeError', true]);
          const [layers, heads, queries, keys, sourceKeys] = got.shape;
          assert.deepEqual([queries, keys, sourceKeys], [decoderTokens.length, decoderTokens.length, prompt.length]);
          for (const kind of ['attn', 'cross_attn']) {
            for (let layer = 0; layer < layers; layer++) {
              const { shape, values } = model.section(`${kind}.${layer}`);
              assert.deepEqual(shape, [heads, queries, kind === 'attn' ? keys : sourceKeys]);
              values.forEach((want, i) => {
                const seen = got[kind][layer * values.length + i];
                assert.ok(Math.abs(want - seen) <= tolerance.attn_abs, `${kind}.${layer}, value ${i}: ${seen}, not ${want}`);
              });
            }
          }
        }),
      );
    }
  }
});

test('weights of many tokens that are kept stay as they came, where their memory is lent', () =>
  fixture.onPage('/blank', async (page) => {
    const got = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const model = await Gander.load('/models/stories.gguf');
      const prompt = (await model.tokenize('Tom had a red ball and a dog. '.repeat(80))).slice(0, model.info.contextLength - 25);
      const write = (attention) => Array.fromAsync(model.generate(prompt, { maxTokens: 24, temperature: 0, ignoreEOS: true, attention }));
      const all = await write(true);
      const some = await write({ layers: [2], heads: [1] }); // little: in memory of its own
      model.close();
      return all.map(({ attention: a }, i) => {
        const { weights } = some[i].attention;
        const at = (a.layers.indexOf(2) * a.heads.length + a.heads.indexOf(1)) * a.keys;
        return { bytes: a.weights.byteLength, alone: a.weights.buffer.byteLength === a.weights.byteLength, same: weights.length === a.keys && weights.every((w, k) => w === a.weights[at + k]) };
      });
    });
    assert.equal(got.length, 24);
    for (const { bytes, alone, same } of got) assert.deepEqual([bytes > 1 << 16, alone, same], [true, true, true]);
  }));

test('heads that are switched off change the text, also in a session that goes on', () =>
  fixture.onPage('/blank', async (page) => {
    const texts = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const texts = [];
      const write = async (model, ablate) => (await model.complete('Once upon a time', { maxTokens: 30, temperature: 0, ignoreEOS: true, ablate })).text;
      const off = Array.from({ length: 6 }, (_, head) => ({ layer: 0, head }));
      for (const workers of [1, 2]) {
        const model = await Gander.load('models/stories.gguf', { workers });
        for (const ablate of [undefined, off, off, [], off.map((a) => ({ ...a, scale: 1 })), off]) texts.push(await write(model, ablate));
        model.close();
      }
      return texts;
    });
    const [plain, off] = texts;
    assert.notEqual(plain, off);
    const expected = [plain, off, off, plain, plain, off];
    assert.deepEqual(texts, [...expected, ...expected]);
  }));

test('topK gives the largest weights of each row', () =>
  fixture.onPage('/blank', async (page) => {
    const wrong = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const model = await Gander.load('models/stories.gguf');
      const trace = async (attention) => (await Array.fromAsync(model.generate('Once upon a time', { maxTokens: 1, attention })))[0].attention;
      const whole = await trace({ prompt: true });
      const top = await trace({ prompt: true, topK: 2, layers: [3, 1], heads: [5] });
      if (top.layers.join() !== '1,3' || top.heads.join() !== '5') return 'layers or heads';
      for (const [l, layer] of top.layers.entries()) {
        for (let q = 0; q < top.queries; q++) {
          const at = ((layer * whole.heads.length + 5) * whole.queries + q) * whole.keys;
          const row = whole.weights.slice(at, at + whole.keys);
          const best = [...row].sort((a, b) => b - a);
          for (let k = 0; k < 2; k++) {
            const i = (l * top.queries + q) * 2 + k;
            const position = top.positions[i];
            if (top.weights[i] !== best[k] || (position === -1 ? best[k] !== 0 : row[position] !== best[k])) return { layer, q, k, position };
          }
        }
      }
      return null;
    });
    assert.equal(wrong, null);
  }));

test('what cannot be traced rejects with bad_option, and the model lives on', { skip: noGolden }, () =>
  fixture.onPage('/blank', async (page) => {
    const got = await page.evaluate(async () => {
      const { Gander, GanderError } = await import('/gander/index.js');
      const model = await Gander.load('models/stories.gguf');
      const other = await Gander.load('/golden/lfm2.gguf', { cache: false });
      const said = async (model, options) => model.complete('a', { maxTokens: 3, ...options }).then(() => 'no error', (e) => (e instanceof GanderError ? `${e.code}: ${e.message}` : e.name));
      const errors = [];
      for (const options of [
        { attention: { layers: [6] } }, { attention: { heads: [-1] } }, { attention: { layers: [1, 1] } }, { attention: { maxBytes: 100 } }, { attention: { topK: 1e6 } },
        { lens: { layers: [6] } }, { residual: { layers: [9] } }, { ablate: [{ layer: 0, head: 6 }] }, { attention: true, speculate: 3 },
      ]) errors.push(await said(model, options));
      errors.push(await said(other, { attention: { layers: [0] } }));
      return { errors, well: await said(model, { attention: true, lens: true, residual: true, attribution: true }) };
    });
    const want = [
      /layer 6, but layers are numbered 0 to 5/, /head -1/, /layer 1 twice/, /up to \d+ bytes, more than maxBytes, 100/, /topK is 1000000/,
      /layer 6/, /layer 9/, /head 6, but heads are numbered 0 to 5/, /speculate/, /lfm2 the layers \[0 .* have no attention/,
    ];
    assert.equal(got.errors.length, want.length);
    got.errors.forEach((error, i) => {
      assert.match(error, /^bad_option: /);
      assert.match(error, want[i]);
    });
    assert.equal(got.well, 'no error');
  }));
