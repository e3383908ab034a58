// The heat map as a picture.

import { hex } from './color.js';
import { visible } from './text.js';

const WIDE = 4096; // pixels on each side, if a cell is at least one

/**
 * The heat map as PNG, with its title and, where there is room for text, the tokens.
 *
 * @param {import('./trace.js').Trace} trace
 * @param {(position: number) => ArrayLike<number> | undefined} rowAt
 * @param {import('./export.js').Look} look
 * @returns {Promise<Blob>}
 */
export function toPNG(trace, rowAt, { colors, ink, paper, title }) {
  const side = 160, head = 48, size = trace.length;
  const cell = Math.max(1, Math.min(28, Math.floor((WIDE - side - 20) / size)));
  const canvas = document.createElement('canvas');
  canvas.width = side + size * cell + 20;
  canvas.height = canvas.width + head;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = ink;
  context.font = '600 22px system-ui, sans-serif';
  context.fillText(title, 20, 36);
  context.font = `${Math.min(18, cell - 2)}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  for (let i = 0; i < size && cell >= 10; i++) {
    const word = visible(trace.tokens[i]);
    context.textAlign = 'right';
    context.fillText(word, side - 8, side + head + (i + 0.5) * cell, side - 16);
    context.textAlign = 'left';
    context.save();
    context.translate(side + (i + 0.5) * cell, side + head - 8);
    context.rotate(-Math.PI / 2);
    context.fillText(word, 0, 0, side - 16);
    context.restore();
  }
  for (let query = 0; query < size; query++) {
    const row = rowAt(query);
    for (let key = 0; row && key <= query; key++) {
      context.fillStyle = hex(colors, row[key]);
      context.fillRect(side + key * cell, side + head + query * cell, cell, cell);
    }
  }
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture could not be made'))), 'image/png'));
}
