// The page, as a person uses it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setUp, slowTokens, workersLeft } from '../lib/fixture.js';
import { brokenModels, bundledPath } from '../lib/models.js';

const fixture = setUp({
  '/stuck.gguf': (_, response) => void response.writeHead(200, { 'content-length': 5e6 }).write('GGUF'),
  '/gone.gguf': (_, response) => response.writeHead(410).end(),
});

const onPage = (name, body) =>
  test(name, () =>
    fixture.onPage('/', async (page) => {
      await page.locator('#generate:enabled').waitFor();
      await body(page);
    }),
  );

const idle = (page) => page.locator('#sheet[aria-busy="false"]').waitFor();
const written = (page) => page.locator('#written').textContent();
const notice = async (page) => {
  await page.locator('#notice:not([hidden])').waitFor();
  return page.locator('#notice').textContent();
};

const focused = (page) => page.evaluate(() => document.activeElement?.tagName);

async function write(page, { seed, length = '30' }) {
  await page.fill('#maxTokens', length);
  await page.fill('#seed', seed);
  await page.click('#generate');
  await page.locator('#stats:not(:empty)').waitFor();
  await idle(page);
  return written(page);
}

onPage('writes from the bundled model, and the same seed writes the same', async (page) => {
  await write(page, { seed: '11', length: '6' });
  assert.match(await page.locator('#stats').textContent(), /^6 tokens · first after/, 'no rate of a moment');
  await page.addInitScript(slowTokens);
  await page.reload();
  await page.locator('#generate:enabled').waitFor();
  const first = await write(page, { seed: '11' });
  const other = await write(page, { seed: '12' });
  const again = await write(page, { seed: '11' });
  assert.ok(first.length > 20, first);
  assert.equal(again, first);
  assert.notEqual(other, first);
  assert.match(await page.locator('#stats').textContent(), /tokens\/s · first after/);
  assert.match(await page.locator('#model-facts').textContent(), /llama, .* parameters/);
});

onPage('stops midway, by button and by key, and writes again', async (page) => {
  await page.addInitScript(slowTokens);
  await page.reload();
  await page.locator('#generate:enabled').waitFor();
  await page.fill('#maxTokens', '100000');
  for (const stop of [() => page.click('#stop'), () => page.keyboard.press('Escape')]) {
    await page.focus('#prompt');
    await page.keyboard.press('Control+Enter');
    await page.locator('#written:not(:empty)').waitFor();
    await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true })));
    await page.waitForTimeout(100);
    assert.equal(await page.locator('#sheet').getAttribute('aria-busy'), 'true', 'a key of an input method stops nothing');
    await stop();
    await idle(page);
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'BODY', 'the focus is not lost');
    assert.match(await page.locator('#stats').textContent(), /stopped$/);
  }
  assert.ok((await write(page, { seed: '1' })).length > 20);
});

onPage('shows what is wrong with a file, and then loads a good one', async (page) => {
  for (const { name, bytes, code } of brokenModels()) {
    await page.setInputFiles('#file', { name: `${name}.gguf`, mimeType: '', buffer: bytes });
    assert.match(await notice(page), code === 'unsupported' ? /cannot run this model/ : /not a working GGUF/, name);
    await page.click('#notice-close');
    assert.ok(await page.locator('#notice').isHidden());
    assert.equal(await focused(page), 'SECTION', 'the focus is not lost');
  }
  assert.ok((await write(page, { seed: '1' })).length > 20, 'the model from before goes on');
  await page.setInputFiles('#file', bundledPath);
  await page.locator('#model-name', { hasText: 'stories.gguf' }).waitFor();
  assert.ok((await write(page, { seed: '1' })).length > 20);
  await workersLeft(page, 1);
});

onPage('loads from an address, and says when that fails', async (page) => {
  await page.click('#open-own summary');
  await page.fill('#url', `${fixture.origin}/gone.gguf`);
  await page.keyboard.press('Enter');
  assert.match(await notice(page), /could not be downloaded[^]*410/);
  await page.fill('#url', `${fixture.origin}/models/stories.gguf`);
  await page.keyboard.press('Enter');
  await page.locator('#model-name', { hasText: 'stories.gguf' }).waitFor();
  assert.ok(await page.locator('#notice').isHidden());
  await page.click('#bundled');
  await page.locator('#model-name', { hasText: 'Story writer' }).waitFor();
});

onPage('a load can be cancelled, and the model from before stays', async (page) => {
  await page.click('#open-own summary');
  await page.fill('#url', `${fixture.origin}/stuck.gguf`);
  await page.keyboard.press('Enter');
  await page.locator('#loading:not([hidden])').waitFor();
  await page.selectOption('#workers', '1');
  await page.click('#cancel');
  await page.locator('#loading').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#model-name').textContent(), 'Story writer');
  assert.equal(await focused(page), 'BUTTON', 'the focus is not lost');
  assert.ok(await page.locator('#notice').isHidden());
  assert.ok((await write(page, { seed: '1' })).length > 20);
  await workersLeft(page, 1);
});

