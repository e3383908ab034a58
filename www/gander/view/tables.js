// The tables: what a position looks at, what each layer would say, and what made the logit.

import { level } from './color.js';
import { h, setText } from './dom.js';
import { largest } from './rows.js';
import { decimals, quoted, visible } from './text.js';

const KEYS = 8; // of the list
const REST = 250; // ms between two drawings while the text grows

/** @typedef {import('./state.js').State} State */

/**
 * What a table says. `rows` is empty where there is nothing to tell.
 *
 * @typedef {{title: string, hint: string, rows: HTMLElement[]}} Filling
 */

/**
 * @param {State} state
 * @param {'looksAt' | 'lens' | 'parts'} name
 * @param {HTMLElement} box keeps its place on the page, and so how far it was scrolled
 * @param {(state: State) => Filling} fill
 * @returns {import('./dom.js').Part}
 */
function makeTable(state, name, box, fill) {
  const title = h('h3'), hint = h('p', { class: 'hint' });
  let when = 0;
  /** @type {unknown[]} */
  let drawn = [];
  return {
    element: h('section', { class: name }, title, hint, box),
    update() {
      const { trace, query, pick } = state;
      const now = [trace, trace?.tokens.length, query, pick];
      if (!trace || now.every((value, i) => value === drawn[i]) || (state.busy && performance.now() - when < REST)) return;
      when = performance.now();
      drawn = now;
      const { title: name, hint: about, rows } = fill(state);
      setText(title, name);
      setText(hint, about);
      box.hidden = rows.length === 0;
      box.replaceChildren(...rows);
    },
  };
}

/**
 * The positions that the chosen one looks at most.
 *
 * @param {State} state
 */
export function makeLooksAt(state) {
  return makeTable(state, 'looksAt', h('ol'), ({ trace, rows, query, t }) => {
    const keys = largest(rows?.row(query) ?? [], KEYS);
    const items = keys.map(({ key, weight }) => {
      const bar = h('span', { class: 'bar' });
      bar.style.width = `${weight * 100}%`;
      return h('li', {}, h('span', { class: 'word' }, visible(/** @type {import('./trace.js').TraceToken} */ (trace?.tokens[key]))), h('span', { class: 'at' }, String(key)), h('span', { class: 'value' }, decimals(weight)), bar);
    });
    return { title: t('looksAt'), hint: t('looksAt.hint', { n: keys.length }), rows: items };
  });
}

/** @param {string} name */
const wide = (name) => h('div', { 'class': 'wide', 'tabindex': '0', 'role': 'group', 'aria-label': name });

/**
 * The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens").
 *
 * @param {State} state
 */
export function makeLens(state) {
  return makeTable(state, 'lens', wide(state.t('lens')), ({ trace, query, t }) => {
    const { lens } = trace?.step(query) ?? {};
    const said = trace?.tokens[query + 1];
    if (!lens) return { title: t('lens'), hint: t('lens.none'), rows: [] };
    const width = Math.max(...lens.map(({ top }) => top.length));
    const table = h('table', {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('layer')), ...Array.from({ length: width }, (_, i) => h('th', { scope: 'col' }, t('lens.rank', { n: i + 1 }))))),
      h('tbody', {}, ...lens.map(({ layer, top }) => h('tr', {}, h('th', { scope: 'row' }, String(layer)), ...top.map((word) => {
        const cell = h('td', { class: word.id === said?.id ? 'said' : '' }, h('span', { class: 'word' }, visible(word)), ' ', h('span', { class: 'value' }, decimals(word.prob)));
        return shaded(cell, word.prob);
      })))));
    return { title: t('lens'), hint: t('lens.hint'), rows: [table] };
  });
}

/**
 * Direct logit attribution: the parts of the logit of the token that was written.
 *
 * @param {State} state
 */
export function makeParts(state) {
  return makeTable(state, 'parts', wide(state.t('parts.none')), ({ trace, query, pick, t }) => {
    const { attribution } = trace?.step(query) ?? {};
    if (!trace || !attribution) return { title: t('parts.none'), hint: t('lens.none'), rows: [] };
    const { layers, heads, values, mlp, mixer, embed, bias } = attribution;
    const most = Math.max(1e-6, ...[...values, ...mlp, ...(mixer ?? [])].map(Math.abs));
    const cell = (/** @type {number} */ value, /** @type {boolean} */ picked) => {
      const td = h('td', { class: `value ${value < 0 ? 'less' : 'more'}${picked ? ' picked' : ''}` }, signed(value));
      td.style.setProperty('--weight', String(Math.abs(value) / most));
      return td;
    };
    const about = [t('parts.hint', { embed: signed(embed) }), bias ? t('parts.biasHint', { bias: signed(bias) }) : ''].join(' ');
    const table = h('table', {},
      h('thead', {}, h('tr', {}, ...[t('layer'), ...heads.map(String), mixer && t('parts.mixer'), t('parts.mlp')].map((name) => name && h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...Array.from(mlp, (added, layer) => {
        const l = layers.indexOf(layer);
        const ofHeads = heads.map((_, i) => (l < 0 ? h('td') : cell(values[l * heads.length + i], pick.mode === 'head' && trace.layers[Math.max(0, pick.layer)] === layer && trace.heads[pick.head] === heads[i])));
        return h('tr', {}, h('th', { scope: 'row' }, String(layer)), ...ofHeads, mixer && cell(mixer[layer], false), cell(added, false));
      })));
    return { title: t('parts', { token: quoted(trace.tokens[query + 1]) }), hint: about, rows: [table] };
  });
}

/**
 * A part of a logit.
 *
 * @param {number} value
 */
const signed = (value) => value.toFixed(2).replace(/^-0\.00$/, '0.00').replace('-', '−');

/**
 * @param {HTMLElement} cell
 * @param {number} weight
 */
function shaded(cell, weight) {
  cell.style.setProperty('--weight', String(level(weight) / 255));
  return cell;
}
