// Requests for model files: ranges with retries, and checks that the server sent what was asked for.

import { byteReader, held } from './byte-reader.js';
import { GanderError } from './errors.js';

/** How patient downloads are; times in ms. */
export const patience = {
  /** Attempts in a row that bring next to nothing. */
  tries: 5,
  /** Before the second attempt; doubled each time. */
  backoff: 400,
  /** Without a byte, after which an attempt counts as failed. */
  stall: 30_000,
};

/** Asks for a whole file, as it is: to a request with a range, browsers add that they want nothing packed. */
const WHOLE = { range: 'bytes=0-' };

/** Bytes that make an attempt worth while: the count of failures starts again. */
const PROGRESS = 1 << 18;

/**
 * What a server says of a file.
 *
 * @typedef {object} RemoteFile
 * @property {string} href
 * @property {string} from where the answer came from in the end, after redirects
 * @property {number | undefined} size bytes; undefined if only the end of the download tells
 * @property {boolean} ranges whether the server gives parts of it
 * @property {string} etag empty if the server does not say
 * @property {string} modified the Last-Modified header, empty if the server does not say
 * @property {string} sha256 of the content, as hexadecimal digits, where the server tells it; else empty
 */

/**
 * Asks for the first byte of a file, to learn what it is and whether ranges work.
 *
 * @param {string} href
 * @param {AbortSignal} signal
 * @param {{tries?: number, inFolder?: boolean, offline?: boolean}} [options] a page in place of a file of a folder is an error, with the
 *   status 404 unless `offline`: the pages of a server that had none but a page for the folder's first file say nothing
 * @returns {Promise<{file: RemoteFile, response?: Response}>} with the response of a server without ranges, which is the whole file
 */
export async function probe(href, signal, { tries, inFolder, offline } = {}) {
  const first = await retried(signal, () => get(href, { signal, headers: { range: 'bytes=0-0' } }, [416]), tries);
  if (inFolder && first.headers.get('content-type')?.startsWith('text/html')) { // as hosts answer whose every address is one application, or a login
    drop(first);
    throw new GanderError('network', `${href}: the server has a page in its place`, { status: offline ? undefined : 404 });
  }
  const range = contentRange(first);
  if (first.status === 206) {
    drop(first);
    let size = range?.size;
    if (!first.headers.has('content-range')) size = await sizeByHead(href, signal); // a server of another origin may hide it
    if (size && (!range || (range.start === 0 && range.end === 0))) return { file: remoteFile(href, size, true, first) };
  }
  let response = first;
  if (first.status !== 200) { // an empty file, or ranges that do not work
    drop(first);
    const headers = first.status === 206 && !range ? WHOLE : undefined; // the others know no such range
    response = await retried(signal, () => get(href, { signal, headers }), tries);
  }
  const length = Number(response.headers.get('content-length') ?? NaN);
  const plain = (response.headers.get('content-encoding') ?? 'identity') === 'identity'; // else the length is that of the packed bytes
  return { file: remoteFile(href, plain && Number.isSafeInteger(length) ? length : undefined, false, response), response };
}

/**
 * @param {string} href
 * @param {number | undefined} size
 * @param {boolean} ranges
 * @param {Response} response
 * @returns {RemoteFile}
 */
function remoteFile(href, size, ranges, { headers, url }) {
  const linked = /[0-9a-f]{64}/.exec(headers.get('x-linked-etag') ?? ''); // Hugging Face, of a file in LFS
  return { href, from: url || href, size, ranges, etag: headers.get('etag') ?? '', modified: headers.get('last-modified') ?? '', sha256: linked?.[0] ?? '' };
}

/**
 * Whether two answers speak of the same content, as far as the server says.
 *
 * @param {{size?: number, etag: string, modified: string}} a
 * @param {{size?: number, etag: string, modified: string}} b
 */
export function sameContent(a, b) {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false;
  if (a.etag && b.etag) return a.etag === b.etag;
  if (a.modified && b.modified) return a.modified === b.modified;
  return a.size !== undefined && a.size === b.size;
}

/**
 * The SHA-256 that Hugging Face, and sites built like it, keep of a large file, in a small file of Git LFS beside it.
 *
 * @param {string} href
 * @param {AbortSignal} signal
 * @returns {Promise<string>} hexadecimal digits, or empty
 */
