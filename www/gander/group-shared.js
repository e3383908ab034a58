// A group over shared memory. Each worker has a counter of the exchanges that it has made, and two slots that it fills in turn. A worker
// that has filled its slot raises its counter and waits for the counters of the others; then their slots can be read. None of them can fill
// that slot again before all have passed the exchange after it, so one meeting an exchange is enough.

import { BROADCAST, BROKEN, DONE, GATHER, SILENCE } from './group.js';

/** @typedef {import('./group.js').Group} Group */
/** @typedef {Extract<import('./group.js').GroupPlan, {kind: 'shared'}>} SharedPlan */

/** How often a worker looks at a counter before it lets the system put it to sleep: some 10 µs, longer than most waits in a decode step. */
const SPINS = 2000;
/** Words that a slot holds, 1 MB. What is larger goes in several rounds. */
const SLOT = 1 << 18;
/** How many sleeps the patience is divided into. They are counted, not the clock: a machine that slept did not keep anybody waiting. */
const NAPS = 16;

/** Words from one counter to the next: a cache line each, so that they don't disturb each other. */
const LINE = 16;
/** @param {number} rank */
const counterOf = (rank) => LINE * rank;
/** The word beside a counter: how many workers sleep until it is raised. @param {number} rank */
const sleepersOf = (rank) => counterOf(rank) + 1;

/**
 * @param {number} size
 * @param {number} patience
 * @returns {SharedPlan[]}
 */
export function sharedPlan(size, patience) {
  const buffer = new SharedArrayBuffer(4 * (LINE * size + 2 * size * SLOT));
  return Array.from({ length: size }, (_, rank) => ({ kind: 'shared', rank, size, patience, buffer }));
}

/** @implements {Group} */
export class SharedGroup {
  broken = '';
  #control;
  #data;
  #nap;
  #made = 0; // exchanges that are begun

  /** @param {SharedPlan} plan */
  constructor({ rank, size, patience, buffer }) {
    this.rank = rank;
    this.size = size;
    this.#nap = patience / NAPS;
    this.#control = new Int32Array(buffer, 0, LINE * size);
    this.#data = new Int32Array(buffer, this.#control.byteLength);
  }

  /**
   * @param {Int32Array} words
   * @param {number} at
   * @param {Int32Array} split
   * @param {number} flags
   */
  exchange(words, at, split, flags) {
    const { rank, size } = this;
    let longest = 0;
    for (let r = 0; r < size; r++) longest = Math.max(longest, split[r + 1] - split[r]);
    const wanted = !(flags & GATHER) || rank === 0;
    for (let from = 0; from < longest; from += SLOT) {
      this.#made = (this.#made + 1) | 0;
      const from0 = Math.min(split[rank] + from, split[rank + 1]);
      const to0 = Math.min(from0 + SLOT, split[rank + 1]);
      if (from0 < to0) this.#data.set(words.subarray(at + from0, at + to0), this.#slot(rank));
      if (!this.#meet(flags)) return BROKEN;
      if (!wanted) continue;
      for (let r = 0; r < size; r++) {
        const start = split[r] + from;
        const length = Math.min(SLOT, split[r + 1] - start);
        if (r === rank || length <= 0) continue;
        const slot = this.#slot(r);
        words.set(this.#data.subarray(slot, slot + length), at + start);
      }
    }
    return DONE;
  }

  /** Where a worker's slot of this exchange begins. @param {number} rank */
  #slot(rank) {
    return ((this.#made & 1) * this.size + rank) * SLOT;
  }

  /** @param {number} flags */
  #meet(flags) {
    if (this.broken) return false;
    const made = this.#made;
    Atomics.store(this.#control, counterOf(this.rank), made);
    if (Atomics.load(this.#control, sleepersOf(this.rank)) > 0) Atomics.notify(this.#control, counterOf(this.rank));
    for (let r = 0; r < this.size; r++) {
      if (r !== this.rank && !this.#wait(r, made, Boolean(flags & BROADCAST) && r === 0)) return false;
    }
    return true;
  }

  /**
   * Waits until a worker has made so many exchanges.
   *
   * @param {number} rank
   * @param {number} made
   * @param {boolean} forEver
   */
  #wait(rank, made, forEver) {
    const control = this.#control;
    const counter = counterOf(rank);
    for (let i = 0; i < SPINS; i++) {
      if (((Atomics.load(control, counter) - made) | 0) >= 0) return true;
    }
    Atomics.add(control, sleepersOf(rank), 1);
    try {
      for (let naps = 0; ; naps++) {
        const now = Atomics.load(control, counter);
        if (((now - made) | 0) >= 0) return true;
        if (!forEver && naps === NAPS) {
          this.broken = SILENCE;
          return false;
        }
        Atomics.wait(control, counter, now, this.#nap);
      }
    } finally {
      Atomics.sub(control, sleepersOf(rank), 1);
    }
  }
}
