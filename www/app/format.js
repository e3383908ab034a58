// Numbers in the form in which people read them.

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
  for (const [unit, word] of /** @type {const} */ ([[1e9, 'billion'], [1e6, 'million'], [1e4, 'thousand']])) {
    if (count >= unit) return `${(count / (word === 'thousand' ? 1e3 : unit)).toPrecision(3)} ${word}`;
  }
  return count.toLocaleString('en');
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
