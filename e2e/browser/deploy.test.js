// Hosts that are set up badly, and the code that the README tells people to paste.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { setUp, workersLeft } from '../lib/fixture.js';

const www = fileURLToPath(new URL('../../www/', import.meta.url));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const embed = /```html\n([^`]*Gander\.load[^`]*)```/.exec(readme)?.[1];

const copy = (prefix, override) =>
  Object.fromEntries(
    readdirSync(`${www}gander`).filter((name) => name.endsWith('.js')).map((name) => [
      `${prefix}/gander/${name}`,
      (_, response) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(`${www}gander/${name}`)),
    ]).concat(Object.entries(override).map(([path, handler]) => [prefix + path, handler])),
  );

/** What Chromium does where a person blocks cookies. */
const denied = `
  navigator.locks.request = async () => { throw new DOMException('The request was denied.', 'SecurityError'); };
  navigator.storage.getDirectory = async () => { throw new DOMException('Storage directory access is denied.', 'SecurityError'); };
`;

/** How often the wasm file that is missing was asked for. */
let asked = 0;
const fixture = setUp({
  ...copy('/mime', { '/gander/gander.wasm': (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(readFileSync(`${www}gander/gander.wasm`)) }),
  ...copy('/no-wasm', { '/gander/gander.wasm': (_, response) => response.writeHead(404).end(void asked++) }),
  ...copy('/bad-wasm', { '/gander/gander.wasm': (_, response) => response.writeHead(200, { 'content-type': 'application/wasm' }).end('<html>') }),
  ...copy('/no-worker', { '/gander/worker.js': (_, response) => response.writeHead(404).end() }),
  ...copy('/no-data', {
    '/gander/worker.js': (_, response) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(denied + readFileSync(`${www}gander/worker.js`)),
    '/gander/gander.wasm': (_, response) => response.writeHead(200, { 'content-type': 'application/wasm' }).end(readFileSync(`${www}gander/gander.wasm`)),
  }),
  '/embed.html': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(embed),
});

for (const { name, path, want } of [
  { name: 'a wrong MIME type of the wasm file does no harm', path: '/mime', want: 'loaded' },
  { name: 'a browser that is to keep no data of the site', path: '/no-data', want: 'loaded' },
  { name: 'a wasm file that is missing', path: '/no-wasm', want: { code: 'network', status: 404 } },
  { name: 'a wasm file that is none', path: '/bad-wasm', want: { code: 'worker' } },
  { name: 'a worker file that is missing', path: '/no-worker', want: { code: 'worker' } },
]) {
  test(name, () =>
    fixture.onPage('/blank', async (page) => {
      const got = await page.evaluate(async (path) => {
        const { Gander } = await import(`${path}/gander/index.js`);
        return Gander.load('/models/stories.gguf').then(() => 'loaded', ({ code, status }) => ({ code, status }));
      }, path);
      assert.deepEqual(got, want === 'loaded' ? want : { status: undefined, ...want });
      await workersLeft(page, want === 'loaded' ? 1 : 0);
    }),
  );
}

for (const [call, attempts] of /** @type {const} */ ([['load', 3], ['inspect', 2]])) {
  test(`a wasm file that cannot be had: ${call} makes ${attempts} attempts, and so does the next`, () =>
    fixture.onPage('/blank', async (page) => {
      for (let i = 0; i < 2; i++) {
        asked = 0;
        const code = await page.evaluate(async (call) => {
          const { Gander } = await import('/no-wasm/gander/index.js');
          return Gander[call]('/models/stories.gguf').catch(({ code }) => code);
        }, call);
        assert.deepEqual([code, asked], ['network', attempts]);
      }
    }),
  );
}

test('the page of the README writes', () =>
  fixture.onPage('/embed.html', async (page) => {
    assert.ok(embed, 'README.md has an html block with Gander.load');
    const length = () => document.body.innerText.length;
    const before = await page.evaluate(length);
    await page.waitForFunction((before) => document.body.innerText.length > before + 40, before);
  }));
