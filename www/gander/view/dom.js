// Makes elements.

/** @typedef {Node | string | undefined | false} Child */

/**
 * An element with attributes (`on…` are listeners; true is an attribute without a value, false and undefined are none) and children.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/**
 * A part of the view: an element, and a function that brings it up to date.
 *
 * @typedef {{element: HTMLElement, update: () => void}} Part
 */

/**
 * Sets the text of an element, if it is another: an unchanged live region should stay silent.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Says whether a button does anything now. One that was disabled would lose the focus to the page's top.
 *
 * @param {HTMLButtonElement} button
 * @param {boolean} on
 */
export function enable(button, on) {
  button.setAttribute('aria-disabled', String(!on));
}

/** @param {HTMLButtonElement} button */
export const isEnabled = (button) => button.getAttribute('aria-disabled') !== 'true';

/**
 * Where an arrow key leads in a table, or undefined for other keys.
 *
 * @param {KeyboardEvent} event
 * @param {{row: number, column: number}} at
 * @param {{rows: number, columns: number}} size
 */
export function arrow({ key, altKey, ctrlKey, metaKey }, { row, column }, { rows, columns }) {
  const moves = /** @type {Record<string, [number, number]>} */ ({
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    PageUp: [row - 10, column],
    PageDown: [row + 10, column],
    Home: [ctrlKey || metaKey ? 0 : row, 0],
    End: [ctrlKey || metaKey ? rows - 1 : row, columns - 1],
  });
  if (altKey || !Object.hasOwn(moves, key)) return undefined; // with Alt it is the browser's
  const [toRow, toColumn] = moves[key];
  return { row: Math.max(0, Math.min(rows - 1, toRow)), column: Math.max(0, Math.min(columns - 1, toColumn)) };
}
