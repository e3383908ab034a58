// Downloads that survive: real faults of a real server, and the real private file system of Chromium.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FaultyFile, PIECE, paddedModel } from '../lib/faulty.js';
import { setUp, workersLeft } from '../lib/fixture.js';

let file = new FaultyFile();
afterEach(() => (file = new FaultyFile()));

const fixture = setUp({ '/model.gguf': (request, response) => file.handler(request, response) });

/** Runs a test in a browser profile of its own, with as many pages as are asked for. */
async function inProfile(body) {
  const context = await fixture.browser.newContext();
  context.setDefaultTimeout(60_000);
  try {
    await body(async () => {
      const page = await context.newPage();
      await page.goto(`${fixture.origin}/blank`);
      return page;
    }, context);
  } finally {
    await context.close();
  }
}

/** Loads the model in a page and gives what came of it. */
const load = (page, options = {}) =>
  page.evaluate(async (options) => {
    const { Gander } = await import('/gander/index.js');
    const progress = [];
    try {
      const model = await Gander.load('/model.gguf', { ...options, onProgress: (p) => progress.push(p) });
      const { text } = await model.complete('Once', { maxTokens: 5, temperature: 0, ignoreEOS: true });
      model.close();
      return { text, kept: model.kept, why: model.whyNotKept, downloaded: progress.filter(({ phase }) => phase === 'download').at(-1)?.loaded ?? 0 };
    } catch (error) {
      return { code: error.code ?? String(error), message: error.message };
    }
  }, options);

const list = (page) => page.evaluate(async () => (await import('/gander/index.js')).Gander.cache.list());

/** Changes what is kept, in files with this ending, from outside. */
const edit = (page, change, ending = '.bin') =>
  page.evaluate(async ({ edit, ending }) => {
    const change = new Function(`return (${edit})`)();
    const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle('gander');
    for await (const [name, handle] of dir) {
      if (!name.endsWith(ending)) continue;
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      const out = await handle.createWritable();
      await out.write(change(bytes) ?? bytes);
      await out.close();
    }
  }, { edit: String(change), ending });

let written;
/** Checks that a load worked, and wrote what the model always writes. */
function works(result, kept = true) {
  assert.equal(result.code, undefined, result.message);
  assert.equal(result.kept, kept, result.why);
  written ??= result.text;
  assert.equal(result.text, written);
  assert.ok(written.length > 3);
}

/** Loads, and checks that it worked. */
async function loads(page, options) {
  const result = await load(page, options);
  works(result);
  return result;
}

/** Loads, and then again, which must download nothing. */
async function worksAndStays(page) {
  works(await load(page));
  assert.equal((await loads(page)).downloaded, 0, 'the kept file is used');
  const [kept, ...others] = await list(page);
  assert.deepEqual(others, []);
  assert.deepEqual([kept.size, kept.held, kept.complete], [file.content.length, file.content.length, true]);
}

test('a model is downloaded in pieces, once, kept, listed, and deleted', () =>
  inProfile(async (open) => {
    const page = await open();
    await worksAndStays(page);
    assert.equal(file.sent, file.content.length, 'each byte once');
    const got = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const [{ url, etag, added, used }] = await Gander.cache.list();
      const size = await Gander.cache.size();
      const room = await Gander.cache.estimate();
      const deleted = [await Gander.cache.delete('/model.gguf'), await Gander.cache.delete('/model.gguf')];
      return { url, etag, times: added > 0 && used > added, size, room: room.models === size && room.quota > room.usage, deleted, left: await Gander.cache.list() };
    });
    const { size, ...rest } = got;
    assert.ok(size >= file.content.length);
    assert.deepEqual(rest, { url: `${fixture.origin}/model.gguf`, etag: '"v1"', times: true, room: true, deleted: [true, false], left: [] });
  }));

test('cache: false keeps nothing', () =>
  inProfile(async (open) => {
    const page = await open();
    works(await load(page, { cache: false }), false);
    assert.deepEqual(await list(page), []);
    assert.ok(file.sent < file.content.length, 'what is not needed is not fetched');
  }));

