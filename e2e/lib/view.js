// What the tests of the view of attention, and its pictures, have in common.

/**
 * Switches the view on, writes, and waits until it shows all.
 *
 * @param {import('playwright-core').Page} page
 * @param {{beginning?: string, length?: number}} [what]
 */
export async function writeWatched(page, { beginning = 'Once upon a time, there was a girl named Lily.', length = 24 } = {}) {
  await page.locator('#generate:enabled').waitFor();
  await page.check('#see');
  await page.locator('gander-attention').waitFor({ state: 'attached' });
  await page.fill('#prompt', beginning);
  await page.fill('#temperature', '0');
  await page.fill('#maxTokens', String(length));
  await page.click('#generate');
  await settled(page);
}

/**
 * Waits until the view shows a whole text.
 *
 * @param {import('playwright-core').Page} page
 */
export async function settled(page) {
  await page.locator('gander-attention[aria-busy="false"]:not([empty])').waitFor();
  await drawn(page);
}

/**
 * Waits until what was done is drawn.
 *
 * @param {import('playwright-core').Page} page
 */
export function drawn(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/**
 * Chooses what is shown.
 *
 * @param {import('playwright-core').Page} page
 * @param {{mode?: string, layer?: number, head?: number}} pick a layer of -1 is all
 */
export async function choose(page, { mode = 'head', layer = 0, head = 0 }) {
  const select = (index) => page.locator('gander-attention .picker select').nth(index);
  await select(0).selectOption(mode);
  await drawn(page);
  await select(1).selectOption(String(layer));
  if (mode === 'head') await select(2).selectOption(String(head));
  await drawn(page);
}

/**
 * Goes to a position.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} position
 */
export async function goTo(page, position) {
  await page.locator('gander-attention .steps input').fill(String(position));
  await drawn(page);
}
