// The API, called from a page with a strict content security policy, in Chromium.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setUp, workersLeft } from '../lib/fixture.js';
import { brokenModels, bundledPath, withChatTemplate } from '../lib/models.js';

const broken = brokenModels();

const templates = {
  tools: '{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ tools|tojson }}{{ mood }}{{ add_generation_prompt }}{{ strftime_now("%Y") }}',
  broken: '\n{% if %}',
  refusing: '{{ raise_exception("no such role") }}',
  endless: '{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}',
  recursive: '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  reading: '{% include "/etc/passwd" %}',
};

const fixture = setUp({
  ...Object.fromEntries(broken.map(({ bytes }, i) => [`/broken/${i}.gguf`, (_, response) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes)])),
  ...Object.fromEntries(Object.entries(templates).map(([name, template]) => [`/template/${name}.gguf`, (_, response) => response.writeHead(200).end(withChatTemplate(template))])),
  '/chunked.gguf': (_, response) => response.writeHead(200).end(readFileSync(bundledPath)),
  '/stuck.gguf': (_, response) => {
    const bytes = readFileSync(bundledPath);
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, bytes.length >> 1));
  },
});

/**
 * Makes a test that runs `body` in the page, with what the page needs of the package, and compares what it returns.
 */
function inPage(name, want, body, argument) {
  test(name, () =>
    fixture.onPage('/blank', async (page) => {
      const got = await page.evaluate(
        `(async () => {
          const { Gander, GanderError } = await import('/gander/index.js');
          const caught = (promise) => Promise.resolve(promise).then(() => 'no error', (e) => e instanceof GanderError ? e.code : e?.name ?? String(e));
          const load = (options) => Gander.load('models/stories.gguf', options);
          const prompt = 'Once upon a time';
          return (${body})({ Gander, GanderError, caught, load, prompt }, ${JSON.stringify(argument ?? null)});
        })()`,
      );
      assert.deepEqual(got, want);
    }),
  );
}

inPage('generates from a URL', true, async ({ load, prompt }) => {
  const model = await load();
  const { text, tokens, usage, finishReason } = await model.complete(prompt, { maxTokens: 20, seed: 1, ignoreEOS: true });
  return text.length > 20 && tokens.length === 20 && usage.completionTokens === 20 && usage.promptTokens > 0 && finishReason === 'length';
});

for (const path of ['models/stories.gguf', 'chunked.gguf']) {
  inPage(`reports how far the load of ${path} is`, { ends: true, grows: true }, async ({ Gander }, path) => {
    const reports = [];
    const model = await Gander.load(path, { onProgress: (p) => reports.push(p) });
    const sizes = reports.filter(({ phase }) => phase === 'model').map(({ loaded }) => loaded);
    const { loaded, total } = reports.at(-1);
    return { ends: loaded === total && total === model.info.fileSize, grows: sizes.every((size, i) => i === 0 || size >= sizes[i - 1]) };
  }, path);
}

for (const workers of [1, 2]) {
  inPage(`tells how much memory the model takes, with workers: ${workers}`, { adds: true, sums: true, holds: true, little: true }, async ({ load }, workers) => {
    const { memory, workerMemory, fileSize } = (await load({ workers })).info;
    return {
      adds: memory.total === memory.weights + memory.kv + memory.activations && memory.weights > fileSize / 2,
      sums: workerMemory.length === workers && ['total', 'engine'].every((key) => workerMemory.reduce((sum, m) => sum + m[key], 0) === memory[key]),
      holds: workerMemory.every(({ engine, weights }) => engine > weights && engine % 65536 === 0), // whole pages of WebAssembly memory
      little: memory.engine < 1.15 * memory.total + workers * (24 << 20), // the program, the vocabulary and the room to read count most here
    };
  }, workers);
}

inPage('gives the same text from a URL, a Blob, an ArrayBuffer and a stream of unknown length', [true, true, true, true], async ({ Gander, prompt }) => {
  const blob = await (await fetch('models/stories.gguf')).blob();
  const buffer = await blob.arrayBuffer();
  const sources = [new URL('models/stories.gguf', document.baseURI), blob, buffer, 'chunked.gguf'];
  const texts = [];
  for (const source of sources) {
    const model = await Gander.load(source);
    texts.push((await model.complete(prompt, { maxTokens: 12, seed: 5 })).text);
    model.close();
  }
  return texts.map((text) => text === texts[0] && text.length > 0 && buffer.byteLength > 0);
});

