// Takes pictures of the page while it shows a story. Usage: node screenshot.js FILE.png [light|dark] [WIDTHxHEIGHT] [tokens]

import { launch } from './lib/browser.js';
import { isolated } from './lib/fixture.js';
import { serve } from './lib/server.js';

const [file, scheme = 'light', size = '1120x760', tokens = '150'] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
const server = await serve();
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  page.on('console', (message) => console.error(message.text()));
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(`${server.origin}/`);
  await isolated(page);
  await page.locator('#generate:enabled').waitFor();
  await page.fill('#maxTokens', tokens);
  await page.fill('#seed', '7');
  await page.click('#generate');
  await page.locator('#sheet[aria-busy="false"] #stats:has-text("first after")').waitFor();
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  server.close();
}