test('connections that are cut at random bytes', () =>
  inProfile(async (open) => {
    let cuts = 12;
    file.fault = (range) => (range?.end > 1 && cuts-- > 0 ? 'cut' : undefined);
    await worksAndStays(await open());
    assert.ok(cuts < 0);
  }));

test('answers of 500, some and then always', () =>
  inProfile(async (open) => {
    const page = await open();
    let failing = 6;
    file.fault = (range) => (range?.end > 1 && failing-- > 0 ? 500 : undefined);
    works(await load(page));
    await page.evaluate(async () => (await import('/gander/index.js')).Gander.cache.clear());
    file.fault = (range) => (range?.start >= 2 * PIECE ? 500 : undefined);
    assert.equal((await load(page)).code, 'network');
    await workersLeft(page, 1);
    const [half] = await list(page);
    assert.ok(!half.complete && half.held >= PIECE, 'what came is kept');
    file.fault = () => {};
    const before = file.sent;
    await worksAndStays(page);
    assert.ok(file.sent - before < file.content.length, 'the rest is fetched');
  }));

test('a server without ranges', () =>
  inProfile(async (open) => {
    const page = await open();
    file.ranges = false;
    await worksAndStays(page);
    works(await load(page, { cache: false }), false);
    await page.evaluate(async () => (await import('/gander/index.js')).Gander.cache.clear());
    let cuts = 2;
    file.fault = () => (cuts-- > 0 ? 'cut' : undefined);
    await worksAndStays(page);
  }));

test('another version midway: the pieces are not mixed', () =>
  inProfile(async (open) => {
    const old = file.content;
    let pieces = 0;
    file.fault = (range) => {
      if (range?.end > 1 && ++pieces === 3) [file.content, file.etag] = [paddedModel(6), '"v2"'];
    };
    const page = await open();
    works(await load(page));
    assert.notEqual(file.content.length, old.length);
    assert.equal((await loads(page, { sha256: file.sha256 })).downloaded, file.content.length, 'of the check');
  }));

test('a new version replaces the kept one; without the server the kept one is used', () =>
  inProfile(async (open) => {
    const page = await open();
    works(await load(page));
    [file.content, file.etag] = [paddedModel(6), '"v2"'];
    file.fault = (range) => (range?.start > 0 ? 500 : undefined);
    assert.equal((await load(page)).code, 'network', 'the new one cannot be had');
    file.fault = () => 503;
    works(await load(page)); // the old one is still there
    file.fault = () => {};
    works(await load(page));
    assert.equal((await list(page)).length, 1, 'the old one is gone as soon as the new one has worked');
    await worksAndStays(page);
  }));

test('a wrong hash', () =>
  inProfile(async (open) => {
    const page = await open();
    assert.equal((await load(page, { sha256: '0'.repeat(64) })).code, 'integrity');
    assert.deepEqual(await list(page), [], 'nothing wrong is kept');
    works(await load(page, { sha256: file.sha256 }));
    const before = file.sent;
    works(await load(page, { sha256: file.sha256 }));
    assert.equal(file.sent, before);
    file.headers = { 'x-linked-etag': `"${'1'.repeat(64)}"` }; // as Hugging Face tells it
    file.etag = '"v2"';
    assert.equal((await load(page)).code, 'integrity');
    file.headers = { 'x-linked-etag': `"${file.sha256}"` };
    await worksAndStays(page);
  }));

test('a file that the server has cut short', () =>
  inProfile(async (open) => {
    const page = await open();
    const { content } = file;
    file.content = content.subarray(0, 2 << 20);
    file.etag = '';
    assert.equal((await load(page)).code, 'bad_file');
    assert.deepEqual(await list(page), [], 'a broken file is not kept');
    file.content = content;
    await worksAndStays(page);
  }));