inPage('gives the same text for the same seed, whatever was computed before', { same: true, shared: true, other: true }, async ({ load, prompt }) => {
  const model = await load();
  const write = async (prompt, seed) => (await model.complete(prompt, { maxTokens: 40, seed, ignoreEOS: true })).text;
  const first = await write(prompt, 3);
  const other = await write(prompt, 4);
  const longer = await write(`${prompt} there was`, 3);
  const again = await write(prompt, 3);
  const fresh = await (await load()).complete(`${prompt} there was`, { maxTokens: 40, seed: 3, ignoreEOS: true });
  return { same: first === again, shared: longer === fresh.text, other: other !== first };
});

inPage('tokenizes and back', { back: 'Once upon a time', bos: true, surrogate: true }, async ({ load, prompt }) => {
  const model = await load();
  const plain = await model.tokenize(prompt, { special: false });
  const special = await model.tokenize(prompt);
  const error = await model.tokenize('a\ud800b', { special: false }).catch((e) => e);
  return { back: (await model.detokenize(plain)).trim(), bos: special.length === plain.length + 1, surrogate: error instanceof TypeError };
});

inPage('gives logits of which greedy decoding takes the largest', { size: true, argmax: true, logprob: true, top: 3 }, async ({ load, prompt }) => {
  const model = await load();
  const ids = await model.tokenize(prompt);
  const logits = await model.logits(ids);
  const [token] = await Array.fromAsync(model.generate(ids, { maxTokens: 1, temperature: 0, ignoreEOS: true, logprobs: 3 }));
  const logSum = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return {
    size: logits instanceof Float32Array && logits.length === model.info.vocabSize,
    argmax: logits[token.id] === Math.max(...logits),
    logprob: Math.abs(token.logprob - (logits[token.id] - logSum)) < 1e-4,
    top: token.top.length,
  };
});

inPage('gives embeddings', { size: true, same: true, last: true, length: true }, async ({ load, prompt }) => {
  const model = await load();
  const x = await model.embed(prompt);
  const ids = await model.tokenize(prompt);
  const unit = await model.embed(ids, { pooling: 'last', normalize: true });
  return {
    size: x instanceof Float32Array && x.length === model.info.hiddenSize,
    same: (await model.embed([...ids], { pooling: 'mean' })).every((v, i) => v === x[i]) && model.info.pooling === 'mean' && !model.info.encoder,
    last: unit.some((v, i) => v !== x[i]),
    length: Math.abs(unit.reduce((sum, v) => sum + v * v, 0) - 1) < 1e-5,
  };
});

inPage('writes the same with speculation, and tells what came of it', { same: true, none: [0, 0], drafted: true, accepted: true }, async ({ load, prompt }) => {
  const model = await load();
  const looping = { maxTokens: 480, seed: 3, ignoreEOS: true, frequencyPenalty: -5, penaltyWindow: 8 }; // makes the text repeat itself
  const alone = await model.complete(prompt, looping);
  const ahead = await model.complete(prompt, { ...looping, speculate: 64 });
  const { draftedTokens, acceptedTokens } = ahead.usage;
  return {
    same: ahead.tokens.length === 480 && ahead.tokens.join() === alone.tokens.join() && ahead.text === alone.text,
    none: [alone.usage.draftedTokens, alone.usage.acceptedTokens],
    drafted: draftedTokens >= acceptedTokens,
    accepted: acceptedTokens > 100,
  };
});

inPage('makes prompts with ChatML where the model has no template', { kind: 'chatml', prompt: '<|im_start|>user\nHé<|im_end|>\n<|im_start|>assistant\n', open: '<|im_start|>user\nHé<|im_end|>\n' }, async ({ load }) => {
  const model = await load();
  const messages = [{ role: 'user', content: 'Hé' }];
  return { kind: model.info.chatTemplate, prompt: await model.applyChatTemplate(messages), open: await model.applyChatTemplate(messages, { addGenerationPrompt: false }) };
});

