import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { beforeEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { linkedHash, patience } from '../../www/gander/http.js';
import { prepare } from '../../www/gander/prepare.js';
import { joinSources, openSource } from '../../www/gander/source.js';
import { sourceSpec } from '../../www/gander/source-spec.js';
import { loopback } from '../lib/loopback.js';

patience.backoff = 1;

const MB = 1 << 20;
const file = Uint8Array.from({ length: 12 * MB + 5 }, (_, i) => (i * 2654435761) >>> 24);
const sha256 = createHash('sha256').update(file).digest('hex');
const length = { 'content-length': file.length };
let etag = '"one"';
let asked = []; // the ranges that were asked for
let failures = 0; // how many requests are to fail
/** @type {import('node:http').IncomingMessage[]} */
let requests = [];
/** @type {import('node:http').ServerResponse[]} */
let answers = [];

/** Answers as a good server does: the range that is asked for. */
function good(request, response, { content = file, headers = {}, tell = true } = {}) {
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  if (!range || (request.headers['if-range'] && request.headers['if-range'] !== etag)) return response.writeHead(200, { 'content-length': content.length, etag, ...headers }).end(content);
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, content.length)];
  if (end > 1) asked.push([start, end]);
  const part = content.subarray(start, end);
  response.writeHead(206, { etag, 'content-length': part.length, ...(tell && { 'content-range': `bytes ${start}-${end - 1}/${content.length}` }), ...headers });
  return { part, response, send: () => response.end(part) };
}

/** Answers as a good server of another origin that has the file packed as well: of that too, the browser shows only the length. */
function packed(request, response) {
  const range = /bytes=\d+-\d/.test(request.headers.range ?? '');
  if (range) return good(request, response, { tell: false }).send?.();
  const content = /gzip/.test(request.headers['accept-encoding']) ? gzipSync(file) : file;
  response.writeHead(200, { 'content-length': content.length }).end(content);
}

/** @type {Record<string, (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void>} */
const routes = {
  '/plain': (request, response) => good(request, response).send?.(),
  '/hidden': (request, response) => good(request, response, { tell: false }).send?.(),
  '/hidden-packed': packed,
  '/hidden-packed-no-head': (request, response) => (request.method === 'HEAD' ? response.writeHead(405).end() : packed(request, response)),
  '/no-range': (_, response) => response.writeHead(200, length).end(file),
  '/no-length': (_, response) => response.writeHead(200).end(file),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file)),
  '/elsewhere': ({ socket }, response) => response.writeHead(302, { location: `http://localhost:${socket.localPort}/plain` }).end(),
  '/empty': (request, response) => (request.headers.range ? response.writeHead(416, { 'content-range': 'bytes */0' }).end() : response.writeHead(200, { 'content-length': 0 }).end()),
  '/silent': () => {},
  '/missing': (_, response) => response.writeHead(404).end(),
  '/cut': (_, response) => response.writeHead(200, length).write(file.subarray(0, 100), () => response.destroy()),
  '/breaks': (request, response) => (failures-- > 0 ? routes['/cut'](request, response) : routes['/no-range'](request, response)),
  '/slow': (_, response) => void response.writeHead(200, length).write(file.subarray(0, 100)),
  '/flaky': (request, response) => { // each answer breaks off somewhere
    const { part, send } = good(request, response);
    if (!part) return;
    if (part.length === 1 || failures-- <= 0) return send();
    response.write(part.subarray(0, Math.floor(part.length * Math.random())), () => response.destroy());
  },
  '/busy': (request, response) => (failures-- > 0 ? response.writeHead(503).end() : good(request, response).send?.()),
  '/other-range': (request, response) => {
    if (!request.headers.range?.endsWith('0-0')) request.headers.range = 'bytes=7-1000';
    good(request, response).send?.();
  },
  '/more': (request, response) => { // more than its own header says
    const [, start, end] = /(\d+)-(\d+)/.exec(request.headers.range).map(Number);
    response.writeHead(206, { etag, 'content-range': `bytes ${start}-${end}/${file.length}` }).end(file.subarray(0, end - start + (end > 0 ? 2 : 1)));
  },
  '/linked': (request, response) => good(request, response, { headers: { 'x-linked-etag': `"${'0'.repeat(64)}"` } }).send?.(),
  '/me/model/resolve/main/m.gguf': (request, response) => good(request, response).send?.(),
  '/me/model/resolve/main/stalled.gguf': (request, response) => good(request, response).send?.(),
  '/me/model/raw/main/stalled.gguf': (_, response) => response.writeHead(200).flushHeaders(),
  '/me/model/raw/main/m.gguf': (_, response) => response.end(`version https://git-lfs.github.com/spec/v1\noid sha256:${'1'.repeat(64)}\nsize ${file.length}\n`),
};

