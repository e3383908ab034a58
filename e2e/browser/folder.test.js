// Models of several files in Chromium: a Hugging Face folder by every way in, and llama2.c's files.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setUp } from '../lib/fixture.js';
import { shared } from '../lib/models.js';
import { sendFile } from '../lib/server.js';

const models = `${shared}thirdparty/models/`;
const skip = existsSync(models) ? false : `reference data ${models} is not there`;

const tiny = 'TinyStories-656K';
const INDEX = 'model.safetensors.index.json';
const SHARD = 'model-00001-of-00001.safetensors';
const routes = {};
/** An index of one shard, which has all that model.safetensors has. */
function index() {
  const file = readFileSync(`${models}${tiny}/model.safetensors`);
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString());
  return JSON.stringify({ weight_map: Object.fromEntries(Object.keys(tensors).map((name) => [name, SHARD])) });
}

/** What becomes of requests to a folder, by the name of the file: a status, `'cut'`, `'broken'`, `'page'`, or nothing. */
let fault = () => {};
/** How often model.safetensors was sent, or a part of it that is more than a byte. */
let sent = 0;
/** Files that were asked for. */
let asked = [];
for (const name of skip ? [] : [...readdirSync(models + tiny), 'chat_template.jinja', 'modules.json', 'tokenizer.model', INDEX, SHARD]) {
  routes[`/m/${name}`] = (request, response) => {
    asked.push(name);
    const status = fault(name);
    if (status === 'cut') return response.destroy();
    if (status === 'broken') return response.end('{');
    if (status === 'page') return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Please log in</title>');
    if (status) return response.writeHead(status).end();
    if (name === INDEX) return response.end(index());
    if (name === 'model.safetensors' && request.headers.range !== 'bytes=0-0') sent++;
    sendFile(`${models}${tiny}/${name === SHARD ? 'model.safetensors' : name}`, request, response);
  };
}
for (const folder of skip ? [] : [tiny, 'stories260K']) {
  for (const name of readdirSync(models + folder)) routes[`/${folder}/${name}`] = (request, response) => sendFile(`${models}${folder}/${name}`, request, response);
}
const fixture = setUp(routes);

/** The beginning of what the trained model writes, as llama.cpp's logits have it. */
const STORY = [313, 598, 303, 1049, 1468, 267, 628, 333, 94, 1210];
const PROMPT = [1, 80, 147, 201, 282, 57];

test('a Hugging Face folder by address, as files, and by handle, whole and quantised', { skip }, () =>
  fixture.onPage('/blank', async (page) => {
    const results = await page.evaluate(async ({ base, prompt, names }) => {
      const { Gander } = await import('/gander/index.js');
      const bytes = async (name) => (await fetch(base + name)).blob();
      const files = await Promise.all(names.map(async (name) => new File([await bytes(name)], name)));
      const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle('folder', { create: true });
      for (const file of files) {
        const stream = await (await directory.getFileHandle(file.name, { create: true })).createWritable();
        await stream.write(file);
        await stream.close();
      }
      const results = {};
      for (const [way, source, options] of [['address', base], ['files', files], ['handle', directory], ['quantised', files, { quantize: 'q8_0' }]]) {
        const model = await Gander.load(source, { cache: false, ...options });
        const { tokens } = await model.complete(prompt, { maxTokens: 10, temperature: 0 });
        results[way] = { tokens: [...tokens], text: [...(await model.tokenize('Once upon a time'))], types: model.info.types, weights: model.info.memory.weights };
        model.close();
      }
      const { supported, types } = await Gander.inspect(files, { quantize: 'q4_0' });
      return { ...results, inspected: { supported, types } };
    }, { base: `/${tiny}/`, prompt: PROMPT, names: ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'] });
    for (const way of ['address', 'files', 'handle']) {
      assert.deepEqual(results[way].tokens, STORY, way);
      assert.deepEqual(results[way].text, PROMPT, way);
      assert.deepEqual(results[way].types, { F32: 20 }, way);
    }
    assert.deepEqual(results.quantised.types, { F32: 5, Q8_0: 15 });
    assert.ok(results.quantised.weights < results.files.weights / 3, `${results.quantised.weights} of ${results.files.weights} bytes`);
    assert.deepEqual(results.inspected, { supported: true, types: { F32: 5, Q4_0: 15 } });
  }),
);

/** Loads a folder with a profile of its own, as often as the test wants. */
async function inProfile(body) {
  const context = await fixture.browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${fixture.origin}/blank`);
    await body(async () => {
      asked = [];
      return page.evaluate(async () => {
        const { Gander } = await import('/gander/index.js');
        try {
          const model = await Gander.load('/m/');
          const { tokens } = await model.complete([1, 80, 147, 201, 282, 57], { maxTokens: 10, temperature: 0 });
          model.close();
          return { tokens: [...tokens], kept: model.kept };
        } catch ({ code, message }) {
          return { code, message };
        }
      });
    }, page);
  } finally {
    fault = () => {};
    await context.close();
  }
}

/** Changes what is kept of a file. */
const damage = (page, name) =>
  page.evaluate(async (name) => {
    const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle('gander');
    for await (const [file, handle] of dir) {
      const text = file.endsWith('.log') ? await (await handle.getFile()).text() : '';
      if (!text.includes(`/${name}"`)) continue;
      const out = await (await dir.getFileHandle(file.replace(/log$/, 'bin'))).createWritable();
      await out.write('damaged');
      await out.close();
    }
  }, name);

