// All heads as thumbnails: a row for each layer, a column for each head. And the choice of what is shown large.

import { arrow, h, setText } from './dom.js';
import { level } from './color.js';
import { shrink } from './tiles.js';
import { decimals, quoted } from './text.js';

const SIDE = 40; // pixels of a thumbnail, at most
const REST = 500; // ms between two drawings while the text grows

/**
 * @param {import('./state.js').State} state
 * @returns {import('./dom.js').Part}
 */
export function makeHeads(state) {
  const { t } = state;
  const grid = h('div', { 'class': 'heads', 'role': 'grid', 'aria-label': t('heads'), 'aria-describedby': 'heads-hint' });
  const facts = h('p', { class: 'facts' });
  /** @type {HTMLElement[][]} */
  let cells = [];
  let drawn = ''; // of what shape
  let painted = 0; // when
  /** @type {unknown} */
  let paintedOf; // which trace
  let paintedTo = -1;
  /** @type {unknown} */
  let colors;

  const build = () => {
    const { layers, heads } = /** @type {import('./trace.js').Trace} */ (state.trace);
    const numbers = h('div', { role: 'row', class: 'numbers' }, h('span'), ...heads.map((head) => h('span', { role: 'columnheader' }, String(head))));
    cells = layers.map(() => heads.map(() => h('div', { role: 'gridcell', tabindex: '-1', class: 'thumb' }, h('canvas'))));
    grid.replaceChildren(numbers, ...layers.map((layer, i) => h('div', { role: 'row' }, h('span', { role: 'rowheader' }, String(layer)), ...cells[i])));
    grid.style.setProperty('--heads', String(heads.length));
  };
  const find = (/** @type {Event} */ event) => {
    const cell = /** @type {HTMLElement} */ (event.target).closest('.thumb');
    const row = cells.findIndex((row) => row.some((one) => one === cell));
    return row < 0 ? undefined : { row, column: cells[row].findIndex((one) => one === cell) };
  };
  grid.addEventListener('click', (event) => {
    const at = find(event);
    if (at) state.choose({ mode: 'head', layer: at.row, head: at.column });
  });
  grid.addEventListener('keydown', (event) => {
    const at = find(event);
    const to = at && arrow(event, at, { rows: cells.length, columns: cells[0].length });
    if (!to) return;
    event.preventDefault();
    state.choose({ mode: 'head', layer: to.row, head: to.column });
    cells[to.row][to.column].focus();
  });

  return {
    element: h('section', { class: 'all' }, h('h3', {}, t('heads')), h('p', { class: 'hint', id: 'heads-hint' }, t('heads.hint')), grid, facts),
    update() {
      const { trace, pick } = state;
      if (!trace) return;
      if (trace.length === 0) {
        grid.replaceChildren();
        drawn = facts.textContent = '';
        return;
      }
      const shape = `${trace.layers} ${trace.heads}`;
      if (drawn !== shape) build();
      const stale = drawn !== shape || paintedOf !== trace || colors !== state.colors || (paintedTo !== trace.length && (!state.busy || performance.now() - painted > REST));
      drawn = shape;
      if (stale) {
        for (const [layer, row] of cells.entries()) for (const [head, cell] of row.entries()) draw(/** @type {HTMLCanvasElement} */ (cell.firstChild), state, layer, head);
        [painted, paintedOf, paintedTo, colors] = [performance.now(), trace, trace.length, state.colors];
      }
      for (const [layer, row] of cells.entries()) {
        for (const [head, cell] of row.entries()) {
          const isOff = trace.ablate.some((off) => off.layer === trace.layers[layer] && off.head === trace.heads[head]);
          const picked = pick.mode === 'head' && Math.max(0, pick.layer) === layer && pick.head === head;
          const within = pick.mode !== 'head' && (pick.layer < 0 || layer === pick.layer || (pick.mode === 'rollout' && layer < pick.layer));
          cell.className = `thumb${picked ? ' picked' : ''}${within ? ' within' : ''}${isOff ? ' off' : ''}`;
          cell.setAttribute('aria-selected', String(picked));
          cell.setAttribute('aria-label', t(isOff ? 'heads.off' : 'heads.name', { layer: trace.layers[layer], head: trace.heads[head] }));
          cell.tabIndex = layer === Math.max(0, pick.layer) && head === pick.head ? 0 : -1;
        }
      }
      setText(facts, describeHead(state));
    },
  };
}

/**
 * What else is known of the head: how long its output is, and what it added to the logit.
 *
 * @param {import('./state.js').State} state
 */
function describeHead({ trace, pick, query, t }) {
  if (!trace || pick.mode !== 'head') return '';
  const layer = Math.max(0, pick.layer);
  const norm = trace.norm(layer, pick.head, query);
  const { attribution } = trace.step(query);
  const value = attribution?.values[attribution.layers.indexOf(trace.layers[layer]) * attribution.heads.length + attribution.heads.indexOf(trace.heads[pick.head])]; // it may have more than there are rows of
  return [
    t('heads.name', { layer: trace.layers[layer], head: trace.heads[pick.head] }),
    norm === undefined ? '' : t('heads.norm', { norm: norm.toFixed(2) }),
    value === undefined ? '' : t('heads.adds', { value: signed(value), token: quoted(trace.tokens[query + 1]) }),
  ].filter(Boolean).join(' · ');
}

/** @param {number} value */
const signed = (value) => (value < 0 ? '−' : '+') + decimals(Math.abs(value));

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import('./state.js').State} state
 * @param {number} layer
 * @param {number} head
 */
function draw(canvas, { trace, colors }, layer, head) {
  const context = canvas.getContext('2d');
  if (!trace || !context) return;
  const side = canvas.width = canvas.height = Math.min(SIDE, trace.length);
  const small = shrink((position) => trace.row(layer, head, position), trace.first, trace.length, side);
  const image = context.createImageData(side, side);
  for (const [i, weight] of small.entries()) {
    if (weight < 0) continue;
    image.data.set(colors.subarray(level(weight) * 3, level(weight) * 3 + 3), i * 4);
    image.data[i * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