const server = createServer((request, response) => {
  requests.push(request);
  answers.push(response);
  routes[request.url.split('?')[0]](request, response);
});
let origin = '';
loopback(server, (address) => (origin = address));

beforeEach(() => {
  etag = '"one"';
  asked = [];
  requests = [];
  answers = [];
  failures = 0;
  patience.stall = 30_000;
});

const { signal } = new AbortController();

/** Waits until no more answers than these are being sent. */
async function openConnections(count) {
  for (let wait = 0; answers.filter(({ closed }) => !closed).length > count; wait += 20) {
    assert.ok(wait < 3000, 'connections are open that nobody reads from');
    await setTimeout(20);
  }
}

/** Waits until the client has closed the connection of the last request. */
async function hungUp() {
  for (let wait = 0; !requests.at(-1)?.socket.destroyed; wait += 20) {
    assert.ok(wait < 3000, 'the connection is still open');
    await setTimeout(20);
  }
}

/** Opens a URL as `cache: false` does. Node has no OPFS. */
async function open(path, { hash = [], stop = signal, report = () => {} } = {}) {
  const spec = { kind: /** @type {const} */ ('url'), href: origin + path };
  return openSource((await prepare(spec, { cache: false, sha256: hash }, stop, report)).source, stop);
}

for (const path of ['/plain', '/hidden', '/hidden-packed', '/hidden-packed-no-head', '/no-range', '/no-length', '/gzip', '/flaky']) {
  test(`${path}: reads anywhere give the bytes of the file`, async () => {
    failures = 8;
    const source = await open(path);
    assert.equal(source.size, file.length);
    for (const [offset, size] of [[0, 4], [4, 100], [50, 3 * MB], [3 * MB, 4 * MB], [2 * MB, MB], [11 * MB, 2 * MB], [9 * MB, 10], [0, 10]]) {
      assert.deepEqual(Buffer.compare(await source.read(offset, size), file.slice(offset, offset + size)), 0, `${size} bytes at ${offset}`);
    }
    assert.equal((await source.read(file.length, 10)).length, 0);
    source.close();
  });
}

test('a reader that skips parts fetches little else, one that goes on few and large ranges', async () => {
  const skipping = await open('/plain');
  for (let at = MB; at < 12 * MB; at += 3 * MB) await skipping.read(at, 1000);
  skipping.close();
  const skipped = asked.reduce((sum, [start, end]) => sum + end - start, 0);
  assert.ok(skipped <= 4 * (256 << 10), `${skipped} bytes for four reads`);
  asked = [];
  const forward = await open('/plain');
  for (let at = 0; at < file.length; at += 64 << 10) await forward.read(at, 64 << 10);
  forward.close();
  assert.ok(asked.length <= 9, `${asked.length} requests`);
  assert.equal(asked.reduce((sum, [start, end]) => sum + end - start, 0), file.length, 'each byte once');
});

