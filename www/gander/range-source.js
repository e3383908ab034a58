// Reads a file from a server that answers Range requests, for a reader that goes forward and skips parts: what is read on without a gap
// is fetched ahead, in blocks that grow; a jump begins with small ones again.

import { readRange } from './http.js';

const SMALL = 1 << 18; // bytes of the first block after a jump
const LARGE = 4 << 20; // of one in the middle of a long run
const KEPT = 4; // blocks: what was just read, and what comes next

/**
 * @param {import('./http.js').RemoteFile & {size: number}} file
 * @param {AbortSignal} signal stops all requests
 * @returns {import('./source.js').Source}
 */
export function rangeSource(file, signal) {
  const closing = new AbortController();
  const stop = AbortSignal.any([signal, closing.signal]);
  /** @type {{start: number, end: number, bytes: Promise<Uint8Array>}[]} */
  let blocks = [];
  let next = 0; // where the last read ended
  let ahead = SMALL; // how much is fetched at a time

  /**
   * @param {number} start
   * @param {number} length
   */
  const fetchBlock = (start, length) => {
    const end = Math.min(start + length, file.size);
    const block = { start, end, bytes: /** @type {Promise<Uint8Array>} */ (readRange(file, start, end, stop)) };
    block.bytes.catch(() => (blocks = blocks.filter((other) => other !== block))); // who waits for it is told; the next read tries again
    blocks = [...blocks.slice(1 - KEPT), block];
    return block;
  };
  /** @param {number} at */
  const blockOf = (at) => blocks.find(({ start, end }) => start <= at && at < end);

  return {
    size: file.size,
    async read(offset, length) {
      const end = Math.min(offset + length, file.size);
      const out = new Uint8Array(Math.max(0, end - offset));
      ahead = offset === next ? Math.min(ahead * 2, LARGE) : blockOf(offset) ? ahead : SMALL;
      const goesOn = offset === next;
      next = end;
      for (let at = offset; at < end; ) {
        const block = blockOf(at) ?? fetchBlock(at, Math.max(end - at, ahead));
        const edge = Math.min(block.end, end);
        if (goesOn && edge === end && block.end < file.size && !blockOf(block.end)) fetchBlock(block.end, ahead);
        out.set((await block.bytes).subarray(at - block.start, edge - block.start), at - offset);
        at = edge;
      }
      return out;
    },
    close() {
      blocks = [];
      closing.abort();
    },
  };
}
