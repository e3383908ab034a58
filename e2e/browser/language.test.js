// The languages of the site: the browser's at first, the person's choice after that, in all that the page says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp, slowTokens } from '../lib/fixture.js';
import { bundledPath } from '../lib/models.js';

const fixture = setUp();

/** Runs a test in a page of a browser whose language is `locale`. */
const inLocale = (locale, path, body) => async () => {
  const context = await fixture.browser.newContext({ locale, serviceWorkers: 'block', viewport: { width: 360, height: 740 } });
  try {
    const page = await context.newPage();
    await page.goto(fixture.origin + path);
    await body(page);
  } finally {
    await context.close();
  }
};

const lang = (page) => page.evaluate(() => document.documentElement.lang);

/** English words that can be seen, or heard, other than names and what says itself that it is English. */
const english = (page) =>
  page.evaluate(() => {
    const names = /Gander|Transformer|Go\b|GGUF|Hugging Face|config\.json|safetensors|JavaScript|stories\.gguf|[FQ]\d\w+|Top-[pk]|llama|[km]?B\b|m?s\b|(Llama|Mistral|Mixtral|Qwen|Gemma|Phi|OLMo|Granite|SmolLM|Falcon|StableLM|StarCoder|Cohere|LFM2|gpt-oss|Pythia|GPT-2)/gi;
    const found = [];
    const look = (text) => /[a-z]{2,}/i.test((text ?? '').replace(names, '')) && found.push(text.trim());
    const walk = (element) => {
      if (element.matches('script, style, noscript, kbd, [lang=en], #given, #written, #notice-detail')) return;
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) if (!element.getAttribute(name)?.startsWith('http')) look(element.getAttribute(name));
      for (const node of element.childNodes) {
        if (node.nodeType === Node.TEXT_NODE) look(node.textContent);
        else if (node.nodeType === Node.ELEMENT_NODE) walk(node);
      }
    };
    walk(document.body);
    look(document.title);
    return found;
  });

test('Chinese where the browser is Chinese, and all of it', inLocale('zh-CN', '/', async (page) => {
  assert.equal(await lang(page), 'zh-CN');
  await page.addInitScript(slowTokens);
  await page.reload();
  await page.locator('#generate:enabled').waitFor();
  await page.fill('#maxTokens', '20');
  await page.click('#generate');
  await page.locator('#sheet[aria-busy="false"] #stats:has-text("每秒")').waitFor();
  assert.deepEqual(await english(page), []);
  assert.match(await page.locator('#model-facts').textContent(), /^llama，6 层，263万 个参数 · F32和Q8_0 权重/);
  await page.setInputFiles('#file', { name: 'broken.gguf', mimeType: '', buffer: Buffer.from('GGUF') });
  await page.locator('#notice:not([hidden])').waitFor();
  assert.match(await page.locator('#notice-text').textContent(), /^“broken\.gguf”未能加载。 这不是可用的 GGUF/);
  assert.deepEqual(await english(page).then((found) => found.filter((text) => !text.includes('broken'))), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
}));

test('the choice counts from then on, on both pages, and changes what is there already', inLocale('de-DE', '/', async (page) => {
  assert.equal(await lang(page), 'en', 'what is neither gets English');
  await page.locator('#model-facts:has-text("parameters in 6 layers")').waitFor();
  await page.selectOption('#language', 'zh-CN');
  assert.equal(await lang(page), 'zh-CN');
  assert.match(await page.locator('#model-facts').textContent(), /参数/);
  assert.deepEqual(await english(page), []);
  await page.goto(`${fixture.origin}/bench.html`);
  assert.equal(await lang(page), 'zh-CN');
  assert.deepEqual(await english(page), []);
  await page.setInputFiles('#file', bundledPath);
  await page.click('#measure');
  await page.locator('.result').waitFor();
  assert.deepEqual(await english(page), []);
  assert.match(await page.locator('.result .facts').textContent(), /参数/);
  await page.selectOption('#language', 'en');
  assert.match(await page.locator('.result .facts').textContent(), /parameters/);
  assert.equal(await page.title(), 'Speed on this machine · Gander');
  await page.reload();
  assert.equal(await lang(page), 'en');
}));

test('Chinese of the second choice wins over a language that the site lacks', inLocale('ja-JP', '/blank', async (page) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'languages', { value: ['ja', 'zh-TW', 'en'] }));
  await page.goto(fixture.origin);
  assert.equal(await lang(page), 'zh-CN');
}));
