// The logic of the view of attention, on a small text whose weights are known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { arc } from '../../www/gander/view/arcs.js';
import { hex, level, parseColor, ramp } from '../../www/gander/view/color.js';
import { firstDifference } from '../../www/gander/view/compare.js';
import { arrow } from '../../www/gander/view/dom.js';
import { shortest, toJSON, toSVG } from '../../www/gander/view/export.js';
import { Rollout } from '../../www/gander/view/rollout.js';
import { Rows, largest } from '../../www/gander/view/rows.js';
import { State, describePick } from '../../www/gander/view/state.js';
import { describe } from '../../www/gander/view/steps.js';
import { TILE, paint, shrink, tilesIn, windowOf } from '../../www/gander/view/tiles.js';
import { translator, visible } from '../../www/gander/view/text.js';
import { Trace } from '../../www/gander/view/trace.js';
import { counted, promptBytes, promptTokens, tracing } from '../../www/gander/view/watch.js';

const words = ['Tom', ' saw', ' Tom', ' run', '.'].map((text, id) => ({ id, text }));

/** Weights of head `head` of layer `layer`, from position `query`: they differ everywhere, and a row sums to 1. */
const weight = (layer, head, query, key) => {
  const raw = (k) => 1 + ((layer * 7 + head * 5 + query * 3 + k * k) % 11);
  let sum = 0;
  for (let k = 0; k <= query; k++) sum += raw(k);
  return key > query ? 0 : raw(key) / sum;
};

/** What comes with a token, as the option `attention` gives it. */
function block(layers, heads, first, queries) {
  const keys = first + queries;
  const weights = Float32Array.from({ length: layers.length * heads.length * queries * keys }, (_, i) =>
    weight(layers[Math.floor(i / keys / queries / heads.length)], heads[Math.floor(i / keys / queries) % heads.length], first + (Math.floor(i / keys) % queries), i % keys),
  );
  const norms = Float32Array.from({ length: layers.length * heads.length * queries }, (_, i) => i);
  return { layers, heads, first, queries, keys, weights, norms };
}

/** A prompt of three tokens and two that were written. */
function example(layers = [0, 1], heads = [0, 1, 2]) {
  const trace = new Trace(words.slice(0, 3));
  trace.add({ ...words[3], attention: block(layers, heads, 0, 3), lens: [{ layer: 0, top: [{ id: 3, text: ' run', prob: 0.25 }] }] });
  trace.add({ ...words[4], attention: block(layers, heads, 3, 1) });
  return trace;
}

test('what is not shown of a token is let go of', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const trace = new Trace([]);
  const source = (() => {
    const cross = { keys: 4, weights: new Float32Array(4) };
    trace.add({ ...words[0], attention: { ...block([0], [0], 0, 1), cross } });
    return new WeakRef(cross);
  })();
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds until then
  gc();
  assert.equal(source.deref(), undefined);
  assert.ok(trace.row(0, 0, 0));
});

test('a trace gives back every weight and norm', () => {
  const trace = example([1, 4], [0, 2, 5]);
  assert.deepEqual([trace.length, trace.first, trace.prompt, trace.tokens.length, trace.written], [4, 0, 3, 5, ' run.']);
  for (const [l, layer] of trace.layers.entries()) {
    for (const [h, head] of trace.heads.entries()) {
      for (let query = 0; query < 4; query++) {
        const row = trace.row(l, h, query);
        assert.deepEqual([...row], Array.from({ length: query + 1 }, (_, key) => Math.fround(weight(layer, head, query, key))));
        assert.equal(trace.norm(l, h, query), query < 3 ? (l * 3 + h) * 3 + query : l * 3 + h);
      }
    }
  }
  assert.equal(trace.row(0, 0, 4), undefined);
  assert.equal(trace.norm(0, 0, 4), undefined);
  assert.equal(trace.step(2).lens[0].top[0].prob, 0.25);
  assert.deepEqual(trace.step(1), {});
});

