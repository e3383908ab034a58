// The text as tokens: each is shaded by how much the chosen one looks at it, and arcs lead to the ones that it looks at most.

import { arc } from './arcs.js';
import { h } from './dom.js';
import { largest } from './rows.js';
import { decimals, quoted, visible } from './text.js';

const ARCS = 6; // at most
const LEAST = 0.04; // weight of an arc
const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {import('./state.js').State} state
 * @returns {import('./dom.js').Part}
 */
export function makeStrip(state) {
  const { t } = state;
  const arcs = document.createElementNS(SVG, 'svg');
  arcs.setAttribute('aria-hidden', 'true');
  const list = h('div', { 'class': 'tokens', 'role': 'listbox', 'aria-label': t('tokens'), 'aria-describedby': 'tokens-hint' });
  /** @type {HTMLElement[]} */
  let items = [];
  /** @type {string[]} What each shows. */
  let looks = [];
  /** @type {import('./trace.js').Trace | undefined} */
  let drawn;
  let prompt = 0; // tokens: how many they are may turn out later, and moves all that come after
  let shown = -1; // the position that was brought into sight

  /** @param {number} index */
  const item = (index) => {
    const token = /** @type {import('./trace.js').Trace} */ (state.trace).tokens[index];
    return h('span', { role: 'option', class: 'token', tabindex: '-1' }, visible(token));
  };
  const indexOf = (/** @type {Event} */ event) => items.indexOf(/** @type {HTMLElement} */ (event.target));
  list.addEventListener('click', (event) => indexOf(event) >= 0 && choose(indexOf(event)));
  list.addEventListener('pointerover', (event) => point(indexOf(event)));
  list.addEventListener('pointerleave', () => point(-1));
  list.addEventListener('focusin', (event) => {
    const key = indexOf(event);
    if (key >= 0 && key <= state.query) state.change({ key, hover: undefined });
  });
  list.addEventListener('keydown', (event) => {
    const index = indexOf(event);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -items.length, End: items.length }[event.key];
    if (index < 0 || event.altKey) return;
    if (step) items[Math.max(0, Math.min(items.length - 1, index + step))].focus();
    else if (event.key === 'Enter' || event.key === ' ') choose(index);
    else return;
    event.preventDefault();
  });
  const choose = (/** @type {number} */ index) => {
    state.go(index);
    items[index].focus();
  };
  const point = (/** @type {number} */ key) => {
    const hover = key >= 0 && key <= state.query ? { query: state.query, key } : undefined;
    if (hover || state.hover) state.change({ hover });
  };
  const reveal = (/** @type {HTMLElement} */ { offsetTop, offsetHeight }) => {
    if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = offsetTop - (list.clientHeight - offsetHeight) / 2;
  };

  return {
    element: h('section', { class: 'strip' }, h('p', { class: 'hint', id: 'tokens-hint' }, t('tokens.hint')), list),
    update() {
      const { trace, rows, query } = state;
      if (!trace) return;
      if (drawn !== trace || prompt !== trace.prompt) {
        list.replaceChildren(arcs);
        items = [];
        looks = [];
        drawn = trace;
        prompt = trace.prompt;
        shown = -1;
      }
      while (items.length < trace.tokens.length) items.push(list.appendChild(item(items.length)));
      const row = rows?.row(query);
      const focusable = Math.min(state.key, items.length - 1);
      for (const [index, element] of items.entries()) {
        const weight = row?.[index] ?? 0;
        const seen = row !== undefined && index <= query;
        const place = index === query ? ' query' : index === query + 1 ? ' next' : index > query ? ' later' : '';
        const now = `${weight} ${seen} ${place} ${index === focusable}`;
        if (looks[index] === now) continue; // most have nothing new
        looks[index] = now;
        const name = quoted(trace.tokens[index]);
        element.className = `token${place}`;
        element.style.setProperty('--weight', String(Math.sqrt(weight)));
        element.setAttribute('aria-selected', String(index === query));
        element.setAttribute('aria-label', seen ? t('token.weight', { token: name, n: index, weight: decimals(weight) }) : t('token', { token: name, n: index }));
        element.tabIndex = index === focusable ? 0 : -1;
      }
      if (state.following && state.busy) list.scrollTop = list.scrollHeight;
      else if (query !== shown && items[query]) reveal(items[query]);
      shown = query;
      drawArcs(arcs, items, query, row ? largest(row, ARCS, LEAST) : []);
    },
  };
}

/**
 * @param {SVGSVGElement} svg over the tokens, with which it scrolls
 * @param {HTMLElement[]} items
 * @param {number} query
 * @param {{key: number, weight: number}[]} keys
 */
function drawArcs(svg, items, query, keys) {
  const top = (/** @type {HTMLElement} */ element) => ({ x: element.offsetLeft + element.offsetWidth / 2, y: element.offsetTop + 3 });
  const from = items[query];
  const others = from ? keys.filter(({ key }) => key !== query) : [];
  svg.replaceChildren(...others.map(({ key, weight }) => {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', arc(top(from), top(items[key]), 15));
    path.setAttribute('stroke-width', String(1 + weight * 4));
    path.setAttribute('stroke-opacity', String(0.35 + weight * 0.65));
    return path;
  }));
}
