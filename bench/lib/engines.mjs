// What is measured. Each engine is a file in page/ of the same name.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const versionIn = (path) => JSON.parse(readFileSync(root + path, 'utf8')).version;
/** Where the product is; other commits change no figure. */
const product = ['cmd/wasm', 'core', 'wasm', 'www/gander'];
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/**
 * `version` is what was measured; `format` the kind of file that the engine reads; `note`, what a reader of the table must know.
 */
export const engines = {
  gander: {
    title: 'Gander',
    format: 'gguf',
    version: () => `${versionIn('www/gander/package.json')}, commit ${git('log', '-1', '--format=%h', '--abbrev=10', '--', ...product)}${git('status', '--porcelain', '--', ...product) && ' with changes'}`,
    note: 'through its public API; a prompt ends when the first token is there',
  },
  wllama: {
    title: 'wllama',
    format: 'gguf',
    version: () => versionIn('bench/node_modules/@wllama/wllama/package.json'),
    note: 'the newest; times are those of the llama.cpp server that it runs',
  },
  wllama2: {
    title: 'wllama',
    format: 'gguf',
    version: () => versionIn('bench/node_modules/wllama2/package.json'),
    note: 'an older one, with the kernels for WebAssembly that later versions are built without',
  },
  transformers: {
    title: 'transformers.js',
    format: 'onnx',
    version: () => `${versionIn('bench/node_modules/@huggingface/transformers/package.json')} with ONNX Runtime ${versionIn('bench/node_modules/onnxruntime-web/package.json')}`,
    note: 'on the CPU, with weights and activations of dynamic int8 in an ONNX file of the same shape, and the build of ONNX Runtime without asyncify',
  },
};
