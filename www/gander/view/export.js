// What can be saved: all values as JSON, and the heat map as a drawing.

import { hex } from './color.js';
import { visible } from './text.js';

/** @typedef {import('./trace.js').Trace} Trace */

/** @typedef {{colors: Uint8ClampedArray, ink: string, paper: string, title: string}} Look */

/** Cells that a drawing may have. */
export const MOST_CELLS = 40_000;

/**
 * All that was recorded: `weights` is [layer][head][query][key], as `gander attention` prints it, with null for rows that were not
 * recorded. It comes in pieces: together they may be longer than a string can be.
 *
 * @param {Trace} trace
 * @returns {string[]}
 */
export function toJSON(trace) {
  const { tokens, prompt, layers, heads, ablate, length } = trace;
  const steps = tokens.slice(0, -1).map((_, position) => ({ position, ...trace.step(position) })).filter(({ lens, attribution }) => lens || attribution);
  const pieces = [`{"tokens":${JSON.stringify(tokens)},"prompt":${prompt},"layers":${JSON.stringify(layers)},"heads":${JSON.stringify(heads)},"ablate":${JSON.stringify(ablate)},"steps":`,
    JSON.stringify(steps, (_, value) => (value instanceof Float32Array ? [...value].map((x) => Number(shortest(x))) : value)), ',"weights":['];
  for (let layer = 0; layer < layers.length; layer++) {
    pieces.push(layer > 0 ? ',[' : '[');
    for (let head = 0; head < heads.length; head++) {
      pieces.push(head > 0 ? ',[' : '[');
      for (let position = 0; position < length; position++) {
        const row = trace.row(layer, head, position);
        const zeros = ',0'.repeat(length - 1 - position);
        pieces.push(position > 0 ? ',' : '', row ? `[${Array.from(row, shortest).join()}${zeros}]` : 'null');
      }
      pieces.push(']');
    }
    pieces.push(']');
  }
  pieces.push(']}\n');
  return pieces;
}

/**
 * The shortest decimal number that is this float32.
 *
 * @param {number} value
 */
export function shortest(value) {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

/**
 * The heat map as SVG: a square for each weight that can be seen, with its value as a title, and the tokens as text.
 *
 * @param {Trace} trace
 * @param {(position: number) => ArrayLike<number> | undefined} rowAt
 * @param {Look} look
 */
export function toSVG(trace, rowAt, { colors, ink, paper, title }) {
  const cell = 16, side = 110, size = trace.length;
  const words = trace.tokens.slice(0, size).map((token) => escape(visible(token)));
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side + size * cell + 10} ${side + size * cell + 34}" font-family="system-ui, sans-serif" font-size="11" fill="${ink}">`,
    `<rect width="100%" height="100%" fill="${paper}"/><text x="10" y="20" font-size="14" font-weight="600">${escape(title)}</text>`,
    `<g transform="translate(${side} ${side + 24})">`,
  ];
  for (let i = 0; i < size; i++) {
    const at = i * cell + cell / 2;
    parts.push(`<text x="-6" y="${at + 4}" text-anchor="end" xml:space="preserve">${words[i]}</text>`);
    parts.push(`<text transform="translate(${at + 4} -6) rotate(-90)" xml:space="preserve">${words[i]}</text>`);
  }
  parts.push('<g shape-rendering="crispEdges">');
  for (let query = 0; query < size; query++) {
    const row = rowAt(query);
    for (let key = 0; row && key <= query; key++) {
      const color = hex(colors, row[key]);
      parts.push(`<rect x="${key * cell}" y="${query * cell}" width="${cell}" height="${cell}" fill="${color}"><title>${words[query]} → ${words[key]}: ${shortest(row[key])}</title></rect>`);
    }
  }
  parts.push('</g></g></svg>\n');
  return parts.join('');
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[<>&"\p{Cc}]/gu, (c) => `&#${c.codePointAt(0)};`).replace(/&#(?:[0-8]|1[124-9]|2\d|3[01]);/g, '\u{fffd}');
}
