// The bar that goes back and forth through the text, and the line that says what is looked at.

import { enable, h, isEnabled, setText } from './dom.js';
import { describePick } from './state.js';
import { decimals, quoted } from './text.js';

/**
 * @param {import('./state.js').State} state
 * @returns {import('./dom.js').Part}
 */
export function makeSteps(state) {
  const { t } = state;
  const button = (/** @type {string} */ sign, /** @type {import('./text.js').Key} */ key, /** @type {() => void} */ act) => {
    const made = h('button', { 'type': 'button', 'class': 'step', 'aria-label': t(key), 'title': t(key), 'onclick': () => isEnabled(made) && act() }, sign);
    return made;
  };
  const first = button('«', 'first', () => state.go(state.trace?.first ?? 0));
  const back = button('‹', 'back', () => state.go(state.query - 1));
  const on = button('›', 'on', () => state.go(state.query + 1));
  const last = button('»', 'last', () => state.go(state.last));
  const slider = h('input', { 'type': 'range', 'min': '0', 'step': '1', 'aria-label': t('position'), 'oninput': () => state.go(slider.valueAsNumber) });
  const where = h('p', { class: 'where' });
  const readout = h('output', { 'class': 'readout', 'aria-live': 'polite' });
  return {
    element: h('div', { class: 'steps' }, h('div', { class: 'bar' }, first, back, slider, on, last), where, readout),
    update() {
      const { trace, query, busy } = state;
      if (!trace) return;
      slider.min = String(trace.first);
      slider.max = String(state.last);
      slider.value = String(query);
      const token = quoted(trace.tokens[query]), next = quoted(trace.tokens[query + 1]);
      const said = t(next ? 'position.of' : 'position.end', { n: query, last: state.last, token, next });
      slider.setAttribute('aria-valuetext', said);
      for (const one of [first, back]) enable(one, query > trace.first);
      for (const one of [on, last]) enable(one, query < state.last);
      setText(where, said);
      readout.setAttribute('aria-live', busy ? 'off' : 'polite'); // it would talk without end while the model writes
      setText(readout, describe(state));
    },
  };
}

/**
 * What the pointer is on, or else the cursor, in words.
 *
 * @param {import('./state.js').State} state
 */
export function describe(state) {
  const { trace, rows, t } = state;
  const { query, key } = state.hover ?? state;
  if (!trace || trace.length === 0) return '';
  const weight = rows?.row(query)?.[key];
  const values = { query, key, from: quoted(trace.tokens[query]), to: quoted(trace.tokens[key]), what: describePick(state) };
  if (key > query) return t('future', values);
  return weight === undefined ? t('missing', values) : t('looks', { ...values, weight: decimals(weight) });
}
