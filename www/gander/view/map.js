// What is picked as a large heat map: a row for each position that looks, a column for each that is looked at. The cells are drawn on
// canvases, a tile at a time; the tokens beside them are text.

import { level } from './color.js';
import { arrow, h, setText } from './dom.js';
import { describePick } from './state.js';
import { describe } from './steps.js';
import { visible } from './text.js';
import { TILE, paint, tilesIn, windowOf } from './tiles.js';

const SIDE = 84; // pixels of the rows' labels, and of the columns'
const SMALL = 2, LARGE = 36; // pixels of a cell
const READABLE = 11; // pixels that a label needs
const EDGE = 7; // pixels around the cells, so that the outer labels are whole

/**
 * @param {import('./state.js').State} state
 * @returns {import('./dom.js').Part}
 */
export function makeMap(state) {
  const { t } = state;
  const top = h('div', { class: 'top' });
  const left = h('div', { class: 'left' });
  const line = h('div', { class: 'line' });
  const cursor = h('div', { class: 'cursor' });
  const body = h('div', { class: 'cells' }, line, cursor);
  const box = h('div', { 'class': 'map', 'role': 'application', 'tabindex': '0', 'aria-label': t('map'), 'aria-describedby': 'map-hint' }, h('div', { class: 'inner' }, h('div', { class: 'corner' }), top, left, body));
  const title = h('h3');
  const value = h('p', { 'class': 'said', 'aria-hidden': 'true' }); // the readout says it too, far above
  /** @type {Map<string, {canvas: HTMLCanvasElement, rows: number}>} */
  const tiles = new Map();
  /** @type {unknown[]} */
  let drawn = [];
  let shown = { query: -1, key: -1, cell: 0 };

  /** Pixels of a cell. */
  const cellSize = () => {
    if (state.cell) return state.cell;
    const room = box.clientWidth - SIDE - 2 * EDGE;
    return Math.max(SMALL, Math.min(24, Math.floor(room / Math.max(1, size()))));
  };
  const size = () => state.trace?.length ?? 0;
  const zoom = (/** @type {number} */ factor) => {
    const now = cellSize();
    state.change({ cell: Math.max(SMALL, Math.min(LARGE, factor > 1 ? Math.max(now + 1, Math.round(now * factor)) : Math.min(now - 1, Math.round(now * factor)))) });
  };
  const cellAt = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const { left: x, top: y } = body.getBoundingClientRect();
    const query = Math.floor((event.clientY - y) / cellSize()), key = Math.floor((event.clientX - x) / cellSize());
    return query >= 0 && key >= 0 && query < size() && key < size() ? { query, key } : undefined;
  };

  body.addEventListener('pointermove', (event) => {
    const hover = cellAt(event);
    if (hover?.query !== state.hover?.query || hover?.key !== state.hover?.key) state.change({ hover });
  });
  body.addEventListener('pointerleave', () => state.change({ hover: undefined }));
  body.addEventListener('click', (event) => {
    const at = cellAt(event);
    if (at) state.go(at.query, Math.min(at.key, at.query));
  });
  box.addEventListener('scroll', () => draw());
  box.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }, { passive: false });
  box.addEventListener('keydown', (event) => {
    const factor = { '+': 1.3, '=': 1.3, '-': 1 / 1.3 }[event.key];
    const to = arrow(event, { row: state.query, column: state.key }, { rows: size(), columns: size() });
    if (event.altKey) return; // with these, the keys are the browser's
    const ours = !event.ctrlKey && !event.metaKey;
    if (event.key === '0' && ours) state.change({ cell: 0 });
    else if (factor && ours) zoom(factor);
    else if (to) state.go(Math.max(state.trace?.first ?? 0, to.row), Math.min(to.column, to.row));
    else return;
    event.preventDefault();
  });

  /** Draws what can be seen. */
  const draw = () => {
    const { trace, rows, colors, pick } = state;
    if (!trace || !rows || box.clientWidth === 0) return;
    const cell = cellSize();
    const count = size();
    const now = [trace, colors, pick.mode, pick.layer, pick.head, cell];
    if (now.some((value, i) => value !== drawn[i])) {
      for (const { canvas } of tiles.values()) canvas.remove();
      tiles.clear();
      drawn = now;
    }
    body.style.width = body.style.height = `${count * cell}px`;
    const view = windowOf({ left: box.scrollLeft - EDGE, top: box.scrollTop - EDGE, width: box.clientWidth - SIDE, height: box.clientHeight - SIDE }, cell, count);
    const wanted = new Set();
    for (const tile of tilesIn(view)) {
      const name = `${tile.row},${tile.column}`;
      wanted.add(name);
      const old = tiles.get(name);
      if (old && old.rows >= Math.min(count, tile.row + TILE)) continue;
      const canvas = old?.canvas ?? place(h('canvas', { width: TILE, height: TILE }), tile, cell);
      const context = canvas.getContext('2d');
      const image = context?.createImageData(TILE, TILE);
      if (image) paint(image.data, tile, (position) => (position < count ? rows.row(position) : undefined), level, colors);
      if (image) context?.putImageData(image, 0, 0);
      tiles.set(name, { canvas, rows: count });
    }
    for (const [name, { canvas }] of tiles) {
      if (wanted.has(name)) continue;
      canvas.remove();
      tiles.delete(name);
    }
    label(top, 'left', view.columnFrom, view.columnTo, cell);
    label(left, 'top', view.rowFrom, view.rowTo, cell);
  };

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{row: number, column: number}} tile
   * @param {number} cell
   */
  const place = (canvas, { row, column }, cell) => {
    Object.assign(canvas.style, { left: `${column * cell}px`, top: `${row * cell}px`, width: `${TILE * cell}px`, height: `${TILE * cell}px` });
    body.prepend(canvas);
    return canvas;
  };

  /**
   * Writes the tokens beside the rows or columns that can be seen; of small cells, beside every so many.
   *
   * @param {HTMLElement} axis
   * @param {'left' | 'top'} side
   * @param {number} from
   * @param {number} to
   * @param {number} cell
   */
  const label = (axis, side, from, to, cell) => {
    const tokens = state.trace?.tokens ?? [];
    const every = Math.ceil(READABLE / cell);
    const strong = side === 'top' ? state.query : state.key;
    const labels = [];
    for (let i = from - (from % every); i < to; i += every) {
      const covered = strong > i - every && strong < i + every && strong !== i;
      if (i >= from && !covered) labels.push(i);
    }
    if (strong >= from && strong < to) labels.push(strong);
    axis.replaceChildren(...labels.map((i) => {
      const element = h('span', { class: i === strong ? 'strong' : '' }, visible(tokens[i]));
      element.style[side] = `${EDGE + (i + 0.5) * cell}px`;
      return element;
    }));
  };

  const button = (/** @type {string} */ sign, /** @type {import('./text.js').Key} */ key, /** @type {() => void} */ onclick) =>
    h('button', { 'type': 'button', 'class': 'step', 'aria-label': t(key), 'title': t(key), onclick }, sign);
  new ResizeObserver(() => draw()).observe(box);
  return {
    element: h('section', { class: 'large' },
      h('div', { class: 'title' }, title, h('div', { class: 'zoom' }, button('−', 'zoom.out', () => zoom(1 / 1.3)), button('+', 'zoom.in', () => zoom(1.3)), button('⤢', 'zoom.fit', () => state.change({ cell: 0 })))),
      h('p', { class: 'hint', id: 'map-hint' }, t('map.hint')), box, value),
    update() {
      const name = describePick(state);
      title.textContent = name[0].toUpperCase() + name.slice(1);
      const cell = cellSize();
      draw();
      setText(value, describe(state));
      const { query, key } = state;
      Object.assign(line.style, { top: `${query * cell}px`, height: `${cell}px`, width: `${(query + 1) * cell}px` });
      Object.assign(cursor.style, { top: `${query * cell}px`, left: `${key * cell}px`, width: `${cell}px`, height: `${cell}px` });
      if (query !== shown.query || key !== shown.key || cell !== shown.cell) reveal(cell);
      shown = { query, key, cell };
    },
  };

  /**
   * Scrolls to the cursor, if it is out of sight.
   *
   * @param {number} cell
   */
  function reveal(cell) {
    const room = { x: box.clientWidth - SIDE - 2 * EDGE - cell, y: box.clientHeight - SIDE - 2 * EDGE - cell };
    const x = state.key * cell, y = state.query * cell;
    if (x < box.scrollLeft || x > box.scrollLeft + room.x) box.scrollLeft = x - room.x / 2;
    if (y < box.scrollTop || y > box.scrollTop + room.y) box.scrollTop = y - room.y / 2;
  }
}