test('a trace without the rows of the prompt, and of the largest weights only', () => {
  const trace = new Trace(words.slice(0, 3));
  trace.add({ ...words[3], attention: { layers: [0], heads: [0], first: 2, queries: 1, keys: 3, weights: new Float32Array([0.5, 0.25, 0]), positions: new Int32Array([2, 0, -1]) } });
  assert.deepEqual([trace.first, trace.length], [2, 3]);
  assert.deepEqual([...trace.row(0, 0, 2)], [0.25, 0, 0.5]);
  assert.equal(trace.row(0, 0, 1), undefined);
  assert.equal(new Rollout(trace).row(0, 2), undefined, 'a rollout needs all rows');
});

test('a trace stops at its budget, and says so', () => {
  const trace = new Trace(words.slice(0, 3), [], 500);
  trace.add({ ...words[3], attention: block([0, 1], [0, 1, 2], 0, 3) }); // 54 weights and 18 norms: 288 bytes
  assert.deepEqual([trace.full, trace.bytes], [false, 288]);
  trace.add({ ...words[4], attention: block([0, 1], [0, 1, 2], 3, 10) });
  assert.deepEqual([trace.full, trace.bytes, trace.length, trace.tokens.length], [true, 288, 3, 5]);
});

test('the prompt is as long as the engine says', () => {
  for (const known of [0, 2, 3, 4]) {
    const trace = new Trace(words.slice(0, known));
    trace.add({ ...words[4], attention: block([0], [0], 0, 3) });
    assert.deepEqual([trace.prompt, trace.tokens.length], [3, 4], `${known} are known`);
  }
});

test('mean and maximum, by the definition', () => {
  const trace = example();
  const by = (mode, layer) => [...new Rows(trace, { mode, layer, head: 0 }).row(3)];
  const all = (layers, key) => layers.flatMap((layer) => [0, 1, 2].map((head) => Math.fround(weight(layer, head, 3, key))));
  for (const [layer, layers] of [[0, [0]], [1, [1]], [-1, [0, 1]]]) {
    for (let key = 0; key <= 3; key++) {
      const values = all(layers, key);
      assert.ok(Math.abs(by('mean', layer)[key] - values.reduce((a, b) => a + b) / values.length) < 1e-6);
      assert.equal(by('max', layer)[key], Math.max(...values));
    }
  }
  assert.deepEqual([...new Rows(trace, { mode: 'head', layer: 1, head: 2 }).row(3)], [...trace.row(1, 2, 3)]);
  assert.equal(new Rows(trace, { mode: 'mean', layer: 0, head: 0 }).row(4), undefined);
});

test('rollout is the product of half mean, half identity', () => {
  const trace = example([0, 1, 2], [0, 1]);
  const mixing = (layer) => Array.from({ length: 4 }, (_, q) => Array.from({ length: 4 }, (_, k) => (weight(layer, 0, q, k) + weight(layer, 1, q, k)) / 4 + (q === k ? 0.5 : 0)));
  const times = (a, b) => a.map((row) => b[0].map((_, k) => row.reduce((sum, x, j) => sum + x * b[j][k], 0)));
  let want = mixing(0);
  const rollout = new Rollout(trace);
  for (const layer of [0, 1, 2]) {
    if (layer > 0) want = times(mixing(layer), want);
    for (let query = 0; query < 4; query++) {
      const row = rollout.row(layer, query);
      for (let key = 0; key <= query; key++) assert.ok(Math.abs(row[key] - want[query][key]) < 1e-6);
      assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-6);
    }
  }
});

test('a row of zeros, as a sink leaves it, stays with itself in the rollout', () => {
  const trace = new Trace(words.slice(0, 2));
  trace.add({ ...words[2], attention: { layers: [0], heads: [0], first: 0, queries: 2, keys: 2, weights: new Float32Array([0, 0, 0.25, 0]) } });
  const rollout = new Rollout(trace);
  assert.deepEqual([[...rollout.row(0, 0)], [...rollout.row(0, 1)]], [[1], [0.5, 0.5]]);
});

