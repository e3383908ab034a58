// The language of the page: the browser's at first, another when the person chooses it. All that the page says comes from text/.

import { en } from './text/en.js';
import { zh } from './text/zh.js';

/** @typedef {keyof typeof en} Key */
/** @typedef {'en' | 'zh-CN'} Language the tag that the page gets */

const KEPT = 'gander-language'; // in localStorage: what the person chose
const catalogues = { 'en': en, 'zh-CN': zh };

/** @type {Language} */
let current = kept() ?? (firstOf(navigator.languages) === 'zh' ? 'zh-CN' : 'en');

/**
 * What was said last in each place, as the means to say it again in another language.
 *
 * @type {Map<Element, Map<string, () => string>>}
 */
const said = new Map();

/** The language that the page is in. */
export const language = () => current;

/**
 * The text of a key, with the values put in where it names them.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return catalogues[current][key].replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? value.toLocaleString(current) : value;
  });
}

/**
 * Sets what an element says, now and whenever the language changes.
 *
 * @param {Element} element
 * @param {() => string} text
 * @param {string} [where] an attribute that gets it, in place of the element's text
 */
export function say(element, text, where = '') {
  const texts = said.get(element) ?? new Map();
  said.set(element, texts.set(where, text));
  put(element, where, text());
}

/** Fills the page with its texts, and wires the choice of the language. */
export function startLanguage() {
  for (const element of document.querySelectorAll('[data-text], [data-aria-label], [data-placeholder], [data-content]')) {
    const { text, ariaLabel, placeholder, content } = /** @type {HTMLElement} */ (element).dataset;
    const places = { '': text, 'aria-label': ariaLabel, placeholder, content };
    for (const [where, key] of Object.entries(places)) if (key) say(element, () => t(/** @type {Key} */ (key)), where);
  }
  const select = /** @type {HTMLSelectElement} */ (document.getElementById('language'));
  select.value = document.documentElement.lang = current;
  select.addEventListener('change', () => speak(/** @type {Language} */ (select.value)));
}

/** @param {Language} language */
function speak(language) {
  document.documentElement.lang = current = language;
  try {
    localStorage.setItem(KEPT, language);
  } catch { /* a private window: it counts for this visit */ }
  for (const [element, texts] of said) {
    if (element.isConnected) for (const [where, text] of texts) put(element, where, text());
    else said.delete(element); // it was replaced
  }
}

/**
 * @param {Element} element
 * @param {string} where
 * @param {string} text
 */
function put(element, where, text) {
  if (where) element.setAttribute(where, text);
  else element.textContent = text;
}

/** @returns {Language | undefined} */
function kept() {
  try {
    const language = localStorage.getItem(KEPT);
    return language === 'en' || language === 'zh-CN' ? language : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The first of the person's languages that the page has.
 *
 * @param {readonly string[]} languages
 */
function firstOf(languages) {
  return languages.map((tag) => tag.split('-')[0]).find((tag) => tag === 'en' || tag === 'zh');
}
