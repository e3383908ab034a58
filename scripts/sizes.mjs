// Prints the size of everything that a visitor downloads to run a model, raw and
// with brotli (quality 11, as a host sends it), and fails above the budget.

import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const budget = 1.5e6; // bytes with brotli
const folder = new URL('../www/gander/', import.meta.url);

let raw = 0;
let small = 0;
const row = (name, a, b) => console.log(`${name.padEnd(20)} ${String(a).padStart(9)} ${String(b).padStart(9)}`);
row('www/gander', 'bytes', 'brotli');
for (const name of readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name)).sort()) {
  const bytes = readFileSync(new URL(name, folder));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
  row(name, bytes.length, packed);
  raw += bytes.length;
  small += packed;
}
row('together', raw, small);
if (small > budget) {
  console.error(`above the budget of ${budget} bytes`);
  process.exit(1);
}
