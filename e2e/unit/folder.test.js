import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { patience } from '../../www/gander/http.js';
import { prepare } from '../../www/gander/prepare.js';
import { openSource } from '../../www/gander/source.js';
import { sourceSpec } from '../../www/gander/source-spec.js';
import { loopback } from '../lib/loopback.js';

patience.backoff = 1;

const file = (name, text = name, path = '') => Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: path });
const { signal } = new AbortController();
const options = { cache: false, sha256: [] };

/** Reads all of a source, file by file. */
async function read(spec) {
  const { source: ready } = await prepare(spec, options, signal, () => {});
  const source = await openSource(ready, signal);
  const all = new TextDecoder().decode(await source.read(0, source.size));
  let at = 0;
  const files = Object.fromEntries(source.names.map((name, i) => [name, all.slice(at, (at += source.parts[i]))]));
  source.close();
  return files;
}

test('files with the names of a Hugging Face folder are one', async () => {
  const spec = sourceSpec([file('model.safetensors'), file('README.md'), file('config.json'), file('pytorch_model.bin'), file('tokenizer.json')]);
  assert.deepEqual(await read(spec), { 'model.safetensors': 'model.safetensors', 'config.json': 'config.json', 'tokenizer.json': 'tokenizer.json' });
});

test('of a folder that was picked, what is in folders within it is left out', async () => {
  const spec = sourceSpec([file('config.json', 'top', 'm/config.json'), file('config.json', 'inner', 'm/onnx/config.json'), file('model.safetensors', 'w', 'm/model.safetensors')]);
  assert.deepEqual(await read(spec), { 'config.json': 'top', 'model.safetensors': 'w' });
});

test('of a folder that was picked, how a model that embeds pools is not left out', async () => {
  const spec = sourceSpec([file('config.json', 'top', 'm/config.json'), file('modules.json', '[]', 'm/modules.json'), file('config.json', 'pool', 'm/1_Pooling/config.json'),
    file('config.json', 'dense', 'm/2_Dense/config.json'), file('model.safetensors', 'matrix', 'm/2_Dense/model.safetensors'), file('model.safetensors', 'w', 'm/model.safetensors'),
    file('config.json', 'no', 'm/onnx/2_Dense/config.json'), file('model.safetensors', 'no', 'm/1_Pooling/model.safetensors')]);
  assert.deepEqual(await read(spec), { 'config.json': 'top', 'modules.json': '[]', '1_Pooling/config.json': 'pool', '2_Dense/config.json': 'dense', '2_Dense/model.safetensors': 'matrix', 'model.safetensors': 'w' });
});

test('the same of a folder of which the page has a handle', async () => {
  const directory = (entries) => ({ kind: 'directory', entries: async function* () { yield* Object.entries(entries); } });
  const entry = (text) => ({ kind: 'file', getFile: async () => file('x', text) });
  const handle = directory({
    'config.json': entry('top'), 'README.md': entry('no'), 'model.safetensors': entry('w'), 'modules.json': entry('[]'),
    '1_Pooling': directory({ 'config.json': entry('pool'), 'model.safetensors': entry('no'), '1_Pooling': directory({ 'config.json': entry('no') }) }),
    onnx: { kind: 'directory', entries: () => assert.fail('nothing in it is wanted') },
  });
  assert.deepEqual(await read({ kind: 'handle', handle }), { 'config.json': 'top', 'model.safetensors': 'w', 'modules.json': '[]', '1_Pooling/config.json': 'pool' });
});

test('a model of llama2.c and its tokenizer', async () => {
  assert.deepEqual(await read(sourceSpec([file('stories.bin'), file('tok512.bin')])), { 'stories.bin': 'stories.bin', 'tok512.bin': 'tok512.bin' });
});

test('parts of a GGUF file are no folder', () => {
  const spec = sourceSpec([file('m-00001-of-00002.gguf'), file('m-00002-of-00002.gguf')]);
  assert.equal(spec.kind, 'parts');
  assert.equal(spec.names, undefined);
  assert.equal(sourceSpec([file('one.gguf')]).kind, 'blob');
});

test('a URL that ends in a slash is a folder', () => assert.deepEqual(sourceSpec('https://h/m/'), { kind: 'base', href: 'https://h/m/' }));

/** What the server has: path to text. */
const files = {};
const server = createServer(({ url, headers }, response) => {
  const text = files[url];
  if (text === undefined && url.startsWith('/app/')) return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
  if (text === undefined) return response.writeHead(404).end();
  const range = url.startsWith('/whole/') ? null : /bytes=(\d+)-(\d+)/.exec(headers.range ?? '');
  const [start, end] = range ? [Number(range[1]), Math.min(Number(range[2]) + 1, text.length)] : [0, text.length];
  response.writeHead(range ? 206 : 200, { 'content-length': end - start, ...(range && { 'content-range': `bytes ${start}-${end - 1}/${text.length}` }) });
  response.end(text.slice(start, end));
});
let origin = '';
loopback(server, (address) => (origin = address));

