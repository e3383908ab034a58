// A page in a browser of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

// A run that is stopped would go on with the next browser: playwright only closes the one that is open.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** Opens a page in a fresh Chromium, runs `body` with it and the browser's version, and closes all of it. */
export async function inBrowser(body) {
  const profile = mkdtempSync(join(tmpdir(), 'gander-bench-'));
  const remove = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove); // of a run that is stopped
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    return await body(context.pages()[0] ?? (await context.newPage()), context.browser().version());
  } finally {
    await context.close();
    remove();
    process.off('exit', remove);
  }
}