test('the largest weights, the nearest first among equals', () => {
  assert.deepEqual(largest([0.2, 0.5, 0.2, 0.1], 3), [{ key: 1, weight: 0.5 }, { key: 2, weight: 0.2 }, { key: 0, weight: 0.2 }]);
  assert.deepEqual(largest([0, 1, 0], 3), [{ key: 1, weight: 1 }]);
});

test('colours', () => {
  const colors = ramp([[0, 0, 0], [255, 0, 0], [255, 255, 255]]);
  assert.deepEqual([hex(colors, 0), hex(colors, 0.25), hex(colors, 1), hex(colors, 2), hex(colors, -1)], ['#000000', '#ff0101', '#ffffff', '#ffffff', '#000000']);
  assert.equal(level(0.01), 26, 'a hundredth is seen');
  assert.deepEqual(parseColor('rgb(1, 2, 3)'), [1, 2, 3]);
  assert.deepEqual(parseColor('color(srgb 0 0.5 1)'), [0, 127.5, 255]);
});

test('only the tiles that can be seen, and none above the diagonal', () => {
  const view = windowOf({ left: 1000, top: 1500, width: 400, height: 300 }, 5, 1000);
  assert.deepEqual(view, { columnFrom: 200, columnTo: 280, rowFrom: 300, rowTo: 360 });
  assert.deepEqual(tilesIn(view), [192, 256].flatMap((column) => [{ row: 256, column }, { row: 320, column }]).sort((a, b) => a.row - b.row));
  assert.deepEqual(tilesIn(windowOf({ left: 0, top: 0, width: 9999, height: 9999 }, 8, 130)), [[0, 0], [64, 0], [64, 64], [128, 0], [128, 64], [128, 128]].map(([row, column]) => ({ row, column })));
  const far = tilesIn(windowOf({ left: 0, top: 0, width: 600, height: 600 }, 2, 100_000));
  assert.ok(far.length <= 25, `${far.length} tiles of a matrix of 100,000`);
});

test('a tile has the colours of its weights, and nothing where there are none', () => {
  const colors = ramp([[0, 0, 0], [255, 255, 255]]);
  const pixels = new Uint8ClampedArray(TILE * TILE * 4);
  const row = (position) => (position < 70 ? Float32Array.from({ length: position + 1 }, (_, key) => (key === 65 ? 1 : 0)) : undefined);
  paint(pixels, { row: 64, column: 64 }, row, level, colors);
  const at = (y, x) => [...pixels.subarray((y * TILE + x) * 4, (y * TILE + x) * 4 + 4)];
  assert.deepEqual(at(1, 1), [255, 255, 255, 255]);
  assert.deepEqual(at(1, 0), [0, 0, 0, 255]);
  assert.deepEqual(at(1, 2), [0, 0, 0, 0], 'comes later');
  assert.deepEqual(at(6, 1), [0, 0, 0, 0], 'was not recorded');
});

test('a thumbnail keeps the largest weight', () => {
  const row = (position) => Float32Array.from({ length: position + 1 }, (_, key) => (key === 0 ? 0.5 : 0.1));
  const small = shrink(row, 0, 8, 4);
  assert.deepEqual([...small].map((x) => Math.round(x * 10) / 10), [0.5, -1, -1, -1, 0.5, 0.1, -1, -1, 0.5, 0.1, 0.1, -1, 0.5, 0.1, 0.1, 0.1]);
  assert.deepEqual([...shrink((position) => trace3(position), 0, 3, 3)], [1, -1, -1, 0, 1, -1, 0, 0, 1]);
});
const trace3 = (position) => Float32Array.from({ length: position + 1 }, (_, key) => Number(key === position));