test('a new version that is no model: the old one stays', () =>
  inProfile(async (open) => {
    const page = await open();
    works(await load(page));
    const { content } = file;
    Object.assign(file, { content: Buffer.from('<!doctype html><title>Please log in</title>'), ranges: false, etag: '' });
    assert.equal((await load(page)).code, 'bad_file');
    file.fault = () => 503;
    works(await load(page));
    file.fault = () => {};
    Object.assign(file, { content, ranges: true, etag: '"v1"' });
    const before = file.sent;
    await worksAndStays(page);
    assert.equal(file.sent, before, 'it is not downloaded again');
  }));

for (const [name, away] of [['the server is away', true], ['the server has it', false]]) {
  test(`a new version that is no model, and a tab that is closed before that is known: the old one stays; ${name}`, () =>
    inProfile(async (open) => {
      const page = await open();
      works(await load(page));
      const { content } = file;
      Object.assign(file, { content: Buffer.from('<!doctype html><title>Please log in</title>'), etag: '"v2"' });
      await page.evaluate(async () => { // a load, up to where the engine looks at the file
        const { takeClient } = await import('/gander/client.js');
        const client = takeClient();
        const source = { kind: 'url', href: new URL('/model.gguf', location.href).href };
        await client.call({ type: 'prepare', source, options: { cache: true, sha256: [] } });
        client.close();
      });
      assert.equal((await list(page)).length, 2);
      if (away) file.fault = () => 503;
      else assert.equal((await load(page)).code, 'bad_file');
      file.fault = () => 503;
      works(await load(page));
      file.fault = () => {};
      Object.assign(file, { content, etag: '"v1"' });
      const before = file.sent;
      await worksAndStays(page);
      assert.equal(file.sent, before, 'it is not downloaded again');
    }));
}

test('a kept file that cannot be used, and a server that is away or slow', () =>
  inProfile(async (open) => {
    const page = await open();
    works(await load(page));
    file.fault = () => 500;
    assert.equal((await load(page, { sha256: '0'.repeat(64) })).code, 'integrity', 'the file is fine, but not the one that is wanted');
    works(await load(page));
    await edit(page, (bytes) => bytes.fill(7, 5 << 20, (5 << 20) + 100));
    assert.equal((await load(page)).code, 'network');
    file.fault = () => setTimeout(4000); // longer than a good copy waits
    works(await load(page));
  }));

/** Sets how much a profile may keep. Chromium's estimate() does not tell, so that writes fail. */
async function quotaOf(page, context) {
  const session = await context.newCDPSession(page);
  return (quotaSize) => session.send('Storage.overrideQuotaForOrigin', { origin: fixture.origin, quotaSize });
}

test('no room: the model is read without being kept, and says so', () =>
  inProfile(async (open) => {
    const page = await open();
    file.size = 20e9; // as the server says; Chromium's estimate is that 10 GiB are left
    const result = await load(page);
    works(result, false);
    assert.match(result.why, /not enough room: .* bytes are needed/);
    assert.equal(await page.evaluate(async () => (await import('/gander/index.js')).Gander.cache.size().then((size) => size < 1000)), true, 'nothing was written');
    file.size = undefined;
    await worksAndStays(page);
  }));

test('the disk is full midway: the model is read all the same, and the next load goes on with what came', () =>
  inProfile(async (open, context) => {
    const page = await open();
    const quota = await quotaOf(page, context);
    await quota(9 << 20);
    let firstIsKept;
    const kept = new Promise((resolve) => (firstIsKept = resolve));
    file.fault = (range) => { // a later piece that came first would find no room, and nothing would be kept
      if (range?.start === 4 * PIECE) firstIsKept(); // four are fetched at a time
      else if (range?.start > 0) return kept;
    };
    const result = await load(page);
    works(result, false);
    assert.match(result.why, /full/);
    await quota(1 << 30);
    const before = file.sent;
    await worksAndStays(page);
    assert.ok(file.sent - before <= file.content.length - PIECE, 'the rest is fetched');
  }));

test('no room for a new version: the old one goes only if that is enough', () =>
  inProfile(async (open, context) => {
    const page = await open();
    const quota = await quotaOf(page, context);
    works(await load(page));
    await quota(30 << 20);
    [file.content, file.etag] = [paddedModel(12), '"v2"'];
    works(await load(page), false);
    file.fault = () => 503;
    works(await load(page)); // the old one
    file.fault = () => {};
    [file.content, file.etag] = [paddedModel(6), '"v3"'];
    await worksAndStays(page);
  }));

