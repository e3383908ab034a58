// Reads a model while it downloads: one streaming request, from which the engine takes the header and then each tensor in file order.
// A window of the bytes that went by is kept, because the engine reads in pieces that need not be those of the network; a read from
// before the window goes back to the server with a Range request.

import { GanderError } from './errors.js';
import { blobSource } from './source.js';

/** Bytes that are kept behind the furthest byte read. The header is read in pieces smaller than this. */
export const WINDOW = 8 << 20;

/**
 * Opens a URL.
 *
 * @param {string} href absolute URL
 * @param {AbortSignal} signal stops the download
 * @param {(loaded: number, total: number) => void} onDownload is told of bytes that must arrive before the first read
 * @returns {Promise<import('./source.js').Source>}
 */
export async function openURL(href, signal, onDownload) {
  const response = await request(href, { signal });
  const length = Number(response.headers.get('content-length') ?? NaN);
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (!response.body) throw new GanderError('network', `${href}: the server sent no content`, { status: response.status });
  if (encoding === 'identity' && Number.isSafeInteger(length)) {
    return new StreamSource(href, signal, length, version(response), response.body);
  }
  return blobSource(await collect(href, response.body, onDownload)); // the size is known only at the end
}

/** A file of known size that arrives as a stream. */
class StreamSource {
  /** @type {{start: number, bytes: Uint8Array}[]} The window: neighbouring pieces of the file, the oldest first. */
  #pieces = [];
  /** Bytes of the file that have arrived. */
  #arrived = 0;
  #reader;
  #href;
  #signal;
  #version;

  /**
   * @param {string} href
   * @param {AbortSignal} signal
   * @param {number} size bytes in the whole file
   * @param {string} version identifies the file's content
   * @param {ReadableStream<Uint8Array>} body
   */
  constructor(href, signal, size, version, body) {
    this.size = size;
    this.#href = href;
    this.#signal = signal;
    this.#version = version;
    this.#reader = body.getReader();
  }

  /**
   * @param {number} offset
   * @param {number} length
   * @returns {Promise<Uint8Array>}
   */
  async read(offset, length) {
    const end = Math.min(offset + length, this.size);
    if (offset >= end) return new Uint8Array(0);
    if (offset < (this.#pieces[0]?.start ?? this.#arrived)) return this.#readRange(offset, end);
    const out = new Uint8Array(end - offset);
    for (const piece of this.#pieces) copyOverlap(out, offset, piece);
    while (this.#arrived < end) copyOverlap(out, offset, await this.#next());
    while (this.#pieces.length > 0 && this.#pieces[0].start + this.#pieces[0].bytes.length < end - WINDOW) this.#pieces.shift();
    return out;
  }

  close() {
    this.#pieces = [];
    this.#reader.cancel().catch(() => {}); // it may have failed already, and that was reported
  }

  /** Waits for the next piece of the stream and puts it into the window. */
  async #next() {
    const { done, value } = await attempt(this.#href, () => this.#reader.read());
    if (done) {
      throw new GanderError('network', `${this.#href}: the download ended after ${this.#arrived} of ${this.size} bytes`);
    }
    const piece = { start: this.#arrived, bytes: value };
    this.#arrived += value.length;
    this.#pieces.push(piece);
    return piece;
  }

  /**
   * Fetches bytes from before the window.
   *
   * @param {number} offset
   * @param {number} end
   */
  async #readRange(offset, end) {
    const response = await request(this.#href, { signal: this.#signal, headers: { range: `bytes=${offset}-${end - 1}` } });
    if (response.status !== 206) {
      response.body?.cancel();
      throw new GanderError('io', `${this.#href}: byte ${offset} is needed again, but the server does not answer Range requests`);
    }
    if (version(response) !== this.#version) throw new GanderError('io', `${this.#href}: the file changed while it was being read`);
    const bytes = new Uint8Array(await attempt(this.#href, () => response.arrayBuffer()));
    if (bytes.length !== end - offset) throw new GanderError('network', `${this.#href}: the server sent ${bytes.length} of ${end - offset} bytes`);
    return bytes;
  }
}

/**
 * Copies into `out`, which holds the file from byte `offset` on, what a piece of the file has of it.
 *
 * @param {Uint8Array} out
 * @param {number} offset
 * @param {{start: number, bytes: Uint8Array}} piece
 */
function copyOverlap(out, offset, { start, bytes }) {
  const from = Math.max(offset, start);
  const to = Math.min(offset + out.length, start + bytes.length);
  if (from < to) out.set(bytes.subarray(from - start, to - start), from - offset);
}

/**
 * Reads a stream of unknown length to its end. The Blob is made of many small parts, which the browser may keep on disk.
 *
 * @param {string} href
 * @param {ReadableStream<Uint8Array>} body
 * @param {(loaded: number, total: number) => void} onDownload
 */
async function collect(href, body, onDownload) {
  const reader = body.getReader();
  /** @type {Blob[]} */
  const parts = [];
  for (let loaded = 0; ; ) {
    const { done, value } = await attempt(href, () => reader.read());
    if (done) return new Blob(parts);
    parts.push(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (value)]));
    loaded += value.length;
    onDownload(loaded, 0);
  }
}

/**
 * Fetches, and turns a refusal into a GanderError.
 *
 * @param {string} href
 * @param {RequestInit} init
 */
async function request(href, init) {
  const response = await attempt(href, () => fetch(href, init));
  if (response.ok) return response;
  response.body?.cancel();
  const { status } = response;
  throw new GanderError('network', `${href}: the server answered ${status} ${response.statusText}`.trimEnd(), { status });
}

/**
 * Waits for a network operation. An abort passes through as it is; any other failure is a `network` error.
 *
 * @template T
 * @param {string} href
 * @param {() => Promise<T>} operation
 * @returns {Promise<T>}
 */
async function attempt(href, operation) {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new GanderError('network', `${href}: the download failed: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/**
 * What the server says that identifies the content of the file, as far as it says so.
 *
 * @param {Response} response
 */
function version({ headers }) {
  return `${headers.get('etag') ?? ''} ${headers.get('last-modified') ?? ''}`;
}
