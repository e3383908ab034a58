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
  /** @type {{start: number, end: number, bytes: Promise<Uint8Array<ArrayBuffer>>}[]} */
  let blocks = [];
  /** @type {ArrayBuffer[]} The memory of blocks that were dropped. Fresh memory for each outgrew the model before it was collected. */
  let spare = [];
  let out = new Uint8Array(0); // what a read gives
  let next = 0; // where the last read ended
  let ahead = SMALL; // how much is fetched at a time

  /**
   * @param {number} start
   * @param {number} length
   */
  const fetchBlock = (start, length) => {
    const end = Math.min(start + length, file.size);
    const size = end - start;
    const i = spare.findIndex(({ byteLength }) => size <= byteLength && byteLength <= 2 * size);
    const memory = i < 0 ? new ArrayBuffer(size) : spare.splice(i, 1)[0];
    const block = { start, end, bytes: readRange(file, start, end, stop, undefined, memory) };
    block.bytes.catch(() => (blocks = blocks.filter((other) => other !== block))); // who waits for it is told; the next read tries again
    blocks.push(block);
    if (blocks.length > KEPT) blocks.shift()?.bytes.then(({ buffer }) => (spare = [...spare.slice(1 - KEPT), buffer]), () => {});
    return block;
  };
  /** @param {number} at */
  const blockOf = (at) => blocks.find(({ start, end }) => start <= at && at < end);

  return {
    size: file.size,
    async read(offset, length) {
      const end = Math.max(offset, Math.min(offset + length, file.size));
      ahead = offset === next ? Math.min(ahead * 2, LARGE) : blockOf(offset) ? ahead : SMALL;
      const goesOn = offset === next;
      next = end;
      if (out.length < end - offset) out = new Uint8Array(end - offset);
      for (let at = offset; at < end; ) {
        const block = blockOf(at) ?? fetchBlock(at, Math.max(end - at, ahead));
        const edge = Math.min(block.end, end);
        if (goesOn && edge === end && block.end < file.size && !blockOf(block.end)) fetchBlock(block.end, ahead);
        out.set((await block.bytes).subarray(at - block.start, edge - block.start), at - offset);
        at = edge;
      }
      return out.subarray(0, end - offset);
    },
    close() {
      blocks = spare = [];
      out = new Uint8Array(0);
      closing.abort();
    },
  };
}