export async function linkedHash(href, signal) {
  const pointer = href.replace(/^(https?:\/\/[^/]+\/[^/?]+\/[^/?]+)\/resolve\//, '$1/raw/');
  if (pointer === href) return '';
  try {
    const response = await get(pointer, { signal, headers: { range: 'bytes=0-999' } });
    for await (const chunk of body(response, pointer, signal)) { // never more than the beginning: it may be the file itself
      const text = new TextDecoder().decode(chunk.subarray(0, 1000));
      return /^version https:\/\/git-lfs[^]*^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1] ?? '';
    }
  } catch { // it was worth a try
    signal.throwIfAborted();
  }
  return '';
}

/**
 * Reads a part of a file, with several attempts where the network fails, each going on where the one before ended.
 *
 * @param {RemoteFile} file
 * @param {number} start
 * @param {number} end
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} [onBytes] is told of what arrives, and of what must be fetched again as a negative number
 * @param {ArrayBuffer} [memory] for the bytes
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readRange(file, start, end, signal, onBytes = () => {}, memory = new ArrayBuffer(end - start)) {
  const out = new Uint8Array(memory, 0, end - start);
  let have = 0;
  await retried(signal, async () => {
    const before = have;
    try {
      const response = await get(file.href, { signal, headers: rangeHeaders(file, start + have, end) });
      checkRange(response, file, start + have, end);
      for await (const chunk of body(response, file.href, signal)) {
        if (have + chunk.length > out.length) throw new GanderError('network', `${file.href}: the server sent more than was asked for`);
        out.set(chunk, have);
        have += chunk.length;
        onBytes(chunk.length);
      }
      if (have < out.length) throw new GanderError('network', `${file.href}: the server sent ${have} of ${out.length} bytes`);
    } catch (error) {
      if (have - before >= PROGRESS && error instanceof Error) progressed.add(error);
      throw error;
    }
  }).catch((error) => {
    onBytes(-have);
    throw error;
  });
  return out;
}

/** @type {WeakSet<Error>} Failures of attempts that brought something. */
const progressed = new WeakSet();

/**
 * @param {RemoteFile} file
 * @param {number} start
 * @param {number} end
 */
function rangeHeaders({ href, from, etag, modified }, start, end) {
  /** @type {Record<string, string>} */
  const headers = { range: `bytes=${start}-${end - 1}` };
  const condition = etag && !etag.startsWith('W/') ? etag : modified;
  const origin = globalThis.location?.origin ?? new URL(href).origin;
  if (condition && [href, from].every((url) => new URL(url).origin === origin)) headers['if-range'] = condition; // elsewhere it would take a CORS preflight
  return headers;
}

/**
 * Throws unless a response is the asked part of the same file.
 *
 * @param {Response} response
 * @param {RemoteFile} file
 * @param {number} start
 * @param {number} end
 */
function checkRange(response, file, start, end) {
  const range = contentRange(response);
  const told = { size: range?.size ?? file.size, etag: response.headers.get('etag') ?? '', modified: response.headers.get('last-modified') ?? '' };
  const wrong =
    response.status !== 206 || !sameContent(told, file) ? 'the file changed while it was being read, or the server stopped answering Range requests'
    : range && (range.start !== start || range.end !== end - 1) ? `the server sent another range than bytes ${start} to ${end - 1}`
    : '';
  if (!wrong) return;
  drop(response);
  throw new ChangedError(`${file.href}: ${wrong}`);
}

/** Says that a file is not the one any more that was asked for. */
export class ChangedError extends GanderError {
  /** @param {string} message */
  constructor(message) {
    super('io', message);
  }
}

/** @param {Response} response */
function contentRange(response) {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  return match ? { start: Number(match[1]), end: Number(match[2]), size: Number(match[3]) } : undefined;
}

/**
 * @param {string} href
 * @param {AbortSignal} signal
 */
async function sizeByHead(href, signal) {
  const response = await get(href, { signal, method: 'HEAD', headers: WHOLE }).catch(() => undefined);
  signal.throwIfAborted();
  if (!response || (response.status !== 200 && response.status !== 206)) return undefined;
  const encoded = response.headers.get('content-encoding') ?? 'identity';
  return encoded === 'identity' ? Number(response.headers.get('content-length') ?? NaN) || undefined : undefined;
}

