// The service worker: offline use, isolation without headers, and new versions.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { launch } from '../lib/browser.js';
import { CSP } from '../lib/fixture.js';
import { serve } from '../lib/server.js';

const plain = { '/page/sw.js': (_, response) => script(response, "importScripts('/gander/gander-sw.js')") };
const script = (response, text) => response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' }).end(text);
const html = (body, headers = {}) => (_, response) => response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': CSP, ...headers }).end(`<!doctype html><title>t</title>${body}`);
const browsers = [];
after(() => Promise.all(browsers.map((browser) => browser.close())));

/** Runs a test with a server and a browser of its own. */
async function withSite(routes, body) {
  const server = await serve({ ...plain, ...routes });
  const browser = await launch();
  browsers.push(browser);
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.setDefaultTimeout(60_000);
    await body({ server, page, context });
    assert.deepEqual(errors, []);
  } finally {
    server.close();
    await browser.close();
  }
}

const write = async (page) => {
  await page.locator('#generate:enabled').waitFor();
  await page.fill('#maxTokens', '20');
  await page.fill('#seed', '3');
  await page.click('#generate');
  await page.locator('#sheet[aria-busy="false"] #stats:has-text("tokens")').waitFor();
  return page.locator('#written').textContent();
};

/** Waits until the files that the first page needed are kept. */
const kept = (page, names) =>
  page.evaluate(async (names) => { // waitForFunction would take the promise of an async function for its answer
    for (;;) {
      const urls = [];
      for (const name of await caches.keys()) urls.push(...(await (await caches.open(name)).keys()).map(({ url }) => url));
      if (names.every((name) => urls.some((url) => url.endsWith(name)))) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, names);

/** The URLs of all that is kept. */
const allKept = (page) =>
  page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('gander-site-'));
    return (await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))).flat().map(({ url }) => url);
  });

/** Has the worker keep the page and some of its files, and waits until that is done. */
const keepAll = (page, names = []) =>
  page.evaluate(async (names) => {
    const { port1, port2 } = new MessageChannel();
    (await navigator.serviceWorker.ready).active.postMessage({ type: 'gander-keep', urls: ['', ...names].map((name) => new URL(name, location.href).href) }, [port2]);
    await new Promise((resolve) => (port1.onmessage = resolve));
  }, names);

test('the page works without its server after one visit, and is isolated on a host without headers', () =>
  withSite({ '/gander/gander/index.js': (_, response) => script(response, '') }, async ({ server, page }) => {
    await page.goto(`${server.origin}/`);
    await page.waitForFunction(() => crossOriginIsolated);
    const online = await write(page);
    assert.ok(online.length > 10);
    await kept(page, ['/', '/gander/worker.js', '/gander/gander.wasm', '/gander/wasm_exec.js', '/app/main.js', '/app/app.css', '/gander/view/gander-attention.js', '/gander/view/style.js']);
    assert.ok(await page.evaluate(async () => !(await caches.match('/gander/gander/index.js'))), 'what a comment imports is not wanted');
    server.close();
    await page.reload();
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    assert.equal(await write(page), online);
    await page.check('#see'); // it was not asked for before
    await page.locator('gander-attention').waitFor({ state: 'attached' });
  }));

test('a page that is isolated already keeps its own headers, is not reloaded, and works offline too', () => {
  let visits = 0;
  const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
  const worker = '<script src="/gander/gander-sw.js" data-worker="/page/sw.js"></script><script type="module" src="/gander/index.js"></script>';
  return withSite({ '/page/': (request, response) => ((visits += request.headers['sec-fetch-mode'] === 'navigate'), html(worker, headers)(request, response)) }, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await kept(page, ['/page/', '/gander/worker.js', '/gander/gander.wasm']); // named by scripts, not asked for yet
    assert.equal(visits, 1);
    await page.reload();
    assert.equal(await page.evaluate(() => fetch('/page/').then(({ headers }) => headers.get('cross-origin-embedder-policy'))), 'require-corp');
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    server.close();
    await page.reload();
    assert.equal(await page.title(), 't');
  });
});

test('a page is isolated also if its files came while the worker read whether to isolate', () => {
  // The page's wish comes after a file was asked for, and what was kept is read before the wish and arrives behind it.
  const slow = `
    let asked, wished;
    const file = new Promise((resolve) => (asked = resolve)), wish = new Promise((resolve) => (wished = resolve));
    const { match, put } = Cache.prototype, add = addEventListener;
    const isIsolate = (key) => String(key).endsWith('/gander-isolate');
    Cache.prototype.match = async function (key, ...more) {
      const found = await match.call(this, key, ...more);
      if (isIsolate(key)) await (asked(), wish);
      return found;
    };
    Cache.prototype.put = async function (key, ...more) {
      await put.call(this, key, ...more);
      if (isIsolate(key)) wished();
    };
    self.addEventListener = (type, listener) => add(type, type === 'message' ? (event) => event.waitUntil(file.then(() => listener(event))) : listener);
    importScripts('/gander/gander-sw.js');`;
  const body = '<script src="/gander/gander-sw.js" data-worker="/slow.js"></script><script>navigator.serviceWorker.addEventListener("controllerchange", () => fetch("/page/"))</script>';
  return withSite({ '/slow.js': (_, response) => script(response, slow), '/page/': html(body, { 'content-security-policy': '' }) }, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await page.waitForFunction(() => crossOriginIsolated);
  });
});

