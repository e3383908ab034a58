// The model files that the tests use: the bundled one, broken copies of it, and the golden ones beside the checkout.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of reference data: beside the checkout, or where GANDER_SHARED says. It ends in a slash. */
export const shared = process.env.GANDER_SHARED ? `${resolve(process.env.GANDER_SHARED)}/` : fileURLToPath(new URL('../../../shared/', import.meta.url));

const golden = `${shared}golden/`;

export const bundledPath = fileURLToPath(new URL('../../www/models/stories.gguf', import.meta.url));

/** Why the golden tests are skipped, or false. */
export const noGolden = existsSync(golden) ? false : `reference data ${golden} is not there`;

/** The architectures that the engine has, by the files of core/arch, which register them. */
function architectures() {
  const folder = fileURLToPath(new URL('../../core/arch/', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.go')).map((name) => readFileSync(folder + name, 'utf8'));
  return new Set(files.flatMap((text) => [...text.matchAll(/^func init\(\) \{ register\("([^"]+)"/gm)].map(([, name]) => name)));
}

/**
 * The golden models of the architectures that Gander has: name, path of the file, expected.json, and a function that gives a section of
 * expected.bin.
 *
 * @param {'decoder' | 'encoder' | 'encoder-decoder'} [mode]
 */
export function goldenModels(mode = 'decoder') {
  if (noGolden) return [];
  const known = architectures();
  return JSON.parse(readFileSync(`${golden}index.json`, 'utf8')).flatMap(({ name }) => {
    const expected = JSON.parse(readFileSync(`${golden}${name}/expected.json`, 'utf8'));
    if (expected.mode !== mode || !known.has(expected.arch)) return [];
    return {
      name,
      path: `${golden}${name}/model.gguf`,
      expected,
      /** Values of expected.bin. */
      floats(offset, bytes) {
        const all = readFileSync(`${golden}${name}/expected.bin`).subarray(offset, offset + bytes);
        return new Float32Array(Uint8Array.from(all).buffer);
      },
      /** Shape and values of a section. */
      section(wanted) {
        const { offset, bytes, shape } = expected.sections.find((s) => s.name === wanted);
        return { shape, values: this.floats(offset, bytes) };
      },
      /** Rows of a section with the shape [rows, columns]. */
      rows(section) {
        const { shape, values } = this.section(section);
        return Array.from({ length: shape[0] }, (_, i) => values.subarray(i * shape[1], (i + 1) * shape[1]));
      },
    };
  });
}

/**
 * Says how two runs differ. Files with quantised weights may differ as much as llama.cpp itself does, see FORMAT.md.
 *
 * @returns {string} empty if logits and tokens are as expected
 */
export function compare(model, logits, tokens) {
  const { tolerance, greedy, steps, prompt } = model.expected;
  const want = model.rows('logits')[prompt.length - 1];
  const worst = logits.reduce((worst, value, i) => Math.max(worst, Math.abs(value - want[i]) || (value === want[i] ? 0 : Infinity)), 0);
  const limit = tolerance.vs_stock_max_abs ?? tolerance.logits_abs;
  if (logits.length !== want.length || !(worst <= limit)) return `${model.name}: logits are off by ${worst}, more than ${limit}`;
  const margin = tolerance.vs_stock_max_abs ?? tolerance.greedy_margin;
  const first = greedy.findIndex((id, i) => id !== tokens[i]);
  if (first >= 0 && steps[first].margin >= margin) return `${model.name}: greedy token ${first} is ${tokens[first]}, not ${greedy[first]}`;
  return '';
}

/** Copies of the bundled model that cannot be loaded, with the code that each must give. */
export function brokenModels() {
  const good = readFileSync(bundledPath);
  const nextValue = good.indexOf('general.architecture') + 'general.architecture'.length + 4 + 8; // after its type and its length
  const changed = (offset, bytes) => Buffer.concat([good.subarray(0, offset), Buffer.from(bytes), good.subarray(offset + bytes.length)]);
  return [
    { name: 'empty', bytes: Buffer.alloc(0), code: 'bad_file' },
    { name: 'no GGUF', bytes: Buffer.from('<!doctype html><title>Not found</title>'), code: 'bad_file' },
    { name: 'wrong magic', bytes: changed(0, [0x47, 0x47, 0x4d, 0x4c]), code: 'bad_file' },
    { name: 'version of the future', bytes: changed(4, [99, 0, 0, 0]), code: 'unsupported' },
    { name: 'absurd count of tensors', bytes: changed(8, [255, 255, 255, 255, 255, 255, 255, 127]), code: 'bad_file' },
    { name: 'cut in the header', bytes: good.subarray(0, 3000), code: 'bad_file' },
    { name: 'cut in the weights', bytes: good.subarray(0, good.length >> 1), code: 'bad_file' },
    { name: 'unknown architecture', bytes: changed(nextValue, Buffer.from('lxama')), code: 'unsupported' },
  ];
}

/**
 * Gives the bundled model with a chat template.
 *
 * @param {string} template
 * @returns {Buffer}
 */
export function withChatTemplate(template) {
  const file = readFileSync(bundledPath);
  const key = Buffer.from('tokenizer.chat_template');
  const header = 8 + key.length + 4 + 8; // length and text of the key, type, length of the value
  const padding = -(header + Buffer.byteLength(template) + 4) & 31; // tensors stay aligned
  const text = Buffer.from(`${template}{#${' '.repeat(padding)}#}`);
  const entry = Buffer.alloc(header + text.length);
  entry.writeBigUInt64LE(BigInt(key.length), 0);
  key.copy(entry, 8);
  entry.writeUInt32LE(8, 8 + key.length); // a string
  entry.writeBigUInt64LE(BigInt(text.length), header - 8);
  text.copy(entry, header);
  const start = Buffer.from(file.subarray(0, 24));
  start.writeBigUInt64LE(start.readBigUInt64LE(16) + 1n, 16);
  return Buffer.concat([start, entry, file.subarray(24)]);
}