test('a tab that is closed midway', () =>
  inProfile(async (open) => {
    const first = await open();
    file.fault = (range) => (range?.start >= 2 * PIECE ? 'hold' : undefined);
    const lost = load(first).catch(() => {});
    while (((await list(first))[0]?.pieces ?? 0) < 2) await setTimeout(50);
    await first.close();
    await lost;
    file.fault = () => {};
    const before = file.sent;
    await worksAndStays(await open());
    assert.ok(file.sent - before <= file.content.length - 2 * PIECE, 'the rest is fetched');
  }));

test('two tabs at once: one downloads, both load; and one goes on when the other is closed', () =>
  inProfile(async (open) => {
    const pages = [await open(), await open()];
    file.fault = (range) => (range?.start >= 2 * PIECE ? 503 : undefined); // so that the first is at it for a while
    const both = Promise.all(pages.map((page) => load(page)));
    await setTimeout(1000);
    file.fault = () => {};
    for (const result of await both) {
      works(result);
      assert.ok(result.downloaded > 0, 'who waits sees how far it is');
    }
    assert.equal(file.sent, file.content.length, 'each byte once');

    await pages[0].evaluate(async () => (await import('/gander/index.js')).Gander.cache.clear());
    file.fault = (range) => (range?.start >= 2 * PIECE ? 'hold' : undefined);
    file.asked = [];
    const first = load(pages[0]).catch(() => {});
    while (file.asked.length < 2) await setTimeout(20);
    const second = load(pages[1]);
    assert.equal(await pages[1].evaluate(async () => (await import('/gander/index.js')).Gander.cache.delete('/model.gguf').catch(({ code }) => code)), 'busy');
    file.fault = () => {};
    await pages[0].close();
    await first;
    works(await second);
  }));

test('an aborted download rejects with the reason, and the next goes on', () =>
  inProfile(async (open) => {
    const page = await open();
    file.fault = (range) => (range?.start >= 2 * PIECE ? 'hold' : undefined);
    const reason = page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const controller = new AbortController();
      globalThis.stop = () => controller.abort('enough');
      return Gander.load('/model.gguf', { signal: controller.signal }).catch((reason) => reason);
    });
    while (file.asked.length < 2) await setTimeout(20);
    await page.evaluate(() => globalThis.stop());
    assert.equal(await reason, 'enough');
    await workersLeft(page, 0);
    file.fault = () => {};
    await worksAndStays(page);
  }));

for (const { name, edit: change, whole } of [
  { name: 'bytes changed', edit: (bytes) => bytes.fill(7, 5 << 20, (5 << 20) + 100) },
  { name: 'its beginning overwritten', edit: (bytes) => bytes.fill(0, 0, 1000) },
  { name: 'cut short', edit: (bytes) => bytes.subarray(0, 7 << 20) },
  { name: 'made longer', edit: (bytes) => new Blob([bytes, 'more']) },
  { name: 'emptied', edit: (bytes) => bytes.subarray(0, 0) },
  { name: 'its journal garbled', edit: () => new TextEncoder().encode('{"version":1,"ur\n\0\0'), whole: '.log' },
  { name: 'its journal cut within a line', edit: (bytes) => bytes.subarray(0, bytes.length >> 1), whole: '.log' },
]) {
  test(`a kept file that was edited from outside is healed: ${name}`, () =>
    inProfile(async (open) => {
      const page = await open();
      works(await load(page));
      await edit(page, change, whole);
      const before = file.sent;
      await worksAndStays(page);
      if (name === 'bytes changed') assert.equal(file.sent - before, PIECE, 'only the damaged piece is fetched');
    }));
}

test('two workers read one kept file, and one without keeping, at the same time', () =>
  inProfile(async (open) => {
    const page = await open();
    works(await load(page, { workers: 2 }));
    works(await load(page, { workers: 2, cache: false }), false);
  }));
