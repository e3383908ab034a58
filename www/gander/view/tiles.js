// A matrix of any size is cut into square tiles, of which only those that can be seen are drawn.

export const TILE = 64; // cells on each side

/** Cells that can be seen. @typedef {{rowFrom: number, rowTo: number, columnFrom: number, columnTo: number}} Window */

/**
 * The cells that a scrolled box shows.
 *
 * @param {{left: number, top: number, width: number, height: number}} box in pixels
 * @param {number} cell pixels of a cell
 * @param {number} size cells on each side of the matrix
 * @returns {Window}
 */
export function windowOf({ left, top, width, height }, cell, size) {
  const clamp = (/** @type {number} */ n) => Math.max(0, Math.min(size, n));
  return {
    rowFrom: clamp(Math.floor(top / cell)),
    rowTo: clamp(Math.ceil((top + height) / cell)),
    columnFrom: clamp(Math.floor(left / cell)),
    columnTo: clamp(Math.ceil((left + width) / cell)),
  };
}

/**
 * The tiles in a window, as the cells at which they begin. Those in which every key comes after every query are empty, and left out.
 *
 * @param {Window} window
 * @returns {{row: number, column: number}[]}
 */
export function tilesIn({ rowFrom, rowTo, columnFrom, columnTo }) {
  const tiles = [];
  for (let row = rowFrom - (rowFrom % TILE); row < rowTo; row += TILE) {
    for (let column = columnFrom - (columnFrom % TILE); column < columnTo && column < row + TILE; column += TILE) tiles.push({ row, column });
  }
  return tiles;
}

/**
 * The pixels of a tile, one for a cell.
 *
 * @param {Uint8ClampedArray} pixels RGBA, TILE * TILE; transparent where nothing is written
 * @param {{row: number, column: number}} tile
 * @param {(position: number) => ArrayLike<number> | undefined} rowAt
 * @param {(weight: number) => number} level
 * @param {Uint8ClampedArray} colors
 */
export function paint(pixels, { row, column }, rowAt, level, colors) {
  for (let y = 0; y < TILE; y++) {
    const weights = rowAt(row + y);
    const count = weights ? Math.min(TILE, weights.length - column) : 0;
    for (let x = 0; x < count; x++) {
      const from = level(weights?.[column + x] ?? 0) * 3, to = (y * TILE + x) * 4;
      for (let c = 0; c < 3; c++) pixels[to + c] = colors[from + c];
      pixels[to + 3] = 255;
    }
  }
}

/**
 * A matrix made small: the largest weight of the cells that fall into each pixel. Of many rows, a few are looked at.
 *
 * @param {(position: number) => ArrayLike<number> | undefined} rowAt
 * @param {number} from the first position
 * @param {number} size how many positions there are, from 0
 * @param {number} side pixels on each side
 * @returns {Float32Array} side * side; -1 where there is no weight
 */
export function shrink(rowAt, from, size, side) {
  const small = new Float32Array(side * side).fill(-1);
  const scale = size / side;
  for (let y = 0; y < side; y++) {
    const low = Math.max(from, Math.floor(y * scale)), high = Math.max(low + 1, Math.floor((y + 1) * scale));
    const step = Math.max(1, Math.floor((high - low) / 2));
    for (let position = low; position < Math.min(high, size); position += step) {
      const row = rowAt(position);
      for (let key = 0; row && key < row.length; key++) {
        const at = y * side + Math.min(side - 1, Math.floor(key / scale));
        if (row[key] > small[at]) small[at] = row[key];
      }
    }
  }
  return small;
}
