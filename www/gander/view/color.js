// Weights as colours.

/** @typedef {[number, number, number]} RGB from 0 to 255 */

/**
 * A scale of 256 colours through these stops, which are evenly spaced.
 *
 * @param {RGB[]} stops
 * @returns {Uint8ClampedArray} red, green and blue of each
 */
export function ramp(stops) {
  const colors = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) colors[i * 3 + c] = stops[low][c] + (stops[low + 1][c] - stops[low][c]) * (at - low);
  }
  return colors;
}

/**
 * Where a weight from 0 to 1 is on a scale of 256. It goes by the square root: most weights are small, and a tenth should be seen. The
 * legend has the same scale.
 *
 * @param {number} weight
 */
export function level(weight) {
  return weight > 0 ? Math.round(Math.sqrt(Math.min(weight, 1)) * 255) : 0;
}

/**
 * A colour as CSS and SVG write it.
 *
 * @param {Uint8ClampedArray} colors
 * @param {number} weight
 */
export function hex(colors, weight) {
  const at = level(weight) * 3;
  return '#' + [...colors.subarray(at, at + 3)].map((c) => c.toString(16).padStart(2, '0')).join('');
}

/**
 * The parts of a computed colour.
 *
 * @param {string} css rgb(1, 2, 3) or the like
 * @returns {RGB}
 */
export function parseColor(css) {
  const scale = css.startsWith('color(') ? 255 : 1;
  const [r = 0, g = 0, b = 0] = (css.replace(/^color\(\S+/, '').match(/[\d.]+/g) ?? []).map((part) => Number(part) * scale);
  return [r, g, b];
}
