// Arcs from a token to those that it looks at.

/** @typedef {{x: number, y: number}} Point */

/**
 * The path of an arc between the tops of two tokens. On one line it rises with the distance; between lines it swings to the side.
 *
 * @param {Point} from
 * @param {Point} to
 * @param {number} room pixels that it may rise
 * @returns {string} as the attribute d of an SVG path has it
 */
export function arc(from, to, room) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const rise = Math.min(room, 6 + distance / 6);
  return `M${round(from.x)} ${round(from.y)}C${round(from.x)} ${round(from.y - rise)} ${round(to.x)} ${round(to.y - rise)} ${round(to.x)} ${round(to.y)}`;
}

/** @param {number} n */
const round = (n) => Math.round(n * 10) / 10;
