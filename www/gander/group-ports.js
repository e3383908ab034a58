// A group over message ports, one between any two workers. An exchange posts this worker's part to those that want it, and is done when
// the parts that this worker wants have come; the engine's other work goes on meanwhile.

import { BROADCAST, BROKEN, DONE, GATHER, PENDING, SILENCE } from './group.js';

/** @typedef {import('./group.js').Group} Group */
/** @typedef {Extract<import('./group.js').GroupPlan, {kind: 'ports'}>} PortPlan */

/**
 * @param {number} size
 * @param {number} patience
 * @returns {PortPlan[]}
 */
export function portPlan(size, patience) {
  /** @type {(MessagePort | null)[][]} by rank, and the rank at the other end */
  const ports = Array.from({ length: size }, () => Array(size).fill(null));
  for (let a = 0; a < size; a++) {
    for (let b = a + 1; b < size; b++) {
      const { port1, port2 } = new MessageChannel();
      ports[a][b] = port1;
      ports[b][a] = port2;
    }
  }
  return ports.map((own, rank) => ({ kind: 'ports', rank, size, patience, ports: own }));
}

/**
 * An exchange under way: where it goes, which workers' parts are missing, and whether it may wait for as long as it likes.
 *
 * @typedef {{at: number, split: Int32Array, from: number[], patient: boolean}} Pending
 */

/** @implements {Group} */
export class PortGroup {
  broken = '';
  #patience;
  #memory;
  #onDone;
  #ports;
  /** @type {Int32Array[][]} Parts that came from each worker and were not asked for yet. */
  #come;
  /** @type {Pending | undefined} */
  #pending;
  /** Whether a timer is set. One watches many exchanges: setting and clearing one for each took a part of their time. */
  #watched = false;

  /**
   * @param {PortPlan} plan
   * @param {() => Int32Array} memory
   * @param {() => void} onDone
   */
  constructor({ rank, size, patience, ports }, memory, onDone) {
    this.rank = rank;
    this.size = size;
    this.#patience = patience;
    this.#memory = memory;
    this.#onDone = onDone;
    this.#ports = ports;
    this.#come = ports.map(() => []);
    ports.forEach((port, r) => {
      if (!port) return;
      port.onmessage = ({ data }) => {
        this.#come[r].push(data);
        if (this.#pending && this.#take(this.#memory())) this.#finish();
      };
    });
  }

  /**
   * @param {Int32Array} words
   * @param {number} at
   * @param {Int32Array} split
   * @param {number} flags
   */
  exchange(words, at, split, flags) {
    if (this.broken) return BROKEN;
    const { rank } = this;
    const toFirst = Boolean(flags & GATHER);
    if (split[rank] < split[rank + 1]) {
      this.#ports.forEach((port, r) => {
        if (port && (!toFirst || r === 0)) post(port, words.slice(at + split[rank], at + split[rank + 1]));
      });
    }
    const from = [];
    for (let r = 0; r < this.size; r++) {
      if (r !== rank && split[r] < split[r + 1] && (!toFirst || rank === 0)) from.push(r);
    }
    this.#pending = { at, split, from, patient: Boolean(flags & BROADCAST) };
    if (this.#take(words)) {
      this.#pending = undefined;
      return DONE;
    }
    this.#pending.split = split.slice(); // the caller's is in memory that may grow
    if (!this.#watched && !this.#pending.patient) this.#watch();
    return PENDING;
  }

  /** Ends the exchange under way unless it is done when patience ends, and then watches the one of that time. */
  #watch() {
    const watched = this.#pending;
    this.#watched = Boolean(watched && !watched.patient);
    if (!this.#watched) return;
    setTimeout(() => {
      if (this.#pending === watched) {
        this.broken = SILENCE;
        this.#finish();
      } else {
        this.#watch();
      }
    }, this.#patience);
  }

  /** Takes the parts that are wanted and have come; true if none is missing. @param {Int32Array} words */
  #take(words) {
    const { at, split, from } = /** @type {Pending} */ (this.#pending);
    for (let i = from.length - 1; i >= 0; i--) {
      const part = this.#come[from[i]].shift();
      if (!part) continue;
      words.set(part, at + split[from[i]]);
      from.splice(i, 1);
    }
    return from.length === 0;
  }

  #finish() {
    this.#pending = undefined;
    this.#onDone();
  }
}

/**
 * Posts words, giving them away.
 *
 * @param {MessagePort} port
 * @param {Int32Array<ArrayBuffer>} words
 */
function post(port, words) {
  port.postMessage(words, [words.buffer]);
}
