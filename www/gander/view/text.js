// The texts of the view in the language of the page around it.

import { en } from './text-en.js';
import { zh } from './text-zh.js';

/** @typedef {keyof typeof en} Key */
/** @typedef {(key: Key, values?: Record<string, string | number>) => string} Translate */

/**
 * The texts of a language: Chinese for zh and its kinds, English for all others.
 *
 * @param {string} language a tag such as zh-CN
 * @returns {Translate}
 */
export function translator(language) {
  const texts = /^zh\b/i.test(language) ? zh : en;
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * A token in quotes, with signs for what can't be seen.
 *
 * @param {{id: number, text: string} | undefined} token
 */
export function quoted(token) {
  return token ? `‘${visible(token)}’` : '';
}

/**
 * The text of a token, with signs for what can't be seen.
 *
 * @param {{id: number, text: string}} token
 */
export function visible({ id, text }) {
  if (text === '') return id < 0 ? '·' : `<${id}>`; // a special token, or a part of a character
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('▁', ' '); // the last as SentencePiece writes it
}

/**
 * A weight as it is shown.
 *
 * @param {number} value
 */
export function decimals(value) {
  return value.toFixed(value < 0.095 && value > 0 ? 3 : 2);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MiB`;
}