test('a long reading takes the memory of a few blocks', async () => {
  const source = await open('/plain');
  const { ArrayBuffer: Memory, Uint8Array: Bytes } = globalThis;
  let taken = 0;
  const counted = (Plain) =>
    class extends Plain {
      static [Symbol.species] = Plain;
      constructor(...args) {
        super(...args);
        if (typeof args[0] === 'number') taken += args[0];
      }
    };
  Object.assign(globalThis, { ArrayBuffer: counted(Memory), Uint8Array: counted(Bytes) });
  try {
    for (let times = 0; times < 6; times++) {
      for (let at = 0; at < file.length; at += MB) await source.read(at, MB);
    }
  } finally {
    Object.assign(globalThis, { ArrayBuffer: Memory, Uint8Array: Bytes });
    source.close();
  }
  assert.ok(taken < 3 * file.length, `${(taken / MB).toFixed(0)} MB for six times 12`);
});

test('a file of no bytes', async () => assert.equal((await open('/empty')).size, 0));

test('a server that is busy for a while', async () => {
  failures = 3;
  assert.equal((await (await open('/busy')).read(0, 10)).length, 10);
});

for (const { path, name = path, code, status, stall = 30_000 } of [
  { path: '/missing', code: 'network', status: 404 },
  { path: '/busy', code: 'network', status: 503 },
  { path: '/cut', code: 'network' },
  { path: '/slow', name: 'a server that stops sending', code: 'network', stall: 300 },
  { path: '/other-range', code: 'io' },
  { path: '/more', code: 'network' },
]) {
  test(`${name} fails with ${code}`, async () => {
    failures = 100;
    patience.stall = stall;
    await assert.rejects(open(path).then((source) => source.read(0, 5000)), { name: 'GanderError', code, status });
  });
}

test('a file that changes is not mixed', async () => {
  for (const change of [() => (etag = '"two"'), () => {}]) {
    const source = await open('/plain');
    await source.read(0, 10);
    change();
    if (etag === '"two"') await assert.rejects(source.read(11 * MB, 10), { name: 'GanderError', code: 'io' });
    else assert.equal((await source.read(11 * MB, 10)).length, 10);
    source.close();
    etag = '"one"';
  }
});

test('a redirect to another origin gets no if-range, which would take a preflight', async () => {
  for (const [path, wanted] of /** @type {const} */ ([['/plain', true], ['/elsewhere', false]])) {
    const source = await open(path);
    assert.equal((await source.read(MB, 10)).length, 10);
    source.close();
    assert.equal(requests.some(({ headers }) => headers['if-range']), wanted);
    requests = [];
  }
});

test('a request that is given up holds no connection', { timeout: 10_000 }, async () => {
  patience.stall = 200;
  await assert.rejects(open('/silent'), { code: 'network' });
  assert.equal(requests.length, patience.tries);
  await hungUp();
});

test('a server that is not there', async () => {
  await assert.rejects(prepare({ kind: 'url', href: 'http://127.0.0.1:9/' }, { cache: true, sha256: [] }, signal, () => {}), { name: 'GanderError', code: 'network' });
});

test('an abort', async () => {
  const controller = new AbortController();
  const opening = open('/slow', { stop: controller.signal });
  setTimeout(50).then(() => controller.abort('enough'));
  await assert.rejects(opening, (reason) => reason === 'enough');
});

test('the download of a file of unknown size is reported', async () => {
  /** @type {number[]} */
  const reports = [];
  await open('/no-length', { report: (loaded) => reports.push(loaded) });
  assert.equal(reports.at(-1), file.length);
});

test('a SHA-256 is checked where it is known', async () => {
  assert.equal((await open('/plain', { hash: [sha256] })).size, file.length);
  await assert.rejects(open('/plain', { hash: ['0'.repeat(64)] }), { name: 'GanderError', code: 'integrity' });
  await assert.rejects(open('/plain', { hash: [sha256, sha256] }), { name: 'GanderError', code: 'bad_option' });
  const blob = { kind: /** @type {const} */ ('blob'), blob: new Blob([file]) };
  await assert.rejects(prepare(blob, { cache: true, sha256: ['0'.repeat(64)] }, signal, () => {}), { name: 'GanderError', code: 'integrity' });
});