inPage("makes prompts with the model's template", { kind: 'model', text: '<user>hi<assistant>yo[{"z": 1, "a": [true, null, 1.5]}]calmTrue2025', bos: true }, async ({ Gander }) => {
  const model = await Gander.load('template/tools.gguf');
  const messages = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: 'yo' }];
  const prompt = await model.applyChatTemplate(messages, { tools: [{ z: 1, a: [true, null, 1.5] }], variables: { mood: 'calm' }, now: new Date(2025, 6, 10, 12) });
  const [bos] = await model.tokenize('');
  const start = await model.detokenize([bos]);
  const { usage } = await model.complete(prompt, { maxTokens: 1, ignoreEOS: true });
  const ids = await model.tokenize(prompt); // with a BOS of its own, so one more than the prompt that is computed
  return { kind: model.info.chatTemplate, text: prompt.slice(prompt.indexOf('<user>')), bos: usage.promptTokens === ids.length - 1 && ids[0] === ids[1] && start !== undefined };
});

inPage('bad templates reject with the code template, and the model lives on', [['template', 'line 2'], ['template', 'no such role'], ['template', 'steps'], ['template', 'nested'], ['template', 'include']], async ({ Gander, GanderError }) => {
  const found = [];
  for (const [name, word] of [['broken', 'line 2'], ['refusing', 'no such role'], ['endless', 'steps'], ['recursive', 'nested'], ['reading', 'include']]) {
    const model = await Gander.load(`template/${name}.gguf`);
    const error = await model.applyChatTemplate([{ role: 'user', content: 'hi' }]).catch((e) => e);
    const alive = (await model.complete('Once', { maxTokens: 2, ignoreEOS: true })).tokens.length === 2;
    found.push([error instanceof GanderError && alive && error.code, error.message.includes(word) ? word : error.message]);
    model.close();
  }
  return found;
});

inPage('stops at a stop string and leaves it out', { stopped: 'stop', clean: true }, async ({ load, prompt }) => {
  const model = await load();
  const whole = (await model.complete(prompt, { maxTokens: 60, temperature: 0, ignoreEOS: true })).text;
  const stop = whole.slice(20, 26);
  const { text, finishReason } = await model.complete(prompt, { maxTokens: 60, temperature: 0, ignoreEOS: true, stop });
  return { stopped: finishReason, clean: text === whole.slice(0, whole.indexOf(stop)) };
});

inPage('an abort rejects with its reason, and the next generation works', { reason: 'enough', seen: true, next: 5 }, async ({ load, prompt }) => {
  const model = await load();
  const controller = new AbortController();
  let seen = 0;
  let reason;
  try {
    for await (const _ of model.generate(prompt, { ignoreEOS: true, signal: controller.signal })) if (++seen === 5) controller.abort('enough');
  } catch (error) {
    reason = error;
  }
  return { reason, seen: seen === 5, next: (await model.complete(prompt, { maxTokens: 5, ignoreEOS: true })).tokens.length };
});

inPage('leaving the loop stops the generation in the worker', { next: 5, soon: true }, async ({ load, prompt }) => {
  const model = await load();
  for await (const _ of model.generate(prompt, { ignoreEOS: true, maxTokens: model.info.contextLength - 100 })) break;
  const whole = performance.now();
  const next = (await model.complete(prompt, { maxTokens: 5, ignoreEOS: true })).tokens.length;
  const wait = performance.now() - whole;
  const start = performance.now();
  await model.complete(prompt, { ignoreEOS: true, maxTokens: model.info.contextLength - 100 });
  return { next, soon: wait < (performance.now() - start) / 2 };
});

inPage('generations at the same time are done in turn', ['first', 'second', 'third'], async ({ load, prompt }) => {
  const model = await load();
  const order = [];
  await Promise.all(['first', 'second', 'third'].map((name, i) => model.complete(prompt, { maxTokens: 30 - 10 * i }).then(() => order.push(name))));
  return order;
});

inPage('a generation that waits for its turn can be aborted', { waiting: 'AbortError', running: 30 }, async ({ load, prompt, caught }) => {
  const model = await load();
  const running = model.complete(prompt, { maxTokens: 30, ignoreEOS: true });
  const controller = new AbortController();
  const waiting = caught(model.complete(prompt, { signal: controller.signal }));
  controller.abort();
  return { waiting: await waiting, running: (await running).tokens.length };
});

inPage('an abort while the prompt is read', { reason: 'AbortError', logits: true }, async ({ load, caught }) => {
  const model = await load();
  const ids = new Int32Array(model.info.contextLength - 8).fill(5);
  const controller = new AbortController();
  const call = caught(model.complete(ids, { signal: controller.signal }));
  setTimeout(() => controller.abort(), 5);
  const reason = await call;
  return { reason, logits: (await model.logits([1])).length === model.info.vocabSize };
});