test('a folder on a server: the files that are there', async () => {
  Object.assign(files, { '/a/config.json': '{}', '/a/tokenizer.json': 'tok', '/a/model.safetensors': 'weights', '/a/tokenizer.model': 'not asked for' });
  assert.deepEqual(await read(sourceSpec(`${origin}/a/`)), { 'config.json': '{}', 'tokenizer.json': 'tok', 'model.safetensors': 'weights' });
});

test('a folder on a server that has a page in place of each file that is missing', async () => {
  const index = JSON.stringify({ weight_map: { x: 'm-1.safetensors' } });
  Object.assign(files, { '/app/config.json': '{}', '/app/tokenizer.json': 'tok', '/app/model.safetensors.index.json': index, '/app/m-1.safetensors': 'one' });
  assert.deepEqual(await read(sourceSpec(`${origin}/app/`)), { 'config.json': '{}', 'tokenizer.json': 'tok', 'model.safetensors.index.json': index, 'm-1.safetensors': 'one' });
});

test('a folder on a server: the shards of the index', async () => {
  const index = JSON.stringify({ weight_map: { x: 'm-2.safetensors', y: 'm-1.safetensors', z: 'm-2.safetensors' } });
  Object.assign(files, { '/b/config.json': '{}', '/b/tokenizer.model': 'sp', '/b/model.safetensors.index.json': index, '/b/m-1.safetensors': 'one', '/b/m-2.safetensors': 'two' });
  assert.deepEqual(await read(sourceSpec(`${origin}/b/`)), {
    'config.json': '{}', 'tokenizer.model': 'sp', 'model.safetensors.index.json': index, 'm-1.safetensors': 'one', 'm-2.safetensors': 'two',
  });
});

test('a folder on a server without ranges, of which only the header is read', async () => {
  const index = JSON.stringify({ weight_map: { x: 'm-1.safetensors' } });
  Object.assign(files, { '/whole/config.json': '{}', '/whole/model.safetensors.index.json': index, '/whole/m-1.safetensors': 'one' });
  const { source } = await prepare(sourceSpec(`${origin}/whole/`), { cache: false, sha256: [], peek: true }, signal, () => {});
  assert.deepEqual(source.names, ['config.json', 'model.safetensors.index.json', 'm-1.safetensors']);
  assert.deepEqual(source.parts.map(({ kind }) => kind), ['stream', 'stream', 'stream'], 'none is downloaded whole');
  const opened = await openSource(source, signal);
  assert.equal(new TextDecoder().decode(await opened.read(2 + index.length, 3)), 'one');
  opened.close();
});

test('a folder on a server: how a model that embeds pools', async () => {
  const list = '[{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}, {"path": "../3_Dense"}, {}]';
  Object.assign(files, { '/e/config.json': '{}', '/e/tokenizer.json': 'tok', '/e/modules.json': list, '/e/1_Pooling/config.json': 'pool', '/e/2_Dense/config.json': 'dense',
    '/e/2_Dense/model.safetensors': 'matrix', '/3_Dense/config.json': 'no', '/e/model.safetensors': 'w' });
  assert.deepEqual(await read(sourceSpec(`${origin}/e/`)), { 'config.json': '{}', 'tokenizer.json': 'tok', 'modules.json': list, '1_Pooling/config.json': 'pool',
    '2_Dense/config.json': 'dense', '2_Dense/model.safetensors': 'matrix', 'model.safetensors': 'w' });
  files['/e/modules.json'] = '{}';
  assert.deepEqual(Object.keys(await read(sourceSpec(`${origin}/e/`))), ['config.json', 'tokenizer.json', 'modules.json', 'model.safetensors']);
});

for (const [name, there, code] of [
  ['no config.json', {}, 'network'],
  ['no weights', { 'config.json': '{}' }, 'network'],
  ['a missing shard', { 'config.json': '{}', 'model.safetensors.index.json': '{"weight_map":{"a":"gone.safetensors"}}' }, 'network'],
  ['a shard elsewhere', { 'config.json': '{}', 'model.safetensors.index.json': '{"weight_map":{"a":"../../x.safetensors"}}' }, 'bad_file'],
  ['an index of nothing', { 'config.json': '{}', 'model.safetensors.index.json': '{}' }, 'bad_file'],
  ['an index that is no JSON', { 'config.json': '{}', 'model.safetensors.index.json': '<html>' }, 'bad_file'],
]) {
  test(`a folder on a server with ${name}`, async () => {
    for (const key of Object.keys(files)) delete files[key];
    for (const [key, text] of Object.entries(there)) files[`/c/${key}`] = text;
    await assert.rejects(read(sourceSpec(`${origin}/c/`)), { code });
  });
}

test('sha256 is not for folders on a server', () =>
  assert.rejects(prepare({ kind: 'base', href: `${origin}/a/` }, { cache: false, sha256: ['0'.repeat(64)] }, signal, () => {}), { code: 'bad_option' }));
