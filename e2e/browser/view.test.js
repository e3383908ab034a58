// The view of attention, as a person uses it. What it shows is compared with what the command prints for the same tokens.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { setUp, slowTokens } from '../lib/fixture.js';
import { bundledPath } from '../lib/models.js';
import { shots } from '../lib/view-shots.js';
import { choose, drawn, goTo, settled, writeWatched } from '../lib/view.js';

const fixture = setUp();
const root = fileURLToPath(new URL('../../', import.meta.url));

const onPage = (name, body) => test(name, () => fixture.onPage('/', body));

/** What the command says: built so that it computes as WebAssembly does, to the bit. */
function command(...args) {
  const env = { ...process.env, GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? 'go1.27.4' };
  return JSON.parse(execFileSync('go', ['run', '-tags', 'purego', './cmd/gander', ...args, '-m', bundledPath, '--json'], { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 }));
}

/** Saves by one of the buttons, and gives the file. */
async function save(page, type) {
  const waiting = page.waitForEvent('download');
  await page.locator('gander-attention .save button').nth(['png', 'svg', 'json'].indexOf(type)).click();
  const download = await waiting;
  assert.equal(download.suggestedFilename(), `attention.${type}`);
  return readFileSync(await download.path());
}

const savedValues = async (page) => JSON.parse((await save(page, 'json')).toString());

/** What the page says each token is looked at, from the chosen position. */
const shownRow = (page) =>
  page.locator('gander-attention .token').evaluateAll((tokens) => tokens.map((token) => /, position \d+: ([\d.]+)$/.exec(token.getAttribute('aria-label'))?.[1]).filter((weight) => weight !== undefined).map(Number));

const readout = (page) => page.locator('gander-attention .readout').textContent();
const focused = (page) => page.evaluate(() => document.querySelector('gander-attention').shadowRoot.activeElement?.textContent);
const where = (page) => page.locator('gander-attention .where').textContent();

/** The page shows two decimals, of small weights three. */
function near(shown, want, what) {
  assert.equal(shown.length, want.length, what);
  for (const [i, weight] of want.entries()) assert.ok(Math.abs(shown[i] - weight) <= (weight < 0.095 ? 0.000501 : 0.005001), `${what}, key ${i}: ${shown[i]} is shown, ${weight} is right`);
}

onPage('shows the weights that the command prints', async (page) => {
  await writeWatched(page);
  const saved = await savedValues(page);
  assert.equal(saved.tokens.length, saved.prompt + 24);
  const { weights } = command('attention', '--tokens', saved.tokens.slice(0, -1).map(({ id }) => id).join());
  const size = saved.tokens.length - 1;
  assert.deepEqual([weights.length, weights[0].length, weights[0][0].length, weights[0][0][0].length], [6, 6, size, size]);
  assert.deepEqual(saved.weights.flat(3).map(Math.fround), weights.flat(3).map(Math.fround));

  for (const [layer, head, query] of [[0, 0, size - 1], [2, 3, 5], [5, 5, 20], [3, 1, 0]]) {
    await choose(page, { layer, head });
    await goTo(page, query);
    near(await shownRow(page), weights[layer][head][query].slice(0, query + 1), `layer ${layer}, head ${head}, position ${query}`);
  }

  const mean = (rows) => rows[0].map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / rows.length);
  const max = (rows) => rows[0].map((_, k) => Math.max(...rows.map((row) => row[k])));
  const query = size - 3;
  const of = (layers) => layers.flatMap((l) => weights[l].map((head) => head[query].slice(0, query + 1)));
  for (const [mode, layer, want] of [['mean', 4, mean(of([4]))], ['mean', -1, mean(of([0, 1, 2, 3, 4, 5]))], ['max', 1, max(of([1]))], ['max', -1, max(of([0, 1, 2, 3, 4, 5]))]]) {
    await choose(page, { mode, layer });
    await goTo(page, query);
    near(await shownRow(page), want, `${mode} of layer ${layer}`);
  }
  let rollout = Array.from({ length: size }, (_, q) => Array.from({ length: size }, (_, k) => Number(q === k)));
  for (const layer of weights) {
    const mixing = rollout.map((_, q) => mean(layer.map((head) => head[q])).map((weight, k) => weight / 2 + (q === k ? 0.5 : 0)));
    rollout = mixing.map((row) => row.map((_, k) => row.reduce((sum, weight, j) => sum + weight * rollout[j][k], 0)));
  }
  await choose(page, { mode: 'rollout', layer: 5 });
  near(await shownRow(page), rollout[query].slice(0, query + 1), 'rollout');
});