inPage('an aborted load rejects with its reason and leaves no worker', ['AbortError', 'no', 'AbortError'], async ({ Gander, caught }) => {
  const before = new AbortController();
  before.abort();
  const during = new AbortController();
  const stuck = Gander.load('stuck.gguf', { signal: during.signal, onProgress: ({ phase, loaded }) => phase === 'download' && loaded > 0 && during.abort('no') });
  const started = new AbortController();
  setTimeout(() => started.abort(), 300);
  return [await caught(Gander.load('models/stories.gguf', { signal: before.signal })), await stuck.catch((reason) => reason), await caught(Gander.load('stuck.gguf', { signal: started.signal }))];
});

inPage('arguments that are wrong reject before any work', Array(11).fill('TypeError').concat(Array(3).fill('RangeError')), async ({ Gander, load, caught, prompt }) => {
  const model = await load();
  const calls = [
    Gander.load(5),
    load({ workers: 'many' }),
    load({ contextSize: 4 }),
    model.complete(prompt, { attention: 'all' }),
    model.generate(prompt, { tempature: 1 }).next(),
    model.complete(5),
    model.tokenize(5),
    model.tokenize(prompt, { bos: true }),
    model.logits('1'),
    model.embed(prompt, { pooling: 'max' }),
    model.embed('a\ud800'),
    model.complete(prompt, { temperature: NaN }),
    model.complete(prompt, { topP: 2 }),
    load({ contextLength: -1 }),
  ];
  return Promise.all(calls.map(caught));
});

inPage('faults that only the engine can see have codes', ['bad_token', 'bad_token', 'bad_token', 'context_full', 'context_full', 5], async ({ load, caught, prompt }) => {
  const model = await load({ contextLength: 32 });
  return [
    await caught(model.logits([1e6])),
    await caught(model.detokenize([-1])),
    await caught(model.complete([1, -1])),
    await caught(model.logits(new Int32Array(33).fill(5))),
    await caught(model.complete(new Int32Array(40).fill(5))),
    (await model.complete(prompt, { maxTokens: 5, ignoreEOS: true })).tokens.length,
  ];
});

inPage('a full context ends the answer', { finishReason: 'length', total: true }, async ({ load, prompt }) => {
  const model = await load({ contextLength: 32 });
  const { finishReason, usage } = await model.complete(prompt, { ignoreEOS: true, temperature: 0 });
  return { finishReason, total: Math.abs(usage.promptTokens + usage.completionTokens - 32) <= 1 };
});

inPage('a text has no end where the context shifts', { tokens: 150, forgot: true, same: true, refused: 'bad_option' }, async ({ load, caught, prompt }) => {
  const model = await load({ contextLength: 32 });
  const options = { ignoreEOS: true, temperature: 0, overflow: 'shift', maxTokens: 150 };
  const ids = await model.tokenize(prompt);
  const whole = await model.complete(ids, options);
  // A chat that goes on: each prompt is the whole text so far.
  let text = [...ids, ...(await model.complete(ids, { ...options, maxTokens: 90 })).tokens];
  text = [...text, ...(await model.complete(text, { ...options, maxTokens: 60 })).tokens];
  return {
    tokens: whole.tokens.length,
    forgot: whole.usage.forgottenTokens > 100,
    same: text.slice(ids.length).join() === [...whole.tokens].join(),
    refused: await caught(model.complete(ids, { ...options, keep: 31 })),
  };
});

inPage('an empty prompt is no trouble', true, async ({ load, caught }) => {
  const model = await load();
  const text = await model.complete('', { maxTokens: 3, ignoreEOS: true });
  return text.tokens.length === 3 && ['bad_option', 'bad_token'].includes(await caught(model.complete([], { maxTokens: 3 })));
});

test('broken files have codes, from a URL and from a Blob, and then a good one loads in the same worker', () =>
  fixture.onPage('/blank', async (page) => {
    const got = await page.evaluate(async (count) => {
      const { Gander } = await import('/gander/index.js');
      const codes = [];
      for (let i = 0; i < count; i++) {
        const url = `broken/${i}.gguf`;
        for (const source of [url, await (await fetch(url)).blob()]) codes.push(await Gander.load(source).then(() => 'loaded', (error) => error.code ?? String(error)));
      }
      const model = await Gander.load('models/stories.gguf');
      return { codes, tokens: (await model.complete('A', { maxTokens: 2, ignoreEOS: true })).tokens.length };
    }, broken.length);
    assert.deepEqual(got, { codes: broken.flatMap(({ code }) => [code, code]), tokens: 2 });
    await workersLeft(page, 1);
  }));

