// The pictures of the view, and how they come about.

import { drawn, choose, goTo, settled, writeWatched } from './view.js';

const BEGINNING = 'Once upon a time, there was a girl named Lily. Lily had a red ball.';

/** A locator of a part of the view. */
const part = (page, selector) => page.locator(`gander-attention ${selector}`);

/**
 * What each picture shows, in which window.
 *
 * @type {{name: string, width: number, height: number, scheme?: 'light' | 'dark', take: (page: import('playwright-core').Page, picked: {layer: number, head: number}) => Promise<import('playwright-core').Locator[]>}[]}
 */
const pictures = [
  {
    name: 'view-heads', width: 1240, height: 900,
    take: async (page, picked) => {
      await choose(page, picked);
      return [part(page, '.steps'), part(page, '.strip'), part(page, '.picker'), part(page, '.matrices')];
    },
  },
  {
    name: 'view-rollout', width: 1240, height: 900, scheme: 'dark',
    take: async (page) => {
      await choose(page, { mode: 'rollout', layer: 5 });
      return [part(page, '.steps'), part(page, '.strip'), part(page, '.picker'), part(page, '.matrices')];
    },
  },
  { name: 'view-tables', width: 1240, height: 900, take: async (page) => [part(page, '.tables'), part(page, '.parts')] },
  {
    name: 'view-compare', width: 1240, height: 900,
    take: async (page) => {
      for (let head = 0, same = true; same && head < 36; head++) { // until one makes a difference
        if (head > 0) await part(page, '.offs button').nth(1).click();
        await choose(page, { layer: Math.floor(head / 6), head: head % 6 });
        await part(page, '.offs button').first().click();
        await part(page, '.compare:not([hidden])').waitFor();
        await settled(page);
        same = (await part(page, '.compare .hint').textContent()) === 'The text is the same.';
      }
      return [part(page, '.compare')];
    },
  },
  {
    name: 'view-phone', width: 360, height: 740, scheme: 'dark',
    take: async (page) => {
      await goTo(page, 24);
      return [part(page, '.steps'), part(page, '.strip'), part(page, '.picker'), part(page, '.all')];
    },
  },
];

/**
 * Takes all of them.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin
 * @param {string} folder
 * @param {{layer: number, head: number}} [picked] the head that is shown large
 */
export async function shots(browser, origin, folder, picked = { layer: 3, head: 4 }) {
  const taken = [];
  for (const { name, width, height, scheme = 'light', take } of pictures) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', serviceWorkers: 'block' });
    try {
      const page = await context.newPage();
      await page.goto(`${origin}/`);
      await writeWatched(page, { beginning: BEGINNING, length: 40 });
      const parts = await take(page, picked);
      await page.mouse.move(0, 0);
      await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
      await page.evaluate(() => scrollTo(0, 0));
      await drawn(page);
      const boxes = await Promise.all(parts.map((one) => one.boundingBox()));
      const left = Math.min(...boxes.map(({ x }) => x)), top = Math.min(...boxes.map(({ y }) => y));
      const clip = { x: left - 16, y: top - 16, width: Math.max(...boxes.map(({ x, width }) => x + width)) - left + 32, height: Math.max(...boxes.map(({ y, height }) => y + height)) - top + 32 };
      const file = `${folder}/${name}.png`;
      taken.push({ file, size: (await page.screenshot({ path: file, clip, fullPage: true })).length });
    } finally {
      await context.close();
    }
  }
  return taken;
}