test('JSON has every weight, as the command prints it', () => {
  const trace = example();
  const saved = JSON.parse(toJSON(trace).join(''));
  assert.deepEqual([saved.layers, saved.heads, saved.prompt, saved.ablate], [[0, 1], [0, 1, 2], 3, []]);
  assert.deepEqual(saved.tokens, words);
  assert.deepEqual(saved.steps, [{ position: 2, lens: [{ layer: 0, top: [{ id: 3, text: ' run', prob: 0.25 }] }] }]);
  for (const layer of [0, 1]) {
    for (const head of [0, 1, 2]) {
      for (let query = 0; query < 4; query++) {
        assert.deepEqual(saved.weights[layer][head][query].map(Math.fround), Array.from({ length: 4 }, (_, key) => Math.fround(weight(layer, head, query, key))));
      }
    }
  }
  const part = new Trace(words.slice(0, 3));
  part.add({ ...words[3], attention: { ...block([0], [0], 2, 1) } });
  assert.deepEqual(JSON.parse(toJSON(part).join('')).weights[0][0].slice(0, 2), [null, null]);
});

test('the shortest decimals of a float32', () => {
  for (const [value, text] of [[0, '0'], [1, '1'], [Math.fround(0.1), '0.1'], [Math.fround(1 / 3), '0.33333334'], [Math.fround(1e-9), '1e-9']]) assert.equal(shortest(value), text);
});

test('SVG has a square for each weight, its value, and the tokens, whatever they are', () => {
  const trace = new Trace([{ id: 0, text: '<b>&\u0001"' }, words[1], words[2]]);
  trace.add({ ...words[3], attention: block([0], [0], 0, 3) });
  const svg = toSVG(trace, (position) => trace.row(0, 0, position), { colors: ramp([[0, 0, 0], [255, 255, 255]]), ink: 'black', paper: 'white', title: 'a < b' });
  assert.equal(svg.match(/<rect x/g).length, 6);
  assert.ok(svg.includes(`: ${shortest(trace.row(0, 0, 2)[1])}</title>`));
  assert.ok(svg.includes('&#60;b&#62;&#38;\u{fffd}&#34;') && svg.includes('a &#60; b'));
});

test('words for what is seen', () => {
  const state = new State(translator('en'), () => {});
  assert.equal(describe(state), '');
  state.runs = [{ trace: example() }];
  state.choose({ mode: 'head', layer: 1, head: 2 });
  state.go(3, 1);
  assert.equal(describe(state), `At position 3, ‘ run’, layer 1, head 2 looks at position 1, ‘ saw’: ${weight(1, 2, 3, 1).toFixed(2)}`);
  state.change({ hover: { query: 1, key: 2 } });
  assert.match(describe(state), /^Position 1, ‘ saw’, cannot see position 2/);
  state.choose({ mode: 'rollout', layer: -1 });
  assert.equal(describePick(state), 'the rollout through layer 1');
  state.t = translator('zh-CN');
  assert.equal(describePick(state), '到第 1 层的展开');
  assert.equal(translator('zh')('layer'), '层');
  assert.equal(translator('zhuang-latn')('layer'), 'Layer');
  assert.deepEqual([visible({ id: 1, text: '' }), visible({ id: -1, text: '' }), visible({ id: 2, text: '\n\ta' })], ['<1>', '·', '↵⇥a']);
});

test('going about keeps within what is there', () => {
  const state = new State(translator('en'), () => {});
  state.go(5);
  assert.equal(state.query, 0);
  state.runs = [{ trace: example() }];
  state.go(99);
  assert.deepEqual([state.query, state.following], [3, true]);
  state.go(-1);
  assert.deepEqual([state.query, state.following, state.key], [0, false, 0]);
  const row = state.trace.row(0, 0, 2);
  state.go(2);
  assert.equal(state.key, row.indexOf(Math.max(...row)));
});