inPage('a URL that is not there', { code: 'network', status: 404 }, async ({ Gander }) => {
  const { code, status } = await Gander.load('models/none.gguf').catch((error) => error);
  return { code, status };
});

inPage('close settles what is under way, and later calls', ['closed', 'closed', 'closed', 'closed'], async ({ load, prompt, caught }) => {
  const model = await load();
  const calls = [caught(model.complete(prompt)), caught(model.complete(prompt)), caught(model.tokenize('a'))];
  model.close();
  model.close();
  return [...(await Promise.all(calls)), await caught(model.tokenize('a'))];
});

test('a worker that is killed rejects what is under way, and the next load works', () =>
  fixture.onPage('/blank', async (page) => {
    await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const model = await Gander.load('models/stories.gguf');
      const stream = model.generate('Once', { ignoreEOS: true });
      await stream.next();
      globalThis.failed = (async () => {
        for (;;) if ((await stream.next()).done) return 'done';
      })().catch((error) => error.code);
      globalThis.model = model;
    });
    await page.workers()[0].evaluate('self.close()');
    const got = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const after = await globalThis.model.tokenize('a').catch((error) => error.code);
      const next = await Gander.load('models/stories.gguf');
      return [await globalThis.failed, after, (await next.complete('A', { maxTokens: 2, ignoreEOS: true })).tokens.length];
    });
    assert.deepEqual(got, ['worker', 'worker', 2]);
  }));

inPage('inspect of as many workers as need be', { one: 1, several: true, fit: true, fewer: true, none: 1 }, async ({ Gander }) => {
  const of = (contextLength, workers) => Gander.inspect('models/stories.gguf', { contextLength, workers });
  const { workerMemory, memoryLimit } = await of(2e6, 'auto');
  const fits = ({ total }) => total <= memoryLimit;
  const fewer = await of(2e6, workerMemory.length - 1);
  return {
    one: (await of(512, 'auto')).workerMemory.length,
    several: workerMemory.length > 1,
    fit: workerMemory.every(fits),
    fewer: !fewer.workerMemory.every(fits),
    none: (await of(2e9, 'auto')).workerMemory.length,
  };
});

inPage('inspect tells what load would give, from the header alone', { same: true, supported: true, sum: true, kv: true, refused: 'unsupported', reason: true }, async ({ Gander, caught }) => {
  const sorted = (value) => JSON.stringify(value, (_, v) => (typeof v === 'object' && !Array.isArray(v) ? Object.entries(v).sort() : v));
  const { supported, memoryLimit, ...told } = await Gander.inspect('models/stories.gguf', { contextLength: 512, workers: 1 });
  const { info } = await Gander.load('models/stories.gguf', { contextLength: 512, workers: 1 });
  const { supported: _, workers, transport, ...rest } = info; // what is not known before
  const needs = ({ engine, ...memory }) => memory;
  Object.assign(rest, { memory: needs(rest.memory), workerMemory: rest.workerMemory.map(needs) });
  const { weights, kv, activations, total } = told.memory;
  const small = await Gander.inspect('models/stories.gguf', { contextLength: 512, kvType: 'int8' });
  const other = await Gander.inspect('broken/7.gguf');
  return {
    same: sorted(told) === sorted(rest) && memoryLimit > told.memory.total,
    supported,
    sum: total === weights + kv + activations && weights > 0,
    kv: small.memory.kv < kv / 3,
    refused: await caught(Gander.load('broken/7.gguf')),
    reason: !other.supported && other.reason.includes('lxama') && other.memory.total === 0,
  };
});

inPage('a model that is too large is refused with the numbers, before its weights are read', { code: 'memory', needs: true, next: true }, async ({ Gander, load }) => {
  const { code, memory } = await Gander.load('models/stories.gguf', { contextLength: 2e9 }).catch((error) => error);
  return { code, needs: memory.total > memory.limit && memory.total === memory.weights + memory.kv + memory.activations, next: (await load()).info.supported };
});