onPage('another number of workers is that of the model that is being loaded', async (page) => {
  await page.click('#open-own summary');
  await page.fill('#url', `${fixture.origin}/stuck.gguf`);
  await page.keyboard.press('Enter');
  await page.locator('#loading-text', { hasText: 'stuck.gguf' }).waitFor();
  await page.selectOption('#workers', '2');
  await page.waitForTimeout(300);
  assert.match(await page.locator('#loading-text').textContent(), /stuck\.gguf/);
});

onPage('when the first load is cancelled, there is a way on', async (page) => {
  await page.route('**/models/stories.gguf', () => {}); // it never comes
  await page.evaluate(() => navigator.storage.getDirectory().then(async (folder) => {
    for await (const name of folder.keys()) await folder.removeEntry(name, { recursive: true });
  }));
  await page.reload();
  await page.click('#cancel');
  await page.locator('#loading').waitFor({ state: 'hidden' });
  assert.ok(await page.locator('#file').isVisible());
  assert.equal(await page.locator('#status').textContent(), 'No model was loaded.');
  assert.equal(await focused(page), 'SUMMARY');
  await page.unroute('**/models/stories.gguf');
  await page.click('#bundled');
  await page.locator('#model-name', { hasText: 'Story writer' }).waitFor();
  assert.equal(await focused(page), 'BUTTON');
});

onPage('shares the model among workers, and the text stays the same', async (page) => {
  const alone = await write(page, { seed: '5' });
  assert.match(await page.locator('#model-facts').textContent(), /one worker/);
  await page.selectOption('#workers', '2');
  await page.locator('#model-facts', { hasText: '2 workers over message ports' }).waitFor();
  assert.equal(await write(page, { seed: '5' }), alone);
});

onPage('loads a file that is dropped on it', async (page) => {
  const data = await page.evaluateHandle(async (bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'dropped.gguf'));
    return transfer;
  }, readFileSync(bundledPath).toString('base64'));
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
  assert.ok(await page.locator('#drop').isVisible());
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await page.locator('#model-name', { hasText: 'dropped.gguf' }).waitFor();
  assert.ok(await page.locator('#drop').isHidden());
});

onPage('names the setting that is wrong, and the story stays', async (page) => {
  const story = await write(page, { seed: '1' });
  await page.fill('#topK', '-3');
  await page.click('#generate');
  assert.match(await notice(page), /Top-k/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'topK');
  assert.equal(await written(page), story);
});

onPage('what is shown is in force when the person comes back', async (page) => {
  await page.selectOption('#language', 'zh-CN');
  await page.selectOption('#workers', '2');
  await page.locator('#model-facts', { hasText: '2 ' }).waitFor();
  await page.fill('#temperature', '1.5');
  await page.check('#see');
  await page.click('a[href="bench.html"]');
  await page.waitForURL('**/bench.html');
  await page.selectOption('#language', 'en');
  await page.goBack();
  await page.locator('#generate:enabled').waitFor();
  await page.locator('gander-attention').waitFor({ state: 'attached' });
  assert.equal(await page.inputValue('#temperature'), '1.5', 'the browser restores it');
  assert.equal(await page.locator('#temperature-value').textContent(), '1.5');
  assert.deepEqual([await page.inputValue('#language'), await page.locator('html').getAttribute('lang')], ['en', 'en']);
  assert.equal(await page.inputValue('#workers'), 'auto');
});

onPage('has a name for every control, and no sideways scrolling on a small phone', async (page) => {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('input, textarea, button, select, progress, output')].filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await page.click('#open-own summary');
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

onPage('lists the models that are kept, and deletes them', async (page) => {
  await page.click('#kept-summary');
  const row = page.locator('#kept-list li');
  await row.waitFor();
  assert.match(await row.textContent(), /^stories\.gguf2\.\d MB/);
  assert.match(await page.locator('#kept-about').textContent(), /^2\.\d MB on this machine/);
  await page.click('#kept-list button');
  await row.waitFor({ state: 'detached' });
  assert.match(await page.locator('#kept-about').textContent(), /are kept here/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'kept-summary', 'the focus is not lost');
});

onPage('says when the browser cannot keep models', async (page) => {
  await page.addInitScript(() => {
    StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'));
  });
  await page.reload();
  await page.locator('#kept-about', { hasText: 'does not let the page keep models' }).waitFor({ state: 'attached' });
});
