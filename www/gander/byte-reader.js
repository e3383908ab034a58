// How streams are read into memory that they are given.

/**
 * What is being read. Chromium collects a stream as garbage while a read of it waits, unless something else holds it; the read then never
 * settles.
 *
 * @type {Set<ReadableStream | Response>}
 */
export const held = new Set();

/**
 * @param {ReadableStream} stream
 * @returns {ReadableStreamBYOBReader | undefined} undefined where the browser's stream is none of bytes
 */
export function byteReader(stream) {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch { // TypeError
    return undefined;
  }
}