test('a SHA-256 that the server does not go on to tell is not waited for', { timeout: 10_000 }, async () => {
  patience.stall = 300;
  assert.equal(await linkedHash(`${origin}/me/model/resolve/main/m.gguf`, signal), '1'.repeat(64));
  assert.equal(await linkedHash(`${origin}/me/model/resolve/main/stalled.gguf`, signal), '');
  await hungUp();
});

test('what does not come from a server is not kept', async () => {
  const href = URL.createObjectURL(new Blob([file]));
  const { source, kept, reason } = await prepare({ kind: 'url', href }, { cache: true, sha256: [] }, signal, () => {});
  assert.deepEqual([kept, reason], [false, 'it does not come from a server']);
  assert.equal((await openSource(source, signal)).size, file.length);
});

test('the header of a file can be read without the rest', async () => {
  const peek = async (path) => openSource((await prepare({ kind: 'url', href: origin + path }, { cache: false, sha256: [], peek: true }, signal, () => {})).source, signal);
  for (const path of ['/no-range', '/plain']) {
    const source = await peek(path);
    assert.deepEqual(await source.read(100, 2 * MB), file.slice(100, 100 + 2 * MB));
    assert.deepEqual(await source.read(5, 10), file.slice(5, 15));
    source.close();
  }
});

test('a file without ranges that breaks off begins anew, also where only its header is read', async () => {
  failures = 3;
  const source = await open('/breaks');
  assert.deepEqual(await source.read(0, file.length), file);
  const spec = { kind: /** @type {const} */ ('url'), href: `${origin}/breaks` };
  const header = await openSource((await prepare(spec, { cache: false, sha256: [], peek: true }, signal, () => {})).source, signal);
  failures = 3;
  assert.deepEqual(await header.read(50, 2 * MB), file.slice(50, 50 + 2 * MB));
  header.close();
  const cut = await openSource({ kind: 'stream', href: `${origin}/cut`, size: file.length }, signal);
  await assert.rejects(cut.read(0, MB), { code: 'network' });
});

test('of the headers of many parts without ranges one is open at a time', { timeout: 20_000 }, async () => {
  const hrefs = Array.from({ length: 8 }, (_, i) => `${origin}/no-range?${i}`);
  const spec = { kind: /** @type {const} */ ('parts'), parts: hrefs.map((href) => ({ kind: /** @type {const} */ ('url'), href })) };
  const source = await openSource((await prepare(spec, { cache: false, sha256: [], peek: true }, signal, () => {})).source, signal);
  await openConnections(0);
  for (const at of [0, 10, 100, 3 * MB]) { // each part again, from where it was
    for (const i of hrefs.keys()) {
      assert.deepEqual(await source.read(i * file.length + at, MB), file.slice(at, at + MB));
      await openConnections(1);
    }
  }
  source.close();
  await openConnections(0);
});

test('the URL of one part of a split model stands for all', () => {
  const hrefs = [1, 2, 3].map((i) => `https://h/a/m-0000${i}-of-00003.gguf?x=1`);
  for (const href of hrefs) assert.deepEqual(sourceSpec(href), { kind: 'parts', parts: hrefs.map((href) => ({ kind: 'url', href })) });
  assert.deepEqual(sourceSpec('https://h/m-00001-of-00001.gguf'), { kind: 'url', href: 'https://h/m-00001-of-00001.gguf' });
  assert.equal(sourceSpec([new Blob(['a']), new URL(hrefs[0])]).kind, 'parts');
});

test('files are laid end to end', async () => {
  const sources = [[0, 10], [10, 10], [10, 30]].map(([start, end]) => ({ kind: /** @type {const} */ ('blob'), blob: new Blob([file.slice(start, end)]) }));
  const joined = await openSource({ kind: 'parts', parts: sources }, signal);
  assert.deepEqual([joined.size, joined.parts], [30, [10, 0, 20]]);
  for (let at = 0; at < 30; at++) for (let n = 0; n < 32; n++) assert.deepEqual(Uint8Array.from(await joined.read(at, n)), file.slice(at, Math.min(at + n, 30)));
  assert.equal(joinSources([]).size, 0);
});

