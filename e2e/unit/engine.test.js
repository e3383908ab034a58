// The engine in Node: golden models, and equality with the native build without assembly, bit for bit.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openAsBlob, readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { startEngine } from '../../www/gander/engine.js';
import { BROKEN, planGroup } from '../../www/gander/group.js';
import { blobSource } from '../../www/gander/source.js';
import { compare, goldenModels, noGolden } from '../lib/models.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { signal } = new AbortController();
const bytes = readFileSync(`${root}www/gander/gander.wasm`);
const wasm = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);

test('golden models in Node, and natively', { skip: noGolden }, async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/gander-`);
  t.after(() => rmSync(folder, { recursive: true }));
  const native = `${folder}/gander`;
  execFileSync('go', ['build', '-tags', 'purego', '-o', native, './cmd/gander'], { cwd: root, stdio: 'inherit' });
  const { go } = await startEngine(wasm, assert.ifError);
  for (const model of goldenModels()) {
    await t.test(model.name, async () => {
      const { prompt, greedy } = model.expected;
      await go.open(blobSource(await openAsBlob(model.path)), {}, signal, () => {});
      const logits = await go.logits(Int32Array.from(prompt), signal);
      /** @type {number[]} */
      const tokens = [];
      await go.generate(Int32Array.from(prompt), { maxTokens: greedy.length, temperature: 0, ignoreEOS: true }, signal, (id) => tokens.push(id));
      assert.equal(compare(model, logits, tokens), '');
      const said = execFileSync(native, ['logits', '-m', model.path, '--tokens', prompt.join(), '--json'], { maxBuffer: 1 << 28 });
      assert.deepEqual(logits, Float32Array.from(JSON.parse(said.toString()).logits.at(-1)));
    });
  }
});

test('golden models with an encoder and a decoder in Node, and natively', { skip: noGolden }, async (t) => {
  const { go } = await startEngine(wasm, assert.ifError);
  for (const model of goldenModels('encoder-decoder')) {
    await t.test(model.name, async () => {
      const { prompt, greedy, decoder_prompt: decoderTokens } = model.expected;
      const info = await go.open(blobSource(await openAsBlob(model.path)), {}, signal, () => {});
      assert.deepEqual([info.encoder, info.encoderDecoder], [false, true]);
      /** @type {number[]} */
      const tokens = [];
      await go.generate(Int32Array.from(prompt), { maxTokens: greedy.length, temperature: 0, ignoreEOS: true, decoderTokens }, signal, (id) => tokens.push(id));
      assert.deepEqual(tokens, greedy);
      const said = execFileSync('go', ['run', '-tags', 'purego', './cmd/gander', 'logits', '-m', model.path, '--tokens', prompt.join(), '--json'], { cwd: root, maxBuffer: 1 << 28 });
      assert.deepEqual(await go.logits(Int32Array.from(prompt), signal), Float32Array.from(JSON.parse(said.toString()).logits[0]));
    });
  }
});

test('golden encoders in Node', { skip: noGolden }, async (t) => {
  const { go } = await startEngine(wasm, assert.ifError);
  for (const model of goldenModels('encoder')) {
    await t.test(model.name, async () => {
      const { prompt, tolerance } = model.expected;
      const info = await go.open(blobSource(await openAsBlob(model.path)), {}, signal, () => {});
      assert.deepEqual([info.encoder, info.pooling], [true, 'mean']);
      for (const [pooling, section] of [['', 'embd_mean'], ['cls', 'embd_cls']]) {
        const { offset, bytes } = model.expected.sections.find(({ name }) => name === section);
        const want = model.floats(offset, bytes);
        const got = await go.embed(Int32Array.from(prompt), { pooling, normalize: false }, signal);
        assert.equal(got.length, want.length);
        for (const [i, x] of got.entries()) assert.ok(Math.abs(x - want[i]) <= tolerance.logits_abs, `${section} ${i}: ${x}, not ${want[i]}`);
      }
      await assert.rejects(go.logits(Int32Array.from(prompt), signal), { code: 'unsupported' });
    });
  }
});

test('a panic rejects with the code internal, and the engine lives on', { skip: noGolden }, async () => {
  const { go } = await startEngine(wasm, assert.ifError);
  const none = /** @type {Int32Array} */ (/** @type {unknown} */ (undefined));
  await assert.rejects(go.logits(Int32Array.of(1), signal), { code: 'internal', message: /no model/ });
  await go.open(blobSource(await openAsBlob(goldenModels()[0].path)), {}, signal, () => {});
  await assert.rejects(go.logits(none, signal), { code: 'internal', message: /panic/ });
  assert.ok((await go.logits(Int32Array.of(1), signal)).length > 0);
});

test('what the source throws comes through as it is', async () => {
  const { go } = await startEngine(wasm, assert.ifError);
  const thrown = new Error('no bytes today');
  await assert.rejects(go.open({ size: 1000, read: () => Promise.reject(thrown), close() {} }, {}, signal, () => {}), (error) => error === thrown);
});

test('an exchange of what lies above 2 GiB, where addresses are negative as 32-bit numbers', async (t) => {
  const instantiate = WebAssembly.instantiate;
  t.after(() => (WebAssembly.instantiate = instantiate));
  let exchange, memory;
  WebAssembly.instantiate = async (code, imports) => {
    exchange = imports.gander.exchange;
    const result = await instantiate(code, imports);
    memory = result.instance.exports.mem;
    memory.grow(1 << 15);
    return result;
  };
  const { join } = await startEngine(wasm, assert.ifError);
  join(planGroup('shared', 2, 50)[0]);
  new Int32Array(memory.buffer, 2 ** 31 + 64, 3).set([0, 4, 8]);
  assert.equal(exchange(-(2 ** 31), -(2 ** 31) + 64, 0), BROKEN, 'the other worker is waited for, in vain');
});
