// The golden models in Chromium: logits and greedy tokens are those of the reference, within FORMAT.md's tolerances.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from '../lib/fixture.js';
import { compare, goldenModels, noGolden } from '../lib/models.js';
import { sendFile } from '../lib/server.js';

const models = goldenModels();
const fixture = setUp(Object.fromEntries(models.map(({ name, path }) => [`/golden/${name}.gguf`, (request, response) => sendFile(path, request, response)])));

test('golden models in Chromium', { skip: noGolden }, (t) =>
  fixture.onPage('/blank', async (page) => {
    for (const model of models) {
      await t.test(model.name, async () => {
        const { logits, tokens } = await page.evaluate(async ({ name, prompt, count }) => {
          const { Gander } = await import('/gander/index.js');
          const model = await Gander.load(`/golden/${name}.gguf`, { workers: 1, cache: false });
          const logits = await model.logits(prompt);
          const { tokens } = await model.complete(prompt, { maxTokens: count, temperature: 0, ignoreEOS: true });
          model.close();
          return { logits: [...logits], tokens: [...tokens] };
        }, { name: model.name, prompt: model.expected.prompt, count: model.expected.greedy.length });
        assert.equal(compare(model, logits, tokens), '');
      });
    }
  }),
);

test('a golden model through the file input of the page', { skip: noGolden }, () =>
  fixture.onPage('/', async (page) => {
    const { path, name } = models.find(({ name }) => name === 'llama_untied');
    await page.setInputFiles('#file', path);
    await page.locator('#model-name', { hasText: 'model.gguf' }).waitFor();
    await page.fill('#prompt', 'abc');
    await page.fill('#maxTokens', '8');
    await page.click('#generate');
    await page.locator('#stats', { hasText: 'tokens' }).waitFor();
    assert.ok((await page.locator('#written').textContent()).length > 0, name);
  }),
);