test('where a part cannot be opened, the others are closed', async (t) => {
  let open = 0;
  const files = {
    async getFileHandle(name) {
      if (name === 'gone.bin') throw new Error('gone');
      await setTimeout(20);
      open++;
      return { createSyncAccessHandle: async () => ({ close: () => open-- }) };
    },
  };
  const { navigator, FileSystemSyncAccessHandle } = globalThis;
  const set = (values) => Object.entries(values).forEach(([name, value]) => Object.defineProperty(globalThis, name, { value, configurable: true }));
  t.after(() => set({ navigator, FileSystemSyncAccessHandle }));
  set({ navigator: { storage: { getDirectory: async () => ({ getDirectoryHandle: async () => files }) } }, FileSystemSyncAccessHandle: { prototype: { mode: '' } } });
  const parts = ['a', 'gone', 'b'].map((name) => ({ kind: /** @type {const} */ ('kept'), name, size: 1 }));
  await assert.rejects(openSource({ kind: 'parts', parts }, signal), { code: 'io', message: /gone/ });
  await setTimeout(100);
  assert.equal(open, 0);
});

/** A buffer's spec is ready as it is. */
const ready = (buffer) => /** @type {{kind: 'blob', blob: Blob}} */ (sourceSpec(buffer));

test('a buffer is copied, not taken', async () => {
  const buffer = file.slice(0, 100).buffer;
  const source = await openSource(ready(buffer), signal);
  assert.equal(buffer.byteLength, 100);
  assert.deepEqual(await source.read(10, 5), file.slice(10, 15));
});

test('a view gives its own part of the buffer', async () => {
  const source = await openSource(ready(file.subarray(10, 20)), signal);
  assert.equal(source.size, 10);
  assert.deepEqual(await source.read(0, 20), file.slice(10, 20));
});

const jumps = [[0, 4], [4, 100], [200, 3 * MB], [3 * MB + 200, MB], [10 * MB, MB], [12 * MB, 100], [MB, 2 * MB], [MB, 10], [file.length, 5], [12 * MB, 0]];
const blobStream = Blob.prototype.stream;
for (const [name, stream] of /** @type {const} */ ([['streams', blobStream], ['slices', () => new ReadableStream()]])) {
  test(`a Blob is read by ${name}, forwards, over gaps and back`, async (t) => {
    t.mock.method(Blob.prototype, 'stream', stream);
    const source = await openSource(ready(new Blob([file])), signal);
    for (const [offset, size] of jumps) {
      assert.deepEqual(await source.read(offset, size), file.slice(offset, offset + size), `${size} bytes at ${offset}`);
    }
    source.close();
  });
}

test('a Blob whose bytes went away, and came back', async (t) => {
  const broken = () => new ReadableStream({ type: 'bytes', pull: (controller) => controller.error(new Error('NotReadableError')) });
  const { mock } = t.mock.method(Blob.prototype, 'stream', broken);
  const source = await openSource(ready(new Blob([file])), signal);
  await assert.rejects(source.read(0, 10), { name: 'GanderError', code: 'io', message: /NotReadableError/ });
  mock.mockImplementation(() => blobStream.call(new Blob([file.slice(0, 5)])));
  await assert.rejects(source.read(0, 10), { name: 'GanderError', code: 'io', message: /ends at byte 5/ });
  mock.mockImplementation(blobStream);
  assert.deepEqual(await source.read(0, 10), file.slice(0, 10));
  source.close();
});

for (const value of [undefined, null, 5, {}, []]) {
  test(`${JSON.stringify(value)} is no source`, () => assert.throws(() => sourceSpec(value), TypeError));
}

test('text that is no URL', () => assert.throws(() => sourceSpec('http://'), TypeError));