onPage('goes back and forth, by buttons and by keys, and says what it is on', async (page) => {
  await writeWatched(page);
  const { tokens, prompt, weights, steps } = await savedValues(page);
  const last = tokens.length - 2;
  assert.match(await where(page), new RegExp(`^Position ${last} of ${last}, .*; the model then writes ‘${tokens.at(-1).text}’$`));
  await page.click('gander-attention [aria-label="One token back"]');
  await drawn(page);
  assert.match(await where(page), new RegExp(`^Position ${last - 1} of`));
  await page.click('gander-attention [aria-label="First position"]');
  await drawn(page);
  assert.match(await where(page), /^Position 0 of/);
  assert.ok(await page.locator('gander-attention [aria-label="One token back"]').isDisabled());
  assert.equal(await focused(page), '«', 'the focus is not lost');
  assert.match(await page.locator('gander-attention .lens').textContent(), /There is none for this position/);

  await page.focus('gander-attention .map');
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Home', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await drawn(page);
  const said = /^At position 4, .*, layer 0, head 0 looks at position 2, .*: ([\d.]+)$/.exec(await readout(page));
  assert.ok(said, await readout(page));
  near([Number(said[1])], [weights[0][0][4][2]], 'the readout');
  assert.equal(await page.locator('gander-attention .readout').getAttribute('aria-live'), 'polite');

  await page.locator('gander-attention .token').nth(1).focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await drawn(page);
  assert.match(await where(page), /^Position 3 of/, 'a token is chosen');
  await page.locator('gander-attention .thumb[tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await drawn(page);
  assert.match(await readout(page), /layer 1, head 1/);

  await goTo(page, prompt - 1);
  const words = await page.locator('gander-attention .lens tbody tr').last().locator('.word').allTextContents();
  const lens = steps[0].lens.at(-1).top;
  assert.deepEqual(words, lens.map(({ text }) => text.replaceAll('▁', ' ')));
  assert.equal(lens[0].id, tokens[prompt].id, 'at temperature 0 the last layer’s first word is written');
  assert.equal(await page.locator('gander-attention .lens .said').first().isVisible(), true);
  const { attribution } = steps[0];
  const parts = await page.locator('gander-attention .parts td').allTextContents();
  assert.deepEqual(parts.map((text) => text.replace('−', '-')), attribution.layers.flatMap((_, l) => [...attribution.heads.map((_, h) => attribution.values[l * 6 + h]), attribution.mlp[l]]).map((value) => value.toFixed(2).replace(/^-0\.00$/, '0.00')));
});

onPage('points at a cell, and zooms', async (page) => {
  await writeWatched(page);
  await page.locator('gander-attention .map').scrollIntoViewIfNeeded();
  const { weights } = await savedValues(page);
  const cells = page.locator('gander-attention .cells');
  const size = weights[0][0].length;
  const cell = await cells.evaluate((element, size) => element.clientWidth / size, size);
  await cells.hover({ position: { x: 3.5 * cell, y: 7.5 * cell } });
  await drawn(page);
  const said = /^At position 7, .* looks at position 3, .*: ([\d.]+)$/.exec(await readout(page));
  near([Number(said?.[1])], [weights[0][0][7][3]], 'the cell');
  await page.click('gander-attention [aria-label="Zoom in"]');
  await drawn(page);
  const larger = await cells.evaluate((element, size) => element.clientWidth / size, size);
  assert.ok(larger > cell, `${larger} after ${cell}`);
  const left = await page.locator('gander-attention .map').evaluate((map) =>
    [{ key: '0', ctrlKey: true }, { key: '0', metaKey: true }, { key: '-', altKey: true }, { key: 'ArrowLeft', altKey: true }].map((key) => map.dispatchEvent(new KeyboardEvent('keydown', { ...key, cancelable: true }))));
  assert.deepEqual(left, [true, true, true, true], 'what is the browser’s is left to it');
  assert.ok((await page.locator('gander-attention .cells canvas').count()) > 0);
});

onPage('switches a head off, and shows both texts', async (page) => {
  await writeWatched(page, { length: 30 });
  const old = await page.locator('#written').textContent();
  const { tokens, prompt } = await savedValues(page);
  const offs = [];
  for (let head = 0, text = old; text === old && head < 6; head++) { // until one makes a difference
    offs.push({ layer: 0, head });
    await choose(page, { layer: 0, head });
    await page.click('gander-attention .offs button:has-text("Switch this head off")');
    await page.waitForFunction((n) => document.querySelector('gander-attention').shadowRoot.querySelectorAll('.thumb.off').length === n, offs.length);
    await settled(page);
    text = await page.locator('gander-attention .compare article').nth(1).locator('.text').textContent();
    const want = command('run', '--tokens', tokens.slice(0, prompt).map(({ id }) => id).join(), '-n', '30', '--temp', '0', '--ablate', offs.map(({ layer, head }) => `${layer}:${head}`).join());
    assert.equal(text, want.text.trimStart());
    assert.equal(await page.locator('gander-attention .compare article').nth(0).locator('.text').textContent(), old.trimStart());
  }
  assert.match(await page.locator('gander-attention .compare .hint').textContent(), /differ from written token \d+ on/);
  const saved = await savedValues(page);
  assert.deepEqual(saved.ablate, offs);
  await page.click('gander-attention .compare button:has-text("Show its attention")');
  await drawn(page);
  assert.deepEqual((await savedValues(page)).ablate, [], 'the first text is shown again');
  await page.locator('gander-attention .compare button').nth(1).press('Enter');
  await drawn(page);
  assert.equal(await focused(page), 'Its attention is shown');
  await page.click('gander-attention .offs button:has-text("Switch all heads on")');
  await drawn(page);
  assert.equal(await focused(page), 'Switch this head off');
  assert.ok(await page.locator('gander-attention .compare').isHidden());
});

onPage('saves a picture and a drawing', async (page) => {
  await writeWatched(page, { length: 5 });
  const { tokens, weights } = await savedValues(page);
  const size = tokens.length - 1;
  const png = await save(page, 'png');
  assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from('PNG')]);
  const cell = 28;
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [180 + size * cell, 228 + size * cell]);
  const svg = (await save(page, 'svg')).toString();
  const shown = await page.evaluate((svg) => {
    const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml');
    return { broken: drawing.querySelector('parsererror')?.textContent, values: [...drawing.querySelectorAll('rect > title')].map((title) => Number(/: ([^:]+)$/.exec(title.textContent)[1])) };
  }, svg);
  assert.equal(shown.broken, undefined);
  assert.deepEqual(shown.values, weights[0][0].flatMap((row, query) => row.slice(0, query + 1)));
});

