// Memory for what tokens bring along, in the worker. A browser takes long to give memory that nobody has touched yet: for the weights of
// all heads, half a megabyte a token, a fifth of the time of a step. So they go to the page in memory that is only lent: the page copies
// them, on a processor core of its own, and sends the memory back for a later token.

/** Below this many bytes, lending is more work than it saves; above the other, the copy would be. */
const LEAST = 1 << 16;
const MOST = 1 << 24;

/** How many pieces wait for a token at most. */
const KEPT = 4;

export class LentMemory {
  /** @type {ArrayBuffer[]} */
  #free = [];

  /**
   * Memory for so many bytes. If it is lent, there is more behind them in the same buffer.
   *
   * @param {number} bytes
   * @returns {Uint8Array<ArrayBuffer>}
   */
  take(bytes) {
    if (bytes < LEAST || bytes > MOST) return new Uint8Array(bytes);
    let buffer = this.#free.pop();
    if (!buffer || buffer.byteLength <= bytes) buffer = new ArrayBuffer(bytes + (bytes >> 2)); // the text grows
    return new Uint8Array(buffer, 0, bytes);
  }

  /** @param {ArrayBuffer} buffer that came back */
  giveBack(buffer) {
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }
}

/**
 * Takes what a token has in lent memory out of it, in the page.
 *
 * @param {{attention?: {weights: Float32Array}}} token is changed
 * @returns {ArrayBuffer | undefined} what is to be sent back
 */
export function takeOut({ attention }) {
  if (!attention) return undefined;
  const { buffer, byteLength } = attention.weights;
  if (buffer.byteLength === byteLength) return undefined;
  attention.weights = attention.weights.slice();
  return /** @type {ArrayBuffer} */ (buffer);
}

/**
 * The memory of a token's traces, which can be given to another thread.
 *
 * @param {import('./trace.js').Trace} token
 * @returns {ArrayBuffer[]}
 */
export function transferables({ attention, residual, attribution }) {
  const { cross } = attention ?? {};
  const arrays = [attention?.weights, attention?.positions, attention?.norms, cross?.weights, cross?.positions, residual?.values, attribution?.values, attribution?.mlp, attribution?.mixer];
  return arrays.flatMap((array) => (array ? [/** @type {ArrayBuffer} */ (array.buffer)] : []));
}
