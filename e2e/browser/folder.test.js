// Models of several files in Chromium: a Hugging Face folder by every way in, and llama2.c's files.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setUp } from '../lib/fixture.js';
import { sendFile } from '../lib/server.js';

const models = fileURLToPath(new URL('../../../shared/thirdparty/models/', import.meta.url));
const skip = existsSync(models) ? false : 'shared/thirdparty is not beside this checkout';

const tiny = 'TinyStories-656K';
const routes = {};
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
