// Numbers in the form in which people read them.

import { language } from './language.js';

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * A count with three digits or so and a word for the rest: 812, 15.2 thousand, 1.24 million.
 *
 * @param {number} count
 */
export function formatCount(count) {
  return count.toLocaleString(language(), { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 3 });
}

/**
 * The types of a model's weights: F32 and Q8_0.
 *
 * @param {Record<string, number>} types
 */
export function formatTypes(types) {
  return new Intl.ListFormat(language()).format(Object.keys(types).sort());
}

/** @param {number} ms */
export function formatDuration(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/**
 * The last part of an address.
 *
 * @param {string} url
 */
export function nameOf(url) {
  const last = new URL(url).pathname.split('/').filter(Boolean).pop() || url;
  try {
    return decodeURIComponent(last);
  } catch { // a lone % is legal in an address
    return last;
  }
}
