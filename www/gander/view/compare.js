// The text as it was, and as it is with heads off, side by side.

import { enable, h } from './dom.js';

/**
 * Where two lists of tokens begin to differ.
 *
 * @param {{id: number}[]} a
 * @param {{id: number}[]} b
 * @returns {number} an index; the length of the shorter one, if it is the beginning of the other
 */
export function firstDifference(a, b) {
  let i = 0;
  while (i < a.length && i < b.length && a[i].id === b[i].id) i++;
  return i;
}

/**
 * @param {import('./state.js').State} state
 * @returns {import('./dom.js').Part}
 */
export function makeCompare(state) {
  const { t } = state;
  const element = h('section', { class: 'compare' });
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  let drawn = '';
  return {
    element,
    update() {
      const { runs, shown, busy } = state;
      element.hidden = runs.length < 2;
      const now = `${runs.map(({ trace }) => trace.tokens.length)} ${shown} ${busy}`;
      if (element.hidden || now === drawn) return;
      drawn = now;
      const written = runs.map(({ trace }) => trace.tokens.slice(trace.prompt));
      const from = firstDifference(written[0], written[1]);
      const same = from === written[0].length && from === written[1].length;
      const { activeElement } = /** @type {ShadowRoot} */ (element.getRootNode());
      const focused = buttons.findIndex((button) => button === activeElement);
      buttons = runs.map((_, i) => {
        const button = h('button', { type: 'button', class: 'quiet', onclick: () => i !== state.shown && state.change({ shown: i, following: true, query: 0 }) }, t(i === shown ? 'compare.shown' : 'compare.show'));
        enable(button, i !== shown);
        return button;
      });
      element.replaceChildren(h('h3', {}, t('compare')), h('p', { 'class': 'hint', 'aria-live': busy ? 'off' : 'polite' }, same ? t('compare.same') : t('compare.differs', { n: from })),
        h('div', { class: 'sides' }, ...runs.map(({ trace }, i) => {
          const heads = trace.ablate.map((off) => t('compare.head', off)).join(', ');
          const text = (/** @type {number} */ a, /** @type {number} */ b) => written[i].slice(a, b).map((token) => token.text).join('');
          return h('article', { class: i === shown ? 'shown' : '' }, h('h4', {}, heads ? t('compare.off', { heads }) : t('compare.all')), h('p', { class: 'text' }, text(0, from).trimStart(), h('mark', {}, text(from, written[i].length))), buttons[i]);
        })));
      buttons[focused]?.focus({ preventScroll: true });
    },
  };
}
