// The models: shapes of published ones with random weights, written into build/models when they are first asked for.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onnxFiles, writeOnnx } from './onnx-model.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const smollm2 = { shape: 'smollm2-135m', title: 'SmolLM2-135M', vocab: 49152 };
const qwen25 = { vocab: 151936, workers: true };
const qwen3 = { shape: 'qwen3-0.6b', title: 'Qwen3-0.6B', vocab: 151936 };

/** By the name on the command line. `workers` marks those of workers.mjs and large.mjs; `onnx` says that there is an ONNX model of the same shape and as many bits. */
export const models = {
  'smollm2-q8_0': { ...smollm2, type: 'q8_0', onnx: true },
  'smollm2-q4_0': { ...smollm2, type: 'q4_0' },
  'qwen3-q8_0': { ...qwen3, type: 'q8_0' },
  'qwen3-q4_0': { ...qwen3, type: 'q4_0' },
  'qwen3-q4_k_m': { ...qwen3, type: 'q4_k_m' },
  'qwen2.5-0.5b-q8_0': { ...qwen25, shape: 'qwen2.5-0.5b', title: 'Qwen2.5-0.5B', type: 'q8_0' },
  'qwen2.5-0.5b-q4_0': { ...qwen25, shape: 'qwen2.5-0.5b', title: 'Qwen2.5-0.5B', type: 'q4_0' },
  'llama2-7b-q8_0': { shape: 'llama2-7b', title: 'Llama-2-7B', vocab: 32000, type: 'q8_0', workers: true },
  'qwen2.5-1.5b-q4_0': { ...qwen25, shape: 'qwen2.5-1.5b', title: 'Qwen2.5-1.5B', type: 'q4_0' },
};

/** The model's name as people write it. */
export const modelTitle = (name) => `${models[name].title} ${models[name].type.toUpperCase()}`;

/** Whether the model exists in this format. */
export const has = (name, format) => format === 'gguf' || Boolean(models[name].onnx);

/**
 * The files of a model in a format, by the names under which a page asks for them. Missing ones are made.
 *
 * @returns {Record<string, string>} paths
 */
export function modelFiles(name, format) {
  const { shape, type } = models[name];
  const folder = join(root, 'build/models');
  if (format === 'onnx') {
    const at = join(folder, `${shape}-onnx`);
    make(join(at, 'onnx/model_quantized.onnx'), () => writeOnnx(at));
    return Object.fromEntries(onnxFiles.map((file) => [file, join(at, file)]));
  }
  const path = join(folder, `${shape}-${type}.gguf`);
  make(path, (part) => execFileSync('go', ['run', './bench/genmodel', '-shape', shape, '-type', type, '-o', part], { cwd: root, stdio: 'inherit' }));
  return { 'model.gguf': path };
}

/** Makes a file that is not there; one that was broken off is made again. */
function make(path, write) {
  if (existsSync(path)) return;
  console.error(`bench: writing ${path}`);
  mkdirSync(dirname(path), { recursive: true });
  write(`${path}.part`);
  if (existsSync(`${path}.part`)) renameSync(`${path}.part`, path);
}
