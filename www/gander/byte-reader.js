// How streams are read into memory that they are given.

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
