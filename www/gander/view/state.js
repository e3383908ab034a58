// What the view shows at a moment, shared by its parts.

import { Rows } from './rows.js';

/** @typedef {import('./rows.js').Pick} Pick */
/** @typedef {import('./text.js').Translate} Translate */
/** @typedef {import('./trace.js').Trace} Trace */

/** A text that was written, and what was recorded of it. @typedef {{trace: Trace}} Run */

export class State {
  /** @type {Run[]} The text as it came, and, after that, the newest with heads off. */
  runs = [];
  /** Which of them is shown. */
  shown = 0;
  /** @type {Pick} */
  pick = { mode: 'head', layer: 0, head: 0 };
  /** The position that looks. */
  query = 0;
  /** The position that is looked at, as the cursor has it. */
  key = 0;
  /** Whether the newest position is shown as the text grows. */
  following = true;
  /** Whether a text is being written. */
  busy = false;
  /** What went wrong, or should be known, in the language of the page. */
  message = () => '';
  /** Pixels of a cell of the heat map; 0 fits it to the width. */
  cell = 0;
  /** @type {{query: number, key: number} | undefined} What the pointer is on. */
  hover;
  /** @type {Uint8ClampedArray} Colours of the weights. */
  colors = new Uint8ClampedArray(768);
  /** @type {Translate} */
  t;
  #changed;
  /** @type {{key: string, trace: Trace, rows: Rows} | undefined} */
  #rows;

  /**
   * @param {Translate} t
   * @param {() => void} changed
   */
  constructor(t, changed) {
    this.t = t;
    this.#changed = changed;
  }

  /** @returns {Trace | undefined} What is shown. */
  get trace() {
    return this.runs[this.shown]?.trace;
  }

  /** The rows of what is picked. */
  get rows() {
    const { trace, pick } = this;
    if (!trace) return undefined;
    const key = `${pick.mode} ${pick.layer} ${pick.head}`;
    if (this.#rows?.key !== key || this.#rows.trace !== trace) this.#rows = { key, trace, rows: new Rows(trace, pick) };
    return this.#rows.rows;
  }

  /**
   * Changes fields, and has the view drawn.
   *
   * @param {Partial<State>} [fields]
   */
  change(fields = {}) {
    Object.assign(this, fields);
    this.#changed();
  }

  /**
   * Goes to a position, and stops following the text unless it is the newest.
   *
   * @param {number} query
   * @param {number} [key] what it looks at; default: what it looks at most
   */
  go(query, key) {
    const last = this.last;
    const at = Math.max(0, Math.min(last, query));
    this.change({ query: at, key: key ?? this.#most(at), following: at === last, hover: undefined });
  }

  /** @param {Partial<Pick>} pick */
  choose(pick) {
    this.pick = { ...this.pick, ...pick };
    this.change({ hover: undefined });
  }

  /** The newest position that has rows. */
  get last() {
    return Math.max(0, (this.trace?.length ?? 0) - 1);
  }

  /** Keeps up with a text that grows. */
  follow() {
    if (!this.following) return;
    this.query = this.last;
    this.key = this.#most(this.query);
  }

  /** @param {number} query */
  #most(query) {
    const row = this.rows?.row(query);
    return row ? row.indexOf(row.reduce((a, b) => Math.max(a, b), 0)) : query;
  }
}

/**
 * What is shown, in words: layer 2, head 3.
 *
 * @param {State} state
 */
export function describePick({ trace, pick: { mode, layer, head }, t }) {
  const number = trace?.layers[layer < 0 && mode === 'rollout' ? trace.layers.length - 1 : Math.max(0, layer)] ?? 0;
  if (mode === 'head') return t('what.head', { layer: number, head: trace?.heads[head] ?? 0 });
  if (mode === 'rollout') return t('what.rollout', { layer: number });
  if (mode === 'mean') return layer < 0 ? t('what.meanAll') : t('what.mean', { layer: number });
  return layer < 0 ? t('what.maxAll') : t('what.max', { layer: number });
}
