// Reads the beginning of a file that arrives as a stream, from a server without Range requests: enough for a header, which the engine
// reads forward. All that went by is kept. The request is made when the first byte is read.

import { GanderError } from './errors.js';
import { retried, wholeBody } from './http.js';

/**
 * @param {string} href
 * @param {number} size bytes in the whole file
 * @param {AbortSignal} signal
 * @returns {import('./source.js').Source}
 */
export function streamSource(href, size, signal) {
  /** @type {Awaited<ReturnType<typeof wholeBody>> | undefined} */
  let chunks;
  let at = 0; // where the open stream is
  let seen = new Uint8Array(1 << 20);
  let have = 0;
  const pause = () => {
    chunks?.return();
    chunks = undefined;
  };
  /** @param {number} end */
  const fill = async (end) => {
    while (have < end) {
      if (!chunks) [chunks, at] = [await wholeBody(href, signal), 0];
      const { done, value } = await chunks.next();
      if (done) throw new GanderError('network', `${href}: the download ended after ${at} of ${size} bytes`);
      const more = value.subarray(Math.min(have - at, value.length)); // what was not seen before a pause
      at += value.length;
      if (have + more.length > seen.length) {
        const larger = new Uint8Array(2 * (have + more.length));
        larger.set(seen.subarray(0, have));
        seen = larger;
      }
      seen.set(more, have);
      have += more.length;
    }
  };
  return {
    size,
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      await retried(signal, () => fill(end).catch((error) => {
        pause(); // the next attempt begins anew
        throw error;
      }));
      return seen.slice(offset, Math.max(offset, end));
    },
    pause,
    close: pause,
  };
}