const whole = { tokens: STORY, kept: true };
const single = (name) => (name === INDEX || name === SHARD ? 404 : undefined);
const sharded = (name) => (name === 'model.safetensors' ? 404 : undefined);

test('the weights of a kept folder are in other files now', { skip }, () =>
  inProfile(async (load) => {
    fault = single;
    assert.deepEqual(await load(), whole);
    fault = sharded;
    assert.deepEqual(await load(), whole);
    assert.ok(asked.includes(SHARD), 'versions are not mixed');
    fault = (name) => (name === 'model.safetensors' ? 503 : undefined);
    assert.equal((await load()).code, 'network', 'it is not known whether they are there');
    fault = single;
    const before = sent;
    assert.deepEqual(await load(), whole);
    assert.equal(sent, before, 'it is still kept');
  }),
);

test('a new version of a small file that is broken: what was kept before stays', { skip }, () =>
  inProfile(async (load) => {
    fault = single;
    assert.deepEqual(await load(), whole);
    fault = (name) => (name === 'tokenizer.json' ? 'broken' : single(name));
    assert.equal((await load()).code, 'bad_file');
    const before = sent;
    fault = () => 'cut';
    assert.deepEqual(await load(), whole, 'the version before');
    fault = single;
    assert.deepEqual(await load(), whole);
    assert.equal(sent, before, 'the weights are still kept');
  }),
);

for (const [name, files] of [['one file', single], ['shards', sharded]]) {
  test(`a kept folder without its server: weights in ${name}`, { skip }, () =>
    inProfile(async (load, page) => {
      fault = files;
      assert.deepEqual(await load(), whole);
      fault = () => 'cut';
      assert.deepEqual(await load(), whole);
      assert.ok(await page.evaluate(async () => (await (await import('/gander/index.js')).Gander.inspect('/m/')).supported), 'inspected without its server');
      fault = (file) => (file === 'config.json' ? 503 : files(file));
      assert.deepEqual(await load(), whole);
      fault = () => 'cut';
      await damage(page, 'tokenizer_config.json');
      for (let i = 0; i < 2; i++) assert.equal((await load()).code, 'network', 'a damaged file is none that is missing');
      fault = files;
      assert.deepEqual(await load(), whole);
    }),
  );
}

for (const [name, files] of [['one file', single], ['shards', sharded]]) {
  test(`a kept folder of a server that has a page in place of everything: weights in ${name}`, { skip }, () =>
    inProfile(async (load) => {
      fault = files;
      assert.deepEqual(await load(), whole);
      const before = sent;
      for (const now of ['page', 'page', 'cut']) {
        fault = () => now;
        assert.deepEqual(await load(), whole, now);
      }
      fault = files;
      assert.deepEqual(await load(), whole);
      assert.equal(sent, before, 'the weights are still kept');
    }),
  );
}

test('a kept folder that is broken, without its server: what is kept stays', { skip }, () =>
  inProfile(async (load, page) => {
    fault = single;
    assert.deepEqual(await load(), whole);
    await page.evaluate(async () => (await import('/gander/index.js')).Gander.cache.delete('/m/tokenizer.json'));
    const before = sent;
    fault = () => 'cut';
    assert.equal((await load()).code, 'bad_file');
    fault = single;
    assert.deepEqual(await load(), whole);
    assert.equal(sent, before, 'the weights are still kept');
  }),
);

test('a folder that is not all kept, and a server that answers to some', { skip }, () =>
  inProfile(async (load) => {
    fault = (name) => (name === 'config.json' ? undefined : 500);
    assert.equal((await load()).code, 'network');
    fault = (name) => (name === 'config.json' || name === 'tokenizer_config.json' ? 500 : single(name));
    assert.equal((await load()).code, 'network', 'it is not known whether there is a tokenizer_config.json');
    fault = single;
    assert.deepEqual(await load(), whole);
  }),
);

test("llama2.c's model and tokenizer, and a tokenizer that is missing", { skip }, () =>
  fixture.onPage('/blank', async (page) => {
    const { text, code } = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const file = async (name) => new File([await (await fetch(`/stories260K/${name}`)).blob()], name);
      const [bin, tok] = await Promise.all([file('stories260K.bin'), file('tok512.bin')]);
      const model = await Gander.load([bin, tok]);
      const { text } = await model.complete('', { maxTokens: 20, temperature: 0 });
      model.close();
      const code = await Gander.load([bin, new File(['x'], 'README.md')]).then(() => '', ({ code }) => code);
      return { text, code };
    });
    const published = readFileSync(`${models}stories260K/expected_greedy200.txt`, 'utf8').trim();
    assert.ok(text.length > 60 && published.startsWith(text.trim()), text);
    assert.equal(code, 'bad_file');
  }),
);

test('a folder through the page', { skip }, () =>
  fixture.onPage('/', async (page) => {
    await page.setInputFiles('#folder', models + tiny);
    await page.locator('#model-name', { hasText: tiny }).waitFor();
    assert.match(await page.locator('#model-facts').textContent(), /llama, .* parameters/);
  }),
);
