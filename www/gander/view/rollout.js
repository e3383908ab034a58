// Attention rollout (Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3): how much of each token's input
// reaches a position through all the layers so far, if every layer passes on half of what it mixes and half of what was there.

/** @typedef {import('./trace.js').Trace} Trace */

export class Rollout {
  /** @type {Float32Array[][]} Rows by layer and position. */
  #rows;
  #trace;

  /** @param {Trace} trace */
  constructor(trace) {
    this.#trace = trace;
    this.#rows = trace.layers.map(() => []);
  }

  /**
   * The row of a position behind a layer: the part of each input, together 1.
   *
   * @param {number} layer index into the trace's `layers`
   * @param {number} position
   * @returns {Float32Array | undefined} undefined where a position up to this one was not recorded
   */
  row(layer, position) {
    while (this.#rows[0].length <= position) if (!this.#extend()) return undefined;
    return this.#rows[layer][position];
  }

  /** Computes the next position, in all layers. */
  #extend() {
    const position = this.#rows[0].length;
    for (const [layer, rows] of this.#rows.entries()) {
      const mixed = mixing(this.#trace, layer, position);
      if (!mixed) return false;
      rows.push(layer === 0 ? mixed : product(mixed, [...this.#rows[layer - 1]]));
    }
    return true;
  }
}

/**
 * Half the mean of the heads, made to sum to 1 (a sink takes a part that goes to no position), and half the position itself.
 *
 * @param {Trace} trace
 * @param {number} layer
 * @param {number} position
 */
function mixing(trace, layer, position) {
  const mean = new Float32Array(position + 1);
  for (let head = 0; head < trace.heads.length; head++) {
    const row = trace.row(layer, head, position);
    if (!row) return undefined;
    for (let key = 0; key <= position; key++) mean[key] += row[key];
  }
  const sum = mean.reduce((a, b) => a + b, 0);
  for (let key = 0; key <= position; key++) mean[key] = sum > 0 ? mean[key] / sum / 2 : 0;
  mean[position] += sum > 0 ? 0.5 : 1;
  return mean;
}

/**
 * A row times a lower triangle of rows.
 *
 * @param {Float32Array} row
 * @param {Float32Array[]} matrix
 */
function product(row, matrix) {
  const result = new Float32Array(row.length);
  for (let k = 0; k < row.length; k++) {
    if (row[k] !== 0) for (let key = 0; key <= k; key++) result[key] += row[k] * matrix[k][key];
  }
  return result;
}