/** Bytes that a chunk can have, where the browser reads into memory that it is given. */
const CHUNK = 1 << 18;

/**
 * Gives the chunks of a response's body as they come, each valid until the next. All share one memory where the browser can read into
 * it: fresh memory for each outgrew the model that came in it before it was collected.
 *
 * @param {Response} response
 * @param {string} href
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>}
 */
export async function* body(response, href, signal) {
  if (!response.body) return;
  const { read, cancel } = chunkReader(response.body);
  held.add(response);
  try {
    for (;;) {
      const { done, value } = await attempt(href, signal, read);
      if (done || !value) return;
      yield value;
    }
  } finally {
    held.delete(response);
    cancel().catch(() => {}); // it may have failed, and that was reported
  }
}

/**
 * The chunks of a whole file, from a server without ranges: of a response that is there, or of another. The caller tries again.
 *
 * @param {string} href
 * @param {AbortSignal} signal
 * @param {Parameters<typeof probe>[2]} [options]
 * @param {Response} [response]
 */
export async function wholeBody(href, signal, options, response) {
  response ??= (await probe(href, signal, { ...options, tries: 1 })).response;
  if (!response) throw new ChangedError(`${href}: the server changed its mind about Range requests`);
  return body(response, href, signal);
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {{read: () => Promise<{done: boolean, value?: Uint8Array<ArrayBuffer>}>, cancel: () => Promise<void>}}
 */
function chunkReader(stream) {
  const reader = byteReader(stream);
  if (!reader) {
    const plain = stream.getReader();
    return { read: () => plain.read(), cancel: () => plain.cancel() };
  }
  let memory = new ArrayBuffer(CHUNK);
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(memory)); // takes the memory away
      if (value) memory = value.buffer;
      return { done, value };
    },
    cancel: () => reader.cancel(),
  };
}

/**
 * Fetches, and turns a refusal into a GanderError. The HTTP cache is left out: it would keep a copy of its own, and serve ranges of one
 * file one after the other.
 *
 * @param {string} href
 * @param {RequestInit & {signal: AbortSignal}} init
 * @param {number[]} [accepted] further statuses that are no error
 */
async function get(href, init, accepted = []) {
  const givenUp = new AbortController(); // or the request would go on, and hold one of the six connections to a server
  const signal = AbortSignal.any([init.signal, givenUp.signal]);
  const response = await attempt(href, init.signal, () => fetch(href, { ...init, signal, cache: 'no-store' }), givenUp);
  if (response.ok || accepted.includes(response.status)) return response;
  drop(response);
  const { status } = response;
  throw new GanderError('network', `${href}: the server answered ${status} ${response.statusText}`.trimEnd(), { status });
}

/** @param {Response} response */
function drop(response) {
  response.body?.cancel().catch(() => {});
}

/**
 * Waits for a network operation, but not longer than for a stall. An abort passes through with its reason; any other failure is a
 * `network` error.
 *
 * @template T
 * @param {string} href
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} operation
 * @param {AbortController} [givenUp] is aborted after a stall
 * @returns {Promise<T>}
 */
async function attempt(href, signal, operation, givenUp) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stalled = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing came for ${patience.stall / 1000} seconds`));
      givenUp?.abort();
    }, patience.stall);
  });
  try {
    return await Promise.race([operation(), /** @type {Promise<never>} */ (stalled)]);
  } catch (cause) {
    signal.throwIfAborted();
    throw new GanderError('network', `${href}: the download failed: ${/** @type {Error} */ (cause).message}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs an operation until it succeeds, fails for good, or has failed too often in a row.
 *
 * @template T
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} operation
 * @param {number} [tries]
 * @returns {Promise<T>}
 */
export async function retried(signal, operation, tries = patience.tries) {
  for (let failures = 0; ; ) {
    try {
      return await operation();
    } catch (error) {
      signal.throwIfAborted();
      failures = error instanceof Error && progressed.has(error) ? 1 : failures + 1;
      if (!mayPass(error) || failures >= tries) throw error;
      await pause(patience.backoff * 2 ** (failures - 1), signal);
    }
  }
}

/** @param {unknown} error */
function mayPass(error) {
  if (!(error instanceof GanderError) || error.code !== 'network') return false;
  return error.status === undefined || error.status >= 500 || error.status === 408 || error.status === 429;
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve(undefined);
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
