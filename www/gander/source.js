// Where the bytes of a model come from. The engine reads every source through the same small interface, in pieces of a few MB, so that
// no ArrayBuffer ever holds a whole file.

import { byteReader, held } from './byte-reader.js';
import { GanderError, loaded } from './errors.js';

/**
 * A file that can be read in pieces.
 *
 * @typedef {object} Source
 * @property {number} size bytes in the whole file
 * @property {number[]} [parts] sizes, in bytes, of the files that it is made of; absent if it is one
 * @property {string[]} [names] names of these files, if they are a folder; absent if they are parts of one file
 * @property {(offset: number, length: number) => Promise<Uint8Array>} read gives the bytes [offset, offset + length), fewer only at
 *   the end of the file, valid until the next read; reads come one at a time
 * @property {() => void} [pause] lets go of the connection that it holds until the next read, if it holds one
 * @property {() => void} close lets go of what the source holds; reads must not follow
 */

/**
 * A source as a caller names it, in the form in which it crosses to the worker. Posting a Blob does not copy its bytes.
 *
 * @typedef {{kind: 'blob', blob: Blob} | {kind: 'url', href: string}} FileSpec
 * @typedef {FileSpec | {kind: 'parts', parts: FileSpec[], names?: string[]} | {kind: 'handle', handle: FileSystemDirectoryHandle} | {kind: 'base', href: string}} SourceSpec
 */

/**
 * A source that can be read anywhere by any number of workers at once: what `prepare` makes of a SourceSpec.
 *
 * @typedef {{kind: 'blob', blob: Blob}
 *   | {kind: 'kept', name: string, size: number, doubtful?: boolean}
 *   | {kind: 'range', file: import('./http.js').RemoteFile & {size: number}}
 *   | {kind: 'stream', href: string, size: number}} ReadyFile the last only for a header
 * @typedef {ReadyFile | {kind: 'parts', parts: ReadyFile[], names?: string[]}} ReadySource
 */

/**
 * Opens a source in a worker. Several workers may have the same one open.
 *
 * @param {ReadySource} ready
 * @param {AbortSignal} signal stops requests
 * @returns {Promise<Source>}
 */
export async function openSource(ready, signal) {
  if (ready.kind === 'blob') return blobSource(ready.blob);
  if (ready.kind === 'kept') return (await loaded(import('./kept-source.js'))).keptSource(ready.name, ready.size);
  if (ready.kind === 'stream') return (await loaded(import('./stream-source.js'))).streamSource(ready.href, ready.size, signal);
  if (ready.kind === 'range') return (await loaded(import('./range-source.js'))).rangeSource(ready.file, signal);
  const opening = await Promise.allSettled(ready.parts.map((part) => openSource(part, signal)));
  const sources = opening.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  for (const one of opening) {
    if (one.status === 'fulfilled') continue;
    for (const source of sources) source.close();
    throw one.reason;
  }
  return joinSources(sources, ready.names);
}

/**
 * Lays sources end to end.
 *
 * @param {Source[]} sources
 * @param {string[]} [names] of a folder
 * @returns {Source}
 */
export function joinSources(sources, names) {
  const parts = sources.map(({ size }) => size);
  let last = 0; // which was read last
  return {
    size: parts.reduce((sum, size) => sum + size, 0),
    parts,
    names,
    async read(offset, length) {
      let i = 0;
      for (; i < sources.length - 1 && offset >= parts[i]; i++) offset -= parts[i];
      if (i !== last) sources[last].pause?.();
      last = i;
      const bytes = await sources[i].read(offset, length);
      if (bytes.length === length || i === sources.length - 1) return bytes;
      const out = new Uint8Array(length); // it reaches into the next file, which only a reader of the bare bytes asks for
      out.set(bytes);
      const rest = await this.read(parts.slice(0, i + 1).reduce((sum, size) => sum + size, 0), length - bytes.length);
      out.set(rest, bytes.length);
      return out.subarray(0, bytes.length + rest.length);
    },
    close() {
      for (const source of sources) source.close();
    },
  };
}

/** The longest gap that is read over rather than jumped, in bytes: a jump opens a new stream. */
const GAP = 1 << 20;

/**
 * Reads a Blob or File. All reads share one buffer: fresh memory for each piece costs more than the reading itself, since the system
 * clears every page before it hands it out. While the engine works on a piece, the browser already fetches what follows.
 *
 * @param {Blob} blob
 * @returns {Source}
 */
export function blobSource(blob) {
  let buffer = new ArrayBuffer(0);
  /** @type {ReturnType<typeof openStream> | undefined} */
  let open;
  let at = 0; // where the open stream is

  const drop = () => {
    if (!open) return;
    open.close();
    open = undefined;
  };

  /** Reads the next n bytes of the stream into the beginning of the buffer. */
  const fill = async (/** @type {number} */ n) => {
    if (!open) throw new Error('no stream');
    if (buffer.byteLength < n) buffer = new ArrayBuffer(n);
    for (let have = 0; have < n; ) {
      const { done, value } = await open.read(new Uint8Array(buffer, have, n - have)); // takes the buffer away
      if (done) throw new Error(`it ends at byte ${at}`);
      buffer = value.buffer;
      have += value.length;
      at += value.length;
    }
  };

  return {
    size: blob.size,
    async read(offset, length) {
      const n = Math.max(0, Math.min(length, blob.size - offset));
      if (n === 0) return new Uint8Array(0);
      try {
        if (!open || offset < at || offset - at > GAP) {
          drop();
          open = openStream(blob.slice(offset));
          at = offset;
        }
        await fill(offset - at);
        await fill(n);
        return new Uint8Array(buffer, 0, n);
      } catch (cause) { // NotReadableError: the file changed or went away after it was picked
        drop();
        buffer = new ArrayBuffer(0);
        throw new GanderError('io', `the file can no longer be read: ${/** @type {Error} */ (cause).message}`, { cause });
      }
    },
    close() {
      drop();
      buffer = new ArrayBuffer(0);
    },
  };
}

/**
 * Opens a stream that reads into its caller's buffers; where the browser's Blobs have none, one that reads slices.
 *
 * @param {Blob} blob
 * @returns {{read: (view: Uint8Array<ArrayBuffer>) => Promise<{done: boolean, value: Uint8Array<ArrayBuffer>}>, close: () => void}}
 */
function openStream(blob) {
  const stream = blob.stream();
  const reader = byteReader(stream);
  if (!reader) return sliceReader(blob);
  held.add(stream);
  return {
    async read(view) {
      const { done, value } = await reader.read(view);
      return { done, value: value ?? view };
    },
    close() {
      held.delete(stream);
      reader.cancel().catch(() => {}); // it may have failed already, and that was reported
    },
  };
}

/**
 * Does as openStream with slices of the Blob.
 *
 * @param {Blob} blob
 * @returns {ReturnType<typeof openStream>}
 */
function sliceReader(blob) {
  let at = 0;
  return {
    async read(view) {
      const bytes = new Uint8Array(await blob.slice(at, at + view.length).arrayBuffer());
      at += bytes.length;
      view.set(bytes);
      return { done: bytes.length === 0, value: view };
    },
    close() {},
  };
}
