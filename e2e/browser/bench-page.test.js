// The page that measures the visitor's machine, as a person uses it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp, workersLeft } from '../lib/fixture.js';
import { brokenModels, bundledPath } from '../lib/models.js';

const fixture = setUp();

const onPage = (name, body) => test(name, () => fixture.onPage('/bench.html', body));

const done = (page) => page.locator('#measure:enabled').waitFor();

/** The newest result: name, facts, and the figures by their terms. */
const newest = (page) =>
  page.locator('.result').first().evaluate((result) => ({
    name: result.querySelector('h2').textContent,
    facts: result.querySelector('.facts').textContent,
    figures: Object.fromEntries([...result.querySelectorAll('.figures > div')].map((pair) => [...pair.children].map((e) => e.textContent))),
  }));

onPage('measures the bundled model, and a file after it', async (page) => {
  await page.click('#measure');
  await page.locator('.result').waitFor();
  await done(page);
  const { name, facts, figures } = await newest(page);
  assert.equal(name, 'The bundled story writer');
  assert.match(facts, /^llama · 2\.63 million parameters · F32 and Q8_0 weights · 2\.8 MB$/);
  assert.deepEqual(Object.keys(figures), ['Load', 'Read 128 tokens', 'Write 64 tokens', 'Memory']);
  const rate = (text) => Number(/^([\d,.]+) tokens\/s$/.exec(text)[1].replaceAll(',', ''));
  assert.ok(rate(figures['Read 128 tokens']) > 1 && rate(figures['Write 64 tokens']) > 1, JSON.stringify(figures));
  assert.match(figures.Load, /^[\d.]+ m?s$/);
  assert.match(figures.Memory, /MB$/);
  await workersLeft(page, 0);

  await page.setInputFiles('#file', bundledPath);
  await page.click('#measure');
  await page.locator('.result').nth(1).waitFor();
  assert.equal((await newest(page)).name, 'stories.gguf', 'the newest is on top');
  assert.ok(await page.locator('#notice').isHidden());
});

onPage('stops, keeps the focus, and measures again', async (page) => {
  await page.focus('#measure');
  await page.keyboard.press('Enter');
  await page.locator('#loading-text', { hasText: 'Measuring' }).waitFor();
  await page.keyboard.press('Enter'); // on Stop, which has the focus now
  await done(page);
  assert.equal(await page.locator('.result').count(), 0);
  assert.ok(await page.locator('#notice').isHidden());
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'measure');
  await workersLeft(page, 0);
  await page.click('#measure');
  await page.locator('.result').waitFor();
});

onPage('says what is wrong with a file', async (page) => {
  for (const { name, bytes, code } of brokenModels().slice(1, 4)) {
    await page.setInputFiles('#file', { name: `${name}.gguf`, mimeType: '', buffer: bytes });
    await page.click('#measure');
    await page.locator('#notice:not([hidden])').waitFor();
    assert.match(await page.locator('#notice').textContent(), code === 'unsupported' ? /cannot run this model/ : /not a working GGUF/, name);
    await done(page);
    await page.click('#notice-close');
  }
  assert.equal(await page.locator('.result').count(), 0);
});

onPage('has a name for every control, no sideways scrolling on a small phone, and a way back', async (page) => {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('input, button, progress')].filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.click('#measure');
  await page.locator('.result').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.click('a:has-text("Back to writing")');
  await page.click('a:has-text("How fast is this machine?")');
  await page.locator('#measure').waitFor();
});
