// Reads the beginning of a file that arrives as a stream, from a server without Range requests: enough for a header, which the engine
// reads forward. All that went by is kept.

import { GanderError } from './errors.js';
import { body } from './http.js';

/**
 * @param {Response} response
 * @param {string} href
 * @param {number} size bytes in the whole file
 * @param {AbortSignal} signal
 * @returns {import('./source.js').Source}
 */
export function streamSource(response, href, size, signal) {
  const chunks = body(response, href, signal);
  let seen = new Uint8Array(1 << 20);
  let have = 0;
  return {
    size,
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      while (have < end) {
        const { done, value } = await chunks.next();
        if (done) throw new GanderError('network', `${href}: the download ended after ${have} of ${size} bytes`);
        if (have + value.length > seen.length) {
          const larger = new Uint8Array(2 * (have + value.length));
          larger.set(seen.subarray(0, have));
          seen = larger;
        }
        seen.set(value, have);
        have += value.length;
      }
      return seen.slice(offset, Math.max(offset, end));
    },
    close() {
      chunks.return();
    },
  };
}
