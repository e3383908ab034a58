// The buttons that save what is shown.

import { h, setText } from './dom.js';
import { MOST_CELLS, toJSON, toSVG } from './export.js';
import { toPNG } from './picture.js';
import { describePick } from './state.js';

/**
 * @param {import('./state.js').State} state
 * @param {() => {colors: Uint8ClampedArray, ink: string, paper: string}} look
 * @returns {import('./dom.js').Part}
 */
export function makeSave(state, look) {
  const { t } = state;
  const said = h('p', { class: 'message', role: 'status' });
  /** @type {unknown} What `said` is about. */
  let saved;
  /**
   * @param {(trace: import('./trace.js').Trace, rowAt: (position: number) => ArrayLike<number> | undefined, look: import('./export.js').Look) => Promise<Blob> | Blob | undefined} make
   * @param {string} type
   */
  const save = async (make, type) => {
    const { trace, rows } = state;
    if (!trace || !rows) return;
    setText(said, '');
    saved = trace;
    const blob = await make(trace, (position) => rows.row(position), { ...look(), title: describePick(state) });
    if (!blob) return;
    const href = URL.createObjectURL(blob);
    h('a', { href, download: `attention.${type}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after this
  };
  /** @type {Parameters<typeof save>[0]} */
  const drawing = (trace, rowAt, look) => {
    const cells = (trace.length * (trace.length + 1)) / 2;
    if (cells <= MOST_CELLS) return new Blob([toSVG(trace, rowAt, look)], { type: 'image/svg+xml' });
    setText(said, t('export.large', { n: cells, most: MOST_CELLS }));
    return undefined;
  };
  const buttons = [
    h('button', { type: 'button', onclick: () => save(toPNG, 'png') }, t('export.png')),
    h('button', { type: 'button', onclick: () => save(drawing, 'svg') }, t('export.svg')),
    h('button', { type: 'button', onclick: () => save((trace) => new Blob(toJSON(trace), { type: 'application/json' }), 'json') }, t('export.json')),
  ];
  return {
    element: h('section', { class: 'save' }, h('h3', {}, t('export')), h('div', { class: 'buttons' }, ...buttons), said),
    update() {
      if (state.trace !== saved) setText(said, '');
      for (const button of buttons) button.disabled = state.busy || !state.trace?.length;
    },
  };
}