onPage('says beside the button that a drawing would be too large', async (page) => {
  await writeWatched(page, { beginning: 'Once upon a time, there was a girl named Lily. '.repeat(24), length: 2 });
  await page.click('gander-attention .save button:has-text("SVG")');
  const said = page.locator('gander-attention .save .message');
  assert.match(await said.textContent(), /^The drawing would have \d+ cells/);
  await writeWatched(page, { length: 2 });
  await page.locator('gander-attention .save .message:empty').waitFor({ state: 'attached' }); // with the next drawing of the view
});

onPage('costs nothing until it is wanted, and changes no text', async (page) => {
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.addInitScript(slowTokens);
  await page.reload();
  await page.locator('#generate:enabled').waitFor();
  await page.fill('#temperature', '0');
  await page.fill('#maxTokens', '24');
  await page.click('#generate');
  await page.locator('#sheet[aria-busy="false"] #stats:has-text("tokens/s")').waitFor();
  const plain = await page.locator('#written').textContent();
  assert.deepEqual(asked.filter((url) => url.includes('/view/')), []);
  await writeWatched(page);
  assert.ok(asked.some((url) => url.endsWith('/view/gander-attention.js')));
  assert.equal(await page.locator('#written').textContent(), plain);
  await page.uncheck('#see');
  assert.ok(await page.locator('#seen').isHidden());
  assert.equal(await page.locator('gander-attention').count(), 0);
  await page.click('#generate');
  await page.locator('#sheet[aria-busy="false"] #stats:has-text("tokens/s")').waitFor();
  assert.equal(await page.locator('#written').textContent(), plain);
});

onPage('speaks Chinese when the page does, names every control, and fits a small phone', async (page) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await writeWatched(page);
  await page.selectOption('#language', 'zh-CN');
  await drawn(page);
  const { words, nameless } = await page.evaluate(() => {
    const view = document.querySelector('gander-attention').shadowRoot;
    const texts = [];
    for (const element of view.querySelectorAll('*')) {
      if (element.matches('style, .token, .word, .text, .map .top *, .map .left *, mark')) continue;
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent);
      texts.push(element.getAttribute('aria-label'), element.getAttribute('title'));
    }
    const shown = texts.filter(Boolean).map((text) => text.replace(/‘[^’]*’/g, ''));
    return {
      words: shown.filter((text) => /[a-z]{2,}/i.test(text.replace(/PNG|SVG|JSON|MLP|logit|rollout/gi, ''))),
      nameless: [...view.querySelectorAll('button, select, input, [tabindex], [role=grid], [role=listbox]')].filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.outerHTML),
    };
  });
  assert.deepEqual(words, []);
  assert.deepEqual(nameless, []);
  assert.match(await where(page), /^位置 \d+/);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.selectOption('#language', 'en');
  await drawn(page);
  assert.match(await where(page), /^Position \d+/);
});