test('data-isolate="off" adds no headers', () =>
  withSite({ '/page/': html('<script src="/gander/gander-sw.js" data-worker="/page/sw.js" data-isolate="off"></script>') }, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await kept(page, ['/page/']);
    await page.reload();
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    server.close();
    await page.reload();
    assert.equal(await page.title(), 't');
  }));

/** Loads the bundled model in a page and writes with it. */
const writes = (page, workers) =>
  page.evaluate(async (workers) => {
    const { Gander } = await import('/gander/index.js');
    const model = await Gander.load('/models/stories.gguf', { workers });
    const { tokens } = await model.complete('Once', { maxTokens: 3, ignoreEOS: true });
    model.close();
    return tokens.length;
  }, workers);

const root = { '/root.js': (_, response) => script(response, "importScripts('/gander/gander-sw.js')") };

test('data-isolate="off" ends the isolation of who has been isolated, with one reload', () => {
  let off = '';
  let visits = 0;
  const routes = { ...root, '/page/': (request, response) => (visits++, html(`<script src="/gander/gander-sw.js" data-worker="/root.js"${off}></script>`)(request, response)) };
  return withSite(routes, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await page.waitForFunction(() => crossOriginIsolated);
    await kept(page, ['/page/']);
    off = ' data-isolate="off"';
    visits = 0;
    await page.reload();
    await page.waitForFunction(() => !crossOriginIsolated);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForTimeout(500);
    assert.equal(visits, 2);
    await page.reload();
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.equal(visits, 3);
  });
});

test('a page in a frame, or one that is not to be isolated, does no harm to a tab that is isolated', () => {
  const policy = { 'content-security-policy': '' };
  const routes = {
    '/gander/page.html': html('<script src="/gander/gander-sw.js"></script>', policy),
    '/gander/off.html': html('<script src="/gander/gander-sw.js" data-isolate="off"></script>', policy),
    '/outside.html': html('<iframe src="/gander/page.html"></iframe>', policy),
  };
  return withSite(routes, async ({ server, page, context }) => {
    await page.goto(`${server.origin}/gander/page.html`);
    await page.waitForFunction(() => crossOriginIsolated);
    for (const path of ['/outside.html', '/gander/off.html']) {
      const other = await context.newPage();
      await other.goto(server.origin + path);
      await other.waitForTimeout(1000); // for what it says
      await other.frames().at(-1).waitForFunction(() => !crossOriginIsolated); // after a reload, which waits while the worker keeps files
      assert.equal(await writes(page, 2), 3, path);
      await other.close();
    }
  });
});

test('a page whose engine is outside of the scope is not isolated, and works', () =>
  withSite({ '/page/': html('<script src="/gander/gander-sw.js" data-worker="/page/sw.js"></script>', { 'content-security-policy': '' }) }, async ({ server, page }) => {
    const warned = page.waitForEvent('console', (message) => message.type() === 'warning');
    await page.goto(`${server.origin}/page/`);
    assert.match((await warned).text(), /not isolated, because .*gander-sw\.js is not within .*\/page\//);
    await kept(page, ['/page/']);
    await page.reload();
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.equal(await writes(page, 2), 3);
  }));

test('what is kept, by the headers; of nothing else a copy is made', () => {
  const files = {
    '/page/small': { headers: { 'content-length': 1, 'content-type': 'application/json' }, want: true },
    '/page/script': { headers: { 'content-type': 'text/javascript' }, want: true },
    '/page/wasm': { headers: { 'content-type': 'application/wasm' }, want: true },
    '/page/no-store': { headers: { 'content-length': 1, 'cache-control': 'no-store' }, want: false },
    '/page/private': { headers: { 'content-length': 1, 'cache-control': 'max-age=60, private' }, want: false },
    '/page/unknown': { headers: { 'content-type': 'application/octet-stream' }, want: false },
    '/page/events': { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }, want: false },
    '/page/large': { headers: { 'content-length': (64 << 20) + 1 }, want: false },
  };
  const watching = `
    const copied = [], { clone } = Response.prototype;
    Response.prototype.clone = function () {
      copied.push(new URL(this.url).pathname);
      return clone.call(this);
    };
    addEventListener('message', (event) => event.data === 'copied' && event.ports[0].postMessage(copied));
    importScripts('/gander/gander-sw.js');`;
  const routes = {
    '/page/watching.js': (_, response) => script(response, watching),
    '/page/': html('<script src="/gander/gander-sw.js" data-worker="/page/watching.js" data-isolate="off"></script>'),
    ...Object.fromEntries(Object.entries(files).map(([path, { headers }]) => [path, (_, response) => {
      response.writeHead(200, headers);
      if (Number(headers['content-length']) > 1 || /event/.test(headers['content-type'])) response.write(' '); // the rest never comes
      else response.end(' ');
    }])),
  };
  return withSite(routes, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await kept(page, ['/page/']);
    await page.reload();
    const copied = await page.evaluate(async (paths) => {
      for (const path of paths) await (await fetch(path)).body.getReader().read();
      const { port1, port2 } = new MessageChannel();
      navigator.serviceWorker.controller.postMessage('copied', [port2]);
      return (await new Promise((resolve) => (port1.onmessage = resolve))).data;
    }, Object.keys(files));
    const expected = Object.keys(files).filter((path) => files[path].want);
    assert.deepEqual(copied.filter((path) => path in files), expected);
    await kept(page, expected);
    const urls = (await allKept(page)).map((url) => new URL(url).pathname);
    assert.deepEqual(urls.filter((path) => path in files).sort(), expected.sort());
  });
});

