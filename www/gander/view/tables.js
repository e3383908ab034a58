// The tables: what a position looks at, what each layer would say, and what made the logit.

import { level } from './color.js';
import { h } from './dom.js';
import { largest } from './rows.js';
import { decimals, quoted, visible } from './text.js';

const KEYS = 8; // of the list
const REST = 250; // ms between two drawings while the text grows

/** @typedef {import('./state.js').State} State */

/**
 * @param {State} state
 * @param {'looksAt' | 'lens' | 'parts'} name
 * @param {(state: State) => HTMLElement} fill
 * @returns {import('./dom.js').Part}
 */
function makeTable(state, name, fill) {
  const element = h('section', { class: name });
  let drawn = 0;
  return {
    element,
    update() {
      if (!state.trace || (state.busy && performance.now() - drawn < REST)) return;
      drawn = performance.now();
      element.replaceChildren(fill(state));
    },
  };
}

/**
 * The positions that the chosen one looks at most.
 *
 * @param {State} state
 */
export function makeLooksAt(state) {
  return makeTable(state, 'looksAt', ({ trace, rows, query, t }) => {
    const keys = largest(rows?.row(query) ?? [], KEYS);
    return h('div', {}, h('h3', {}, t('looksAt')), h('p', { class: 'hint' }, t('looksAt.hint', { n: keys.length })),
      h('ol', {}, ...keys.map(({ key, weight }) => {
        const bar = h('span', { class: 'bar' });
        bar.style.width = `${weight * 100}%`;
        return h('li', {}, h('span', { class: 'word' }, visible(/** @type {import('./trace.js').TraceToken} */ (trace?.tokens[key]))), h('span', { class: 'at' }, String(key)), h('span', { class: 'value' }, decimals(weight)), bar);
      })));
  });
}

/**
 * The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens").
 *
 * @param {State} state
 */
export function makeLens(state) {
  return makeTable(state, 'lens', ({ trace, query, t }) => {
    const { lens } = trace?.step(query) ?? {};
    const said = trace?.tokens[query + 1];
    const head = [h('h3', {}, t('lens')), h('p', { class: 'hint' }, t(lens ? 'lens.hint' : 'lens.none'))];
    if (!lens) return h('div', {}, ...head);
    const width = Math.max(...lens.map(({ top }) => top.length));
    return h('div', {}, ...head, h('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': t('lens') }, h('table', {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('layer')), ...Array.from({ length: width }, (_, i) => h('th', { scope: 'col' }, t('lens.rank', { n: i + 1 }))))),
      h('tbody', {}, ...lens.map(({ layer, top }) => h('tr', {}, h('th', { scope: 'row' }, String(layer)), ...top.map((word) => {
        const cell = h('td', { class: word.id === said?.id ? 'said' : '' }, h('span', { class: 'word' }, visible(word)), ' ', h('span', { class: 'value' }, decimals(word.prob)));
        return shaded(cell, word.prob);
      })))),
    )));
  });
}

/**
 * Direct logit attribution: the parts of the logit of the token that was written.
 *
 * @param {State} state
 */
export function makeParts(state) {
  return makeTable(state, 'parts', ({ trace, query, pick, t }) => {
    const { attribution } = trace?.step(query) ?? {};
    if (!trace || !attribution) return h('div', {}, h('h3', {}, t('parts.none')), h('p', { class: 'hint' }, t('lens.none')));
    const { layers, heads, values, mlp, mixer, embed, bias } = attribution;
    const most = Math.max(1e-6, ...[...values, ...mlp, ...(mixer ?? [])].map(Math.abs));
    const cell = (/** @type {number} */ value, /** @type {boolean} */ picked) => {
      const td = h('td', { class: `value ${value < 0 ? 'less' : 'more'}${picked ? ' picked' : ''}` }, value.toFixed(2).replace(/^-0\.00$/, '0.00').replace('-', '−'));
      td.style.setProperty('--weight', String(Math.abs(value) / most));
      return td;
    };
    const about = [t('parts.hint', { embed: embed.toFixed(2) }), bias ? t('parts.biasHint', { bias: bias.toFixed(2) }) : ''].join(' ');
    return h('div', {}, h('h3', {}, t('parts', { token: quoted(trace.tokens[query + 1]) })), h('p', { class: 'hint' }, about),
      h('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': t('parts.none') }, h('table', {},
        h('thead', {}, h('tr', {}, ...[t('layer'), ...heads.map(String), mixer && t('parts.mixer'), t('parts.mlp')].map((name) => name && h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...Array.from(mlp, (added, layer) => {
          const l = layers.indexOf(layer);
          const ofHeads = heads.map((_, i) => (l < 0 ? h('td') : cell(values[l * heads.length + i], pick.mode === 'head' && pick.layer === l && pick.head === i)));
          return h('tr', {}, h('th', { scope: 'row' }, String(layer)), ...ofHeads, mixer && cell(mixer[layer], false), cell(added, false));
        })))));
  });
}

/**
 * @param {HTMLElement} cell
 * @param {number} weight
 */
function shaded(cell, weight) {
  cell.style.setProperty('--weight', String(level(weight) / 255));
  return cell;
}
