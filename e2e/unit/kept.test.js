// What is kept of files and folders on a server, without a browser.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { beforeEach, test } from 'node:test';
import { keep } from '../../www/gander/download.js';
import { patience } from '../../www/gander/http.js';
import { PIECE, entries, folder, keyOf } from '../../www/gander/kept.js';
import { prepare } from '../../www/gander/prepare.js';
import { prepareBase, prepareURL } from '../../www/gander/prepare-url.js';
import { loopback } from '../lib/loopback.js';
import { disk, installFileSystem } from '../lib/opfs.js';

patience.backoff = 1;
patience.tries = 2;

const { signal } = new AbortController();
/** What becomes of a request, by path: bytes to send, `'cut'`, `'page'`, a status; of an array the first for the first byte, the second for the rest. */
let routes = {};
const server = createServer(({ url, headers }, response) => {
  let answer = routes[url] ?? 404;
  const [, from, to] = /(\d+)-(\d+)/.exec(headers.range).map(Number);
  if (Array.isArray(answer)) answer = to > 0 ? answer[1] : answer[0];
  if (answer === 'cut') return response.destroy();
  if (answer === 'page') return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Please log in</title>');
  if (typeof answer === 'number') return response.writeHead(answer).end();
  const part = answer.subarray(from, to + 1);
  response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${from}-${from + part.length - 1}/${answer.length}`, 'content-length': part.length }).end(part);
});
let origin = '';
loopback(server, (address) => (origin = address));
beforeEach(() => {
  installFileSystem();
  routes = {};
});

/** The file that is kept of a path. */
async function kept(path) {
  const dir = await folder();
  const [{ name }] = await entries(dir, await keyOf(origin + path));
  return dir.getFileHandle(`${name}.bin`);
}

/** Damages a byte of what is kept of a path. */
async function damage(path, at) {
  const file = await kept(path);
  file.set(file.bytes.with(at, file.bytes[at] ^ 1));
}

test('a file of a folder that was gone, is back and damaged, and cannot be healed at once', async () => {
  const path = '/tokenizer.json';
  const content = new Uint8Array(2 * PIECE + 100).fill(7);
  const get = async () => keep(await folder(), origin + path, { sha256: '', optional: true }, signal, () => {});
  routes[path] = content;
  await get();
  routes[path] = 404;
  await assert.rejects(get(), { status: 404 });
  await damage(path, PIECE + 5);
  routes[path] = [content, 'cut'];
  await assert.rejects(get(), { code: 'network' });
  routes[path] = content;
  assert.equal((await get()).fresh, true);
  assert.equal(Buffer.compare((await kept(path)).bytes, content), 0);
  routes[path] = 404;
  await assert.rejects(get(), { status: 404 });
  routes[path] = [content, 'cut'];
  assert.equal((await get()).fresh, false, 'all of it is still here');
});

test('what came of a new version stays while the server is away', async () => {
  const path = '/model.gguf';
  const get = async () => keep(await folder(), origin + path, { sha256: '' }, signal, () => {});
  routes[path] = Buffer.from('one');
  await get();
  routes[path] = [Buffer.from('a new version'), 'cut'];
  await assert.rejects(get(), { code: 'network' });
  routes[path] = 'cut';
  assert.equal((await get()).size, 3);
  assert.deepEqual((await entries(await folder())).map(({ size }) => size), [13, 3]);
});

test('a disk that fails: the model is read without being kept, and says so', async () => {
  routes['/model.gguf'] = Buffer.from('a model');
  disk.failing = true;
  const { kept, reason, source } = await prepareURL(`${origin}/model.gguf`, { cache: true, sha256: '' }, signal, () => {}).finally(() => (disk.failing = false));
  assert.deepEqual([kept, source.kind], [false, 'range']);
  assert.match(reason, /^the browser failed to write it: The operation failed/);
});

test('a split model whose first part is not answered: the others are used as they are kept', async () => {
  const parts = ['/1', '/2'].map((path) => ({ kind: 'url', href: origin + path }));
  const load = () => prepare({ kind: 'parts', parts }, { cache: true, sha256: [] }, signal, () => {});
  Object.assign(routes, { '/1': Buffer.from('one'), '/2': Buffer.from('two') });
  assert.equal((await load()).fresh, true);
  Object.assign(routes, { '/1': 'cut', '/2': Buffer.from('another version') });
  const { fresh, offline, source } = await load();
  assert.deepEqual([fresh, offline, source.parts.map(({ size }) => size)], [false, true, [3, 3]], 'versions are not mixed');
  Object.assign(routes, { '/1': Buffer.from('a new version'), '/2': 'cut' });
  for (let i = 0; i < 2; i++) await assert.rejects(load(), { code: 'network', message: /a new version of some files/ });
  routes['/1'] = 'cut';
  assert.deepEqual((await load()).source.parts.map(({ size }) => size), [3, 3], 'without the server, those that have worked');
});

/** The files that need not be there, but for the vocabulary. */
const SMALL = ['generation_config.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja', 'modules.json'];

/** Loads a folder and gives the names of its files. */
async function load(base) {
  const { source } = await prepareBase(origin + base, { cache: true, sha256: [] }, signal, () => {});
  return source.names;
}

test('the header of a kept folder is read without its server; of one that is not all kept, from the server', async () => {
  const names = ['config.json', 'tokenizer.json', 'model.safetensors.index.json', 'shard.safetensors'];
  const good = Object.fromEntries(names.map((name) => [`/m/${name}`, Buffer.from(name.includes('index') ? '{"weight_map":{"a":"shard.safetensors"}}' : name)]));
  const inspect = async () => {
    const { source, kept } = await prepareBase(origin + '/m/', { cache: false, sha256: [], peek: true }, signal, () => {});
    return { names: source.names, kept };
  };
  routes = good;
  assert.deepEqual(await inspect(), { names, kept: false });
  routes = { ...good, '/m/model.safetensors.index.json': 503 };
  await assert.rejects(load('/m/'), { status: 503 });
  routes = good;
  assert.deepEqual(await inspect(), { names, kept: false }, 'files of two versions are not mixed');
  assert.deepEqual(await load('/m/'), names);
  routes = Object.fromEntries([...names, ...SMALL, 'tokenizer.model', 'model.safetensors'].map((name) => [`/m/${name}`, 'cut']));
  assert.deepEqual(await inspect(), { names, kept: true });
});

for (const status of [403, 404, 410]) {
  test(`a kept folder of which config.json is not answered: files that are answered with ${status} are missing, whatever else is downloaded`, async () => {
    const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
    for (const name of SMALL) routes[`/m/${name}`] = status;
    for (const name of names) routes[`/m/${name}`] = Buffer.from(name);
    assert.deepEqual(await load('/m/'), names);
    routes['/m/config.json'] = 'cut';
    await damage('/m/model.safetensors', 3);
    assert.deepEqual(await load('/m/'), names);
    await damage('/m/model.safetensors', 3);
    routes['/m/tokenizer_config.json'] = 503;
    await assert.rejects(load('/m/'), { status: 503 }, 'it may be there');
  });
}

test('a kept folder of a server that has a page in place of everything', async () => {
  const names = ['config.json', 'tokenizer.json', 'model.safetensors.index.json', 'shard.safetensors'];
  const good = Object.fromEntries(names.map((name) => [`/m/${name}`, Buffer.from(name.includes('index') ? '{"weight_map":{"a":"shard.safetensors"}}' : name)]));
  const pages = Object.fromEntries([...names, ...SMALL, 'tokenizer.model', 'model.safetensors'].map((name) => [`/m/${name}`, 'page']));
  routes = pages;
  await assert.rejects(load('/m/'), { code: 'network', message: /config\.json: the server has a page in its place/ });
  assert.deepEqual(await entries(await folder()), [], 'a page is not kept');
  routes = good;
  assert.deepEqual(await load('/m/'), names);
  const journals = async () => (await entries(await folder())).map(({ url, gone, size }) => ({ url, gone, size }));
  const before = await journals();
  routes = pages;
  for (let i = 0; i < 2; i++) assert.deepEqual(await load('/m/'), names);
  assert.deepEqual(await journals(), before);
  for (const name of ['model.safetensors.index.json', 'shard.safetensors']) { // a page in place of one that must be there
    routes = { ...good, [`/m/${name}`]: 'page' };
    assert.deepEqual(await load('/m/'), names);
    assert.deepEqual(await journals(), before);
  }
  routes = pages;
  await damage('/m/tokenizer.json', 3);
  await assert.rejects(load('/m/'), { code: 'network', message: /tokenizer\.json/ }, 'a damaged file is none that is missing');
  routes = good;
  assert.deepEqual(await load('/m/'), names);
});

test('a kept folder of which config.json has a page in its place: other pages do not say that a file is missing', async () => {
  const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
  for (const name of names) routes[`/m/${name}`] = Buffer.from(name);
  assert.deepEqual(await load('/m/'), names);
  await damage('/m/model.safetensors', 3);
  Object.assign(routes, { '/m/config.json': 'page', '/m/tokenizer_config.json': 'page' });
  await assert.rejects(load('/m/'), { code: 'network', message: /tokenizer_config\.json/ });
});