test('the file copied beside the page, and new versions of the page', () => {
  let version = 'one';
  const copy = readFileSync(new URL('../../www/gander/gander-sw.js', import.meta.url), 'utf8');
  const routes = {
    '/copied/': (...args) => html(`<p>${version}</p><script src="gander-sw.js"></script>`, { vary: 'accept' })(...args),
    '/copied/gander-sw.js': (_, response) => script(response, copy),
  };
  return withSite(routes, async ({ server, page }) => {
    const shown = () => page.locator('p').textContent();
    await page.goto(`${server.origin}/copied/?from=elsewhere`);
    await page.waitForFunction(() => crossOriginIsolated);
    version = 'two';
    await page.goto(`${server.origin}/copied/`);
    assert.equal(await shown(), 'two');
    await kept(page, ['/copied/?from=elsewhere', '/copied/']);
    server.close();
    await page.reload();
    assert.equal(await shown(), 'two', 'the page itself, not one with another query');
    await page.goto(`${server.origin}/copied/?from=bookmark`);
    assert.equal(await shown(), 'two', 'what is kept is the newest');
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  });
});

test('a new version of a file that is only imported when it is needed', () => {
  let version = 'one';
  let films = 0;
  const routes = {
    '/page/': html('<script src="/gander/gander-sw.js" data-worker="/page/sw.js" data-isolate="off"></script><script type="module" src="main.js"></script>'),
    '/page/main.js': (_, response) => script(response, "document.title = 'main'; window.later = () => import('./later.js')"),
    '/page/film': (_, response) => response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 1 }).end(String(films++)),
    '/page/later.js': (_, response) => script(response, `export const version = '${version}'`),
  };
  return withSite(routes, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/`);
    await keepAll(page, ['film']);
    await kept(page, ['/page/later.js']);
    version = 'two';
    await page.reload();
    await keepAll(page, ['main.js', 'film']);
    assert.equal(films, 1, 'what may be large is not fetched again');
    server.close();
    await page.reload();
    assert.equal(await page.evaluate(async () => (await window.later()).version), 'two');
  });
});

test('what no page has asked for in a month or two goes, but not while there is no network', () => {
  let away = false;
  const copy = readFileSync(new URL('../../www/gander/gander-sw.js', import.meta.url), 'utf8');
  const routes = {
    '/page/': html('<script src="gander-sw.js" data-isolate="off"></script>'),
    '/page/gander-sw.js': (_, response) => script(response, copy),
  };
  for (const [path, answer] of Object.entries(routes)) routes[path] = (request, response) => (away ? response.destroy() : answer(request, response));
  routes['/page/blank'] = html('');
  return withSite(routes, async ({ server, page }) => {
    await page.goto(`${server.origin}/page/blank`);
    await page.evaluate(async () => { // as if the last visit was long ago
      for (const [name, path] of [['gander-site-2', '/was/first'], ['gander-site-1000', '/was/second']]) await (await caches.open(name)).put(path, new Response(path));
    });
    await page.goto(`${server.origin}/page/`);
    await kept(page, ['/page/', '/page/gander-sw.js']); // all of it
    const left = async () => {
      await page.reload();
      await keepAll(page);
      return (await allKept(page)).map((url) => new URL(url).pathname).filter((path) => path.startsWith('/was/')).sort();
    };
    away = true;
    assert.deepEqual(await left(), ['/was/first', '/was/second']);
    away = false;
    for (let i = 0; i < 2; i++) assert.deepEqual(await left(), ['/was/second'], 'it was added to until now');
    assert.ok((await allKept(page)).some((url) => url.endsWith('/page/')));
  });
});

test('requests for models go by', () =>
  withSite({}, async ({ server, page }) => {
    await page.goto(`${server.origin}/`);
    await write(page);
    await kept(page, ['/app/main.js']);
    const urls = await allKept(page);
    assert.ok(!urls.some((url) => url.endsWith('.gguf')), urls.join());
  }));