onPage('the colours of the weights follow the page', async (page) => {
  await writeWatched(page);
  const darkest = () => page.locator('gander-attention .thumb canvas').first().evaluate((canvas) => Math.min(...canvas.getContext('2d').getImageData(0, 0, canvas.width, 1).data.slice(0, 3)));
  const light = await darkest();
  await page.evaluate(() => (document.documentElement.style.colorScheme = 'dark'));
  await drawn(page);
  assert.notEqual(await darkest(), light);
  await page.evaluate(() => (document.documentElement.style.colorScheme = 'light'));
  await drawn(page);
  assert.equal(await darkest(), light);
});

onPage('a table stays where it was scrolled to', async (page) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await writeWatched(page);
  const lens = page.locator('gander-attention .lens .wide');
  await lens.evaluate((box) => (box.scrollLeft = 60));
  await lens.focus();
  for (const act of [() => choose(page, { layer: 2, head: 1 }), () => page.click('gander-attention [aria-label="One token back"]')]) {
    await act();
    await drawn(page);
    assert.equal(await lens.evaluate((box) => box.scrollLeft), 60);
  }
  await choose(page, { mode: 'mean', layer: -1 });
  await page.locator('gander-attention .picker select').first().selectOption('head');
  await drawn(page);
  assert.equal(await page.locator('gander-attention .parts td.picked').count(), 1);
});

onPage('waits for the view that was switched on just before', async (page) => {
  await page.locator('#generate:enabled').waitFor();
  const waiting = new Promise((resolve) =>
    page.route('**/view/gander-attention.js', async (route) => {
      await page.waitForTimeout(300);
      resolve();
      await route.continue();
    }),
  );
  await page.check('#see');
  await page.fill('#maxTokens', '4');
  await page.click('#generate');
  await waiting;
  await settled(page);
  assert.match(await where(page), /^Position \d+/);
});

onPage('the arcs and the chosen token are where the tokens are, in a long text', async (page) => {
  await page.setViewportSize({ width: 500, height: 900 });
  await writeWatched(page, { beginning: 'Once upon a time, there was a girl named Lily. '.repeat(12), length: 60 });
  const where = () =>
    page.locator('gander-attention .strip').evaluate((strip) => {
      const box = strip.querySelector('.tokens').getBoundingClientRect(), chosen = strip.querySelector('.query').getBoundingClientRect();
      const from = strip.querySelector('path').getPointAtLength(0).matrixTransform(strip.querySelector('path').getScreenCTM());
      return { above: chosen.top - box.top, below: box.bottom - chosen.bottom, apart: Math.hypot(from.x - chosen.x - chosen.width / 2, from.y - chosen.y - 3) };
    });
  for (const step of ['First position', 'Newest position']) {
    await page.click(`gander-attention [aria-label="${step}"]`);
    if (step === 'First position') await page.click('gander-attention [aria-label="One token on"]'); // from the first, no arc leads anywhere
    await drawn(page);
    const { above, below, apart } = await where();
    assert.ok(above >= 0 && below >= 0 && apart < 6, `${step}: ${above} ${below} ${apart}`);
  }
  await page.locator('gander-attention .tokens').evaluate((list) => (list.scrollTop -= 40));
  await drawn(page);
  assert.ok((await where()).apart < 6, 'the arcs scroll');
  const { heights } = await page.locator('gander-attention .tokens').evaluate((list) => ({ heights: [list.scrollHeight, list.lastElementChild.offsetTop + list.lastElementChild.offsetHeight] }));
  assert.ok(heights[0] < heights[1] + 30, 'they take no room');
});

test('the pictures of docs/view.md can be taken', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/gander-shots-`);
  t.after(() => rmSync(folder, { recursive: true }));
  const taken = await shots(fixture.browser, fixture.origin, folder);
  assert.equal(taken.length, 5);
  for (const { file, size } of taken) assert.ok(size > 8_000, `${file}: ${size} bytes are hardly a picture`);
  const total = taken.reduce((sum, { size }) => sum + size, 0);
  assert.ok(total < 650_000, `${total} bytes`);
});
