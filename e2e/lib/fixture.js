// What the browser tests share: one server and one Chromium for a file of tests, and a page for each test.

import { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { launch } from './browser.js';
import { serve } from './server.js';

/** The policy that a careful site sends. */
export const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/**
 * Waits until a page has so many workers: a worker that is ended takes a moment to go.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} count
 */
export async function workersLeft(page, count) {
  for (let wait = 0; page.workers().length !== count; wait += 20) {
    if (wait > 5000) throw new Error(`the page has ${page.workers().length} workers, not ${count}`);
    await setTimeout(20);
  }
}

/**
 * Waits until the page has been reloaded by its service worker, which isolates it.
 *
 * @param {import('playwright-core').Page} page
 */
export function isolated(page) {
  return page.waitForFunction(() => crossOriginIsolated, undefined, { polling: 50 });
}

/**
 * Makes each token reach the page 20 ms after the one before, as an init script: the bundled model writes a story faster than anybody stops
 * it, or measures it.
 */
export function slowTokens() {
  const { addEventListener } = Worker.prototype;
  Worker.prototype.addEventListener = function (type, listener) {
    if (type !== 'message') return addEventListener.call(this, type, listener);
    let last = Promise.resolve();
    addEventListener.call(this, type, (event) => {
      if (event.data.type === 'token') last = last.then(() => new Promise((resolve) => setTimeout(resolve, 20)));
      last = last.then(() => listener(event));
    });
  };
}

/**
 * Starts a server with these routes before the tests of a file, and a browser.
 *
 * @param {Parameters<typeof serve>[0]} [routes]
 */
export function setUp(routes = {}) {
  const fixture = {
    origin: '',
    /**
     * Runs a test in a new page, and fails if the page reported an uncaught error.
     *
     * @param {string} path
     * @param {(page: import('playwright-core').Page) => Promise<void>} body
     */
    async onPage(path, body) {
      const page = await fixture.browser.newPage({ serviceWorkers: 'block' }); // it would reload the page on its first visit; sw.test.js has it
      const errors = [];
      page.on('pageerror', (error) => errors.push(error));
      page.setDefaultTimeout(60_000);
      try {
        await page.goto(fixture.origin + path);
        await body(page);
        if (errors.length > 0) throw new AggregateError(errors, `uncaught in the page: ${errors[0].message}`);
      } finally {
        await page.close();
      }
    },
    /** @type {import('playwright-core').Browser} */
    browser: undefined,
  };
  let server;
  before(async () => {
    const blank = (_, response) => response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': CSP }).end('<!doctype html><title>blank</title>');
    server = await serve({ '/blank': blank, ...routes }, { 'content-security-policy': CSP });
    fixture.origin = server.origin;
    fixture.browser = await launch();
  });
  after(async () => {
    await fixture.browser?.close();
    server?.close();
  });
  return fixture;
}
