import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatConversation, checkInspectOptions, checkLoadOptions, checkText, checkTokenizeOptions, engineOptions, tokenIds } from '../../www/gander/options.js';

const cases = [
  { name: 'load: none', check: () => checkLoadOptions({}), want: null },
  { name: 'load: all that are supported', check: () => checkLoadOptions({ workers: 'auto', cache: false, contextLength: 512, signal: new AbortController().signal, onProgress() {} }), want: null },
  { name: 'load: undefined is not given', check: () => checkLoadOptions({ contextLength: undefined }), want: null },
  { name: 'load: unknown', check: () => checkLoadOptions({ contextSize: 1 }), want: TypeError },
  { name: 'load: a name from Object.prototype', check: () => checkLoadOptions({ constructor: 1 }), want: TypeError },
  { name: 'load: not an object', check: () => checkLoadOptions(5), want: TypeError },
  { name: 'load: null', check: () => checkLoadOptions(null), want: TypeError },
  { name: 'load: four workers', check: () => checkLoadOptions({ workers: 4 }), want: null },
  { name: 'load: no workers', check: () => checkLoadOptions({ workers: 0 }), want: RangeError },
  { name: 'load: a thousand workers', check: () => checkLoadOptions({ workers: 1000 }), want: RangeError },
  { name: 'load: many workers', check: () => checkLoadOptions({ workers: 'many' }), want: TypeError },
  { name: 'load: cache', check: () => checkLoadOptions({ cache: 'yes' }), want: TypeError },
  { name: 'load: a hash', check: () => checkLoadOptions({ sha256: 'AB'.repeat(32) }), want: null },
  { name: 'load: hashes', check: () => checkLoadOptions({ sha256: ['ab'.repeat(32), '12'.repeat(32)] }), want: null },
  { name: 'load: a hash that is too short', check: () => checkLoadOptions({ sha256: 'ab' }), want: TypeError },
  { name: 'inspect: a hash', check: () => checkInspectOptions({ sha256: 'ab'.repeat(32) }), want: TypeError },
  { name: 'inspect: all', check: () => checkInspectOptions({ workers: 'auto', contextLength: 512, kvType: 'int8', signal: new AbortController().signal }), want: null },
  { name: 'load: quantised', check: () => checkLoadOptions({ quantize: 'q8_0' }), want: null },
  { name: 'load: quantised to what can only be read', check: () => checkLoadOptions({ quantize: 'q4_k' }), want: TypeError },
  { name: 'load: keys and values in 8 bits', check: () => checkLoadOptions({ kvType: 'int8' }), want: null },
  { name: 'load: keys and values of an unknown type', check: () => checkLoadOptions({ kvType: 'q4_0' }), want: TypeError },
  { name: 'load: context of no tokens', check: () => checkLoadOptions({ contextLength: 0 }), want: RangeError },
  { name: 'load: half a token', check: () => checkLoadOptions({ contextLength: 1.5 }), want: RangeError },
  { name: 'load: context as text', check: () => checkLoadOptions({ contextLength: '512' }), want: TypeError },
  { name: 'tokenize: special', check: () => checkTokenizeOptions({ special: false }), want: null },
  { name: 'text with a pair', check: () => checkText('text', 'a🙂b'), want: null },
  { name: 'text with half a pair', check: () => checkText('text', 'a\ud83db'), want: TypeError },
  { name: 'text with the other half', check: () => checkText('text', '\ude42'), want: TypeError },
  { name: 'text that is none', check: () => checkText('text', 3), want: TypeError },
  { name: 'tokenize: special as number', check: () => checkTokenizeOptions({ special: 1 }), want: TypeError },
  { name: 'generate: all traces', check: () => engineOptions({ attention: { layers: [0], heads: [1, 2], topK: 3, prompt: true, norms: true, maxBytes: 1 }, lens: { topK: 2, layers: [1] }, residual: { layers: [0] }, attribution: true, ablate: [{ layer: 0, head: 1 }, { layer: 0, head: 2, scale: 0.5 }] }), want: null },
  { name: 'generate: traces that are off', check: () => engineOptions({ attention: false, lens: undefined, residual: false, attribution: false, ablate: [] }), want: null },
  { name: 'generate: attention as a number', check: () => engineOptions({ attention: 1 }), want: TypeError },
  { name: 'generate: an unknown option of attention', check: () => engineOptions({ attention: { layer: 1 } }), want: TypeError },
  { name: 'generate: a layer as a number', check: () => engineOptions({ attention: { layers: 1 } }), want: TypeError },
  { name: 'generate: half a layer', check: () => engineOptions({ attention: { layers: [0.5] } }), want: RangeError },
  { name: 'generate: a head as text', check: () => engineOptions({ attention: { heads: ['1'] } }), want: TypeError },
  { name: 'generate: attention in no bytes', check: () => engineOptions({ attention: { maxBytes: 0 } }), want: RangeError },
  { name: 'generate: a negative topK of the lens', check: () => engineOptions({ lens: { topK: -1 } }), want: RangeError },
  { name: 'generate: attribution as an object', check: () => engineOptions({ attribution: {} }), want: TypeError },
  { name: 'generate: ablate as an object', check: () => engineOptions({ ablate: { layer: 0, head: 0 } }), want: TypeError },
  { name: 'generate: a layer without a head', check: () => engineOptions({ ablate: [{ layer: 0 }] }), want: TypeError },
  { name: 'generate: a head that is negative', check: () => engineOptions({ ablate: [{ layer: 0, head: -1 }] }), want: RangeError },
  { name: 'generate: a scale that is infinite', check: () => engineOptions({ ablate: [{ layer: 0, head: 0, scale: Infinity }] }), want: RangeError },
  { name: 'generate: snake case', check: () => engineOptions({ top_k: 1 }), want: TypeError },
  { name: 'generate: NaN temperature', check: () => engineOptions({ temperature: NaN }), want: RangeError },
  { name: 'generate: infinite temperature', check: () => engineOptions({ temperature: Infinity }), want: RangeError },
  { name: 'generate: negative temperature', check: () => engineOptions({ temperature: -0.1 }), want: RangeError },
  { name: 'generate: temperature as text', check: () => engineOptions({ temperature: '1' }), want: TypeError },
  { name: 'generate: topP 0', check: () => engineOptions({ topP: 0 }), want: RangeError },
  { name: 'generate: topP above 1', check: () => engineOptions({ topP: 1.01 }), want: RangeError },
  { name: 'generate: no tokens', check: () => engineOptions({ maxTokens: 0 }), want: RangeError },
  { name: 'generate: seed too large to be exact', check: () => engineOptions({ seed: 2 ** 53 }), want: RangeError },
  { name: 'generate: stop with a number', check: () => engineOptions({ stop: ['a', 1] }), want: TypeError },
  { name: 'generate: stop at half a surrogate pair', check: () => engineOptions({ stop: 'a\ud83d' }), want: TypeError },
  { name: 'generate: stop as an object', check: () => engineOptions({ stop: {} }), want: TypeError },
  { name: 'generate: signal that is none', check: () => engineOptions({ signal: {} }), want: TypeError },
  { name: 'generate: logprobs as text', check: () => engineOptions({ logprobs: 'yes' }), want: TypeError },
  { name: 'generate: as many drafts as there may be', check: () => engineOptions({ speculate: 64 }), want: null },
  { name: 'generate: without end', check: () => engineOptions({ overflow: 'shift', keep: 0 }), want: null },
  { name: 'generate: another overflow', check: () => engineOptions({ overflow: 'roll' }), want: TypeError },
  { name: 'generate: keep of what does not shift', check: () => engineOptions({ keep: 4 }), want: { code: 'bad_option' } },
  { name: 'generate: keep of what stops', check: () => engineOptions({ overflow: 'stop', keep: 4 }), want: { code: 'bad_option' } },
  { name: 'generate: keep that is not given', check: () => engineOptions({ keep: undefined }), want: null },
  { name: 'generate: keep less than nothing', check: () => engineOptions({ overflow: 'shift', keep: -1 }), want: RangeError },
  { name: 'generate: more drafts', check: () => engineOptions({ speculate: 65 }), want: RangeError },
  { name: 'generate: negative drafts', check: () => engineOptions({ speculate: -1 }), want: RangeError },
  { name: 'generate: half a draft', check: () => engineOptions({ speculate: 0.5 }), want: RangeError },
  { name: 'generate: drafts as true', check: () => engineOptions({ speculate: true }), want: TypeError },
  { name: 'chat: all', check: () => chatConversation([{ role: 'user', content: 'x' }], { tools: [{}], documents: [], addGenerationPrompt: false, variables: { enable_thinking: true }, now: new Date() }), want: null },
  { name: 'chat: no messages', check: () => chatConversation([], {}), want: TypeError },
  { name: 'chat: a text', check: () => chatConversation('hello', {}), want: TypeError },
  { name: 'chat: messages that are texts', check: () => chatConversation(['hello'], {}), want: TypeError },
  { name: 'chat: no role', check: () => chatConversation([{ content: 'x' }], {}), want: TypeError },
  { name: 'chat: half a surrogate pair', check: () => chatConversation([{ role: 'user', content: 'a\ud800' }], {}), want: TypeError },
  { name: 'chat: unknown', check: () => chatConversation([{ role: 'user' }], { enable_thinking: true }), want: TypeError },
  { name: 'chat: tools that are none', check: () => chatConversation([{ role: 'user' }], { tools: {} }), want: TypeError },
  { name: 'chat: variables with a name that is taken', check: () => chatConversation([{ role: 'user' }], { variables: { tools: [] } }), want: TypeError },
  { name: 'chat: variables as a list', check: () => chatConversation([{ role: 'user' }], { variables: [] }), want: TypeError },
  { name: 'chat: no time', check: () => chatConversation([{ role: 'user' }], { now: new Date(NaN) }), want: TypeError },
  { name: 'ids: array', check: () => tokenIds([1, 2]), want: null },
  { name: 'ids: a negative id is for the engine to refuse', check: () => tokenIds([-1]), want: null },
  { name: 'ids: text', check: () => tokenIds('12'), want: TypeError },
  { name: 'ids: half', check: () => tokenIds([0.5]), want: TypeError },
  { name: 'ids: hole', check: () => tokenIds([, 1]), want: TypeError },
  { name: 'ids: floats', check: () => tokenIds(new Float32Array(1)), want: TypeError },
  { name: 'ids: 2^31', check: () => tokenIds([2 ** 31]), want: RangeError },
];

for (const { name, check, want } of cases) {
  test(name, () => {
    if (want) assert.throws(check, want);
    else assert.doesNotThrow(check);
  });
}

test('engineOptions gives what the engine takes', () => {
  const { signal } = new AbortController();
  const want = { temperature: 0, seed: 3, stop: ['end'], logprobs: 1 };
  assert.deepEqual(engineOptions({ temperature: 0, seed: 3, stop: 'end', logprobs: true, topK: undefined, signal }), want);
});

test('chatConversation keeps the order of keys', () => {
  const want = '{"mood":"calm","messages":[{"role":"user","content":"x"}],"tools":[{"z":1,"a":2}],"add_generation_prompt":true}';
  assert.equal(chatConversation([{ role: 'user', content: 'x' }], { tools: [{ z: 1, a: 2 }], variables: { mood: 'calm' } }), want);
});

test('engineOptions draws a seed', () => {
  const seeds = new Set(Array.from({ length: 8 }, () => engineOptions({}).seed));
  assert.ok(seeds.size > 1);
});

test('tokenIds copies', () => {
  const ids = Int32Array.of(1, 2);
  const copy = tokenIds(ids);
  assert.deepEqual(copy, ids);
  assert.notEqual(copy.buffer, ids.buffer);
});
