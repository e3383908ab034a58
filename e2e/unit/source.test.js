import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openSource, sourceSpec } from '../../www/gander/source.js';
import { WINDOW } from '../../www/gander/url-source.js';

const MB = 1 << 20;
const file = Uint8Array.from({ length: 12 * MB + 5 }, (_, i) => (i * 2654435761) >>> 24);
const length = { 'content-length': file.length };
let etag = '"one"';

/** @type {Record<string, (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void>} */
const routes = {
  '/plain': (request, response) => {
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
    if (!range) return response.writeHead(200, { ...length, etag }).end(file);
    response.writeHead(206, { etag }).end(file.subarray(Number(range[1]), Number(range[2]) + 1));
  },
  '/no-range': (_, response) => response.writeHead(200, length).end(file),
  '/no-length': (_, response) => response.writeHead(200).end(file),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file)),
  '/missing': (_, response) => response.writeHead(404).end(),
  '/cut': (_, response) => response.writeHead(200, length).write(file.subarray(0, 100), () => response.destroy()),
  '/slow': (_, response) => void response.writeHead(200, length).write(file.subarray(0, 100)),
};

const server = createServer((request, response) => routes[request.url](request, response));
let origin = '';
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();
const open = (path) => openSource({ kind: 'url', href: origin + path }, signal, () => {});

for (const path of ['/plain', '/no-range', '/no-length', '/gzip']) {
  test(`${path}: forward reads give the bytes of the file`, async () => {
    const source = await open(path);
    assert.equal(source.size, file.length);
    for (const [offset, size] of [[0, 4], [4, 100], [50, 3 * MB], [3 * MB, 4 * MB], [2 * MB, MB], [11 * MB, 2 * MB]]) {
      assert.deepEqual(await source.read(offset, size), file.slice(offset, offset + size), `${size} bytes at ${offset}`);
    }
    assert.equal((await source.read(file.length, 10)).length, 0);
    source.close();
  });
}

test('a read before the window asks for the range', async () => {
  const source = await open('/plain');
  await source.read(11 * MB, MB);
  const offset = 12 * MB - WINDOW - 2 * MB;
  assert.deepEqual(await source.read(offset, 10), file.slice(offset, offset + 10));
  source.close();
});

test('a read before the window fails where there are no ranges', async () => {
  const source = await open('/no-range');
  await source.read(11 * MB, MB);
  await assert.rejects(source.read(0, 10), { name: 'GanderError', code: 'io' });
  source.close();
});

test('a file that changes is not mixed', async () => {
  const source = await open('/plain');
  await source.read(11 * MB, MB);
  etag = '"two"';
  await assert.rejects(source.read(0, 10), { name: 'GanderError', code: 'io' });
  source.close();
});

test('a status that is no success', async () => {
  await assert.rejects(open('/missing'), { name: 'GanderError', code: 'network', status: 404 });
});

test('a server that is not there', async () => {
  await assert.rejects(openSource({ kind: 'url', href: 'http://127.0.0.1:9/' }, signal, () => {}), { name: 'GanderError', code: 'network' });
});

test('a download that breaks off', async () => {
  const source = await open('/cut');
  await assert.rejects(source.read(0, 1000), { name: 'GanderError', code: 'network' });
});

test('an abort during the download', async () => {
  const controller = new AbortController();
  const source = await openSource({ kind: 'url', href: `${origin}/slow` }, controller.signal, () => {});
  const read = source.read(0, 1000);
  controller.abort();
  await assert.rejects(read, { name: 'AbortError' });
});

test('the download of a file of unknown size is reported', async () => {
  /** @type {number[]} */
  const reports = [];
  await openSource({ kind: 'url', href: `${origin}/no-length` }, signal, (loaded) => reports.push(loaded));
  assert.equal(reports.at(-1), file.length);
});

test('a buffer is copied, not taken', async () => {
  const buffer = file.slice(0, 100).buffer;
  const source = await openSource(sourceSpec(buffer), signal, () => {});
  assert.equal(buffer.byteLength, 100);
  assert.deepEqual(await source.read(10, 5), file.slice(10, 15));
});

test('a view gives its own part of the buffer', async () => {
  const source = await openSource(sourceSpec(file.subarray(10, 20)), signal, () => {});
  assert.equal(source.size, 10);
  assert.deepEqual(await source.read(0, 20), file.slice(10, 20));
});

const jumps = [[0, 4], [4, 100], [200, 3 * MB], [3 * MB + 200, MB], [10 * MB, MB], [12 * MB, 100], [MB, 2 * MB], [MB, 10], [file.length, 5], [12 * MB, 0]];
const blobStream = Blob.prototype.stream;
for (const [name, stream] of /** @type {const} */ ([['streams', blobStream], ['slices', () => new ReadableStream()]])) {
  test(`a Blob is read by ${name}, forwards, over gaps and back`, async (t) => {
    t.mock.method(Blob.prototype, 'stream', stream);
    const source = await openSource(sourceSpec(new Blob([file])), signal, () => {});
    for (const [offset, size] of jumps) {
      assert.deepEqual(await source.read(offset, size), file.slice(offset, offset + size), `${size} bytes at ${offset}`);
    }
    source.close();
  });
}

test('a Blob whose bytes went away, and came back', async (t) => {
  const broken = () => new ReadableStream({ type: 'bytes', pull: (controller) => controller.error(new Error('NotReadableError')) });
  const { mock } = t.mock.method(Blob.prototype, 'stream', broken);
  const source = await openSource(sourceSpec(new Blob([file])), signal, () => {});
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
