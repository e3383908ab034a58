// The rows that are shown: of one head, the mean or the maximum of several, or the rollout.

import { Rollout } from './rollout.js';

/** @typedef {import('./trace.js').Trace} Trace */

/** @typedef {'head' | 'mean' | 'max' | 'rollout'} Mode */

/**
 * What is shown. `layer` and `head` are indices into the trace's; a layer of -1 is all layers. The rollout goes through the layers up to
 * this one.
 *
 * @typedef {{mode: Mode, layer: number, head: number}} Pick
 */

export class Rows {
  /** @type {Float32Array[]} */
  #rows = [];
  /** @type {Rollout | undefined} */
  #rollout;
  #trace;
  #pick;

  /**
   * @param {Trace} trace
   * @param {Pick} pick
   */
  constructor(trace, pick) {
    this.#trace = trace;
    this.#pick = pick;
  }

  /**
   * The weights of the positions up to this one.
   *
   * @param {number} position
   * @returns {Float32Array | undefined} undefined where they were not recorded
   */
  row(position) {
    const row = this.#rows[position] ?? this.#make(position);
    if (row) this.#rows[position] = row;
    return row;
  }

  /** @param {number} position */
  #make(position) {
    const trace = this.#trace;
    const { mode, layer, head } = this.#pick;
    if (trace.layers.length === 0) return undefined;
    if (mode === 'head') return trace.row(Math.max(0, layer), head, position);
    if (mode === 'rollout') return (this.#rollout ??= new Rollout(trace)).row(layer < 0 ? trace.layers.length - 1 : layer, position);
    return combined(trace, mode, layer < 0 ? [...trace.layers.keys()] : [layer], position);
  }
}

/**
 * The mean or the maximum over the heads of some layers.
 *
 * @param {Trace} trace
 * @param {'mean' | 'max'} mode
 * @param {number[]} layers
 * @param {number} position
 */
function combined(trace, mode, layers, position) {
  const result = new Float32Array(position + 1);
  const part = 1 / (layers.length * trace.heads.length);
  for (const layer of layers) {
    for (let head = 0; head < trace.heads.length; head++) {
      const row = trace.row(layer, head, position);
      if (!row) return undefined;
      for (let key = 0; key <= position; key++) {
        if (mode === 'max') result[key] = Math.max(result[key], row[key]);
        else result[key] += row[key] * part;
      }
    }
  }
  return result;
}

/**
 * The largest weights of a row, the largest first.
 *
 * @param {ArrayLike<number>} row
 * @param {number} count
 * @param {number} [least] smaller ones are left out
 * @returns {{key: number, weight: number}[]}
 */
export function largest(row, count, least = 0) {
  const all = Array.from(row, (weight, key) => ({ key, weight }));
  return all.filter(({ weight }) => weight > least).sort((a, b) => b.weight - a.weight || b.key - a.key).slice(0, count);
}