test('keys in a table', () => {
  const at = { row: 2, column: 0 }, size = { rows: 4, columns: 3 };
  const to = (key, ctrlKey = false) => arrow({ key, ctrlKey }, at, size);
  assert.deepEqual([to('ArrowUp'), to('ArrowLeft'), to('End'), to('End', true), to('PageDown')], [{ row: 1, column: 0 }, at, { row: 2, column: 2 }, { row: 3, column: 2 }, { row: 3, column: 0 }]);
  assert.equal(to('a'), undefined);
  assert.equal(arrow({ key: 'ArrowLeft', altKey: true }, at, size), undefined, 'goes back in the history');
});

test('arcs and differences', () => {
  assert.equal(arc({ x: 60, y: 20 }, { x: 0, y: 20 }, 15), 'M60 20C60 5 0 5 0 20');
  assert.equal(firstDifference(words, words.slice(0, 2)), 2);
  assert.equal(firstDifference(words, [words[0], words[2]]), 1);
});

test('the texts of a prompt keep their spaces', async () => {
  const texts = ['<s>', ' Tom', ' saw'];
  const model = { tokenize: async () => Int32Array.of(0, 1, 2, 1), detokenize: async (ids) => ids.map((id) => texts[id]).join('').replace(/^ /, '') };
  assert.deepEqual((await promptTokens(model, 'x')).map(({ text }) => text), ['<s>', ' Tom', ' saw', ' Tom']);
  assert.deepEqual((await promptTokens(model, [1, 2])).map(({ text }) => text), ['Tom', ' saw']);
  assert.deepEqual(await promptTokens(model, []), []);
});

test('a character of several tokens is with the last of them', async () => {
  const bytes = [[0x20, 0x61], [0xf0, 0x9f], [0x99], [0x82], [0x62]]; // ' a', three parts of U+1F642, 'b'
  const model = { detokenize: async (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from([...ids].flatMap((id) => bytes[id]))) };
  const texts = async (...ids) => (await promptTokens(model, ids)).map(({ text }) => text);
  assert.deepEqual(await texts(0, 1, 2, 3, 4, 1, 2, 3), [' a', '', '', '\u{1f642}', 'b', '', '', '\u{1f642}']);
  assert.deepEqual(await texts(1, 2, 3, 4, 1, 2, 3, 0), ['', '', '\u{1f642}', 'b', '', '', '\u{1f642}', ' a']);
  assert.deepEqual(await texts(4, 1), ['b', '\u{fffd}'], 'it ends within one');
});

test('options of a traced generation', () => {
  const { seed, ...options } = tracing({ temperature: 0, speculate: 8 }, true, 99);
  assert.ok(Number.isInteger(seed));
  assert.deepEqual(options, { attention: { prompt: true, norms: true, maxBytes: 99 }, lens: { topK: 5 }, attribution: true, temperature: 0, speculate: 0 });
  assert.equal(tracing({ seed: 7 }, false, 1).seed, 7);
  const { seed: drawn, attention } = tracing({ seed: undefined, attention: undefined }, true, 99); // as if they were not given
  assert.ok(Number.isInteger(drawn) && attention.prompt);
  assert.equal(promptBytes({ attentionLayers: [0, 2, 4], numHeads: 6 }, 100), 720_000);
});

test('a counted stream passes all on, and is ended with its reader', async () => {
  let ended = false;
  async function* three() {
    try {
      yield* [1, 2, 3];
      return 'end';
    } finally {
      ended = true;
    }
  }
  let count = 0;
  const stream = counted(three(), (n) => (count = n));
  assert.equal((await stream.next()).value, 1);
  await stream.return();
  assert.deepEqual([count, ended], [1, true]);
  const whole = counted(three(), (n) => (count = n));
  let step;
  do step = await whole.next(); while (!step.done);
  assert.deepEqual([step.value, count], ['end', 3]);
});
