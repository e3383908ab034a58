// Where the bytes of a model come from. The engine reads every source through the same small interface, in pieces of a few MB, so that
// no ArrayBuffer ever holds a whole file.

import { GanderError } from './errors.js';
import { openURL } from './url-source.js';

/**
 * A file that can be read in pieces.
 *
 * @typedef {object} Source
 * @property {number} size bytes in the whole file
 * @property {(offset: number, length: number) => Promise<Uint8Array>} read gives the bytes [offset, offset + length), fewer only at
 *   the end of the file; reads come one at a time
 * @property {() => void} close lets go of what the source holds; reads must not follow
 */

/**
 * A source in the form in which it crosses to the worker. Posting a Blob does not copy its bytes.
 *
 * @typedef {{kind: 'blob', blob: Blob} | {kind: 'url', href: string}} SourceSpec
 */

/**
 * Turns what a caller gave to `Gander.load` into a SourceSpec. An ArrayBuffer (or a view of one) is copied into a Blob, which the
 * browser may keep on disk, so the caller's buffer stays usable and can be dropped.
 *
 * @param {unknown} source
 * @returns {SourceSpec}
 */
export function sourceSpec(source) {
  if (source instanceof Blob) return { kind: 'blob', blob: source };
  if (source instanceof ArrayBuffer || (ArrayBuffer.isView(source) && source.buffer instanceof ArrayBuffer)) {
    return { kind: 'blob', blob: new Blob([/** @type {ArrayBuffer} */ (source)]) };
  }
  if (source instanceof URL) return { kind: 'url', href: source.href };
  if (typeof source === 'string') return { kind: 'url', href: new URL(source, globalThis.document?.baseURI ?? globalThis.location?.href).href };
  throw new TypeError('Gander.load: the source must be a URL, a File, a Blob or an ArrayBuffer');
}

/**
 * Opens a source in the worker.
 *
 * @param {SourceSpec} spec
 * @param {AbortSignal} signal stops a download
 * @param {(loaded: number, total: number) => void} onDownload is told of bytes that must arrive before the first read
 * @returns {Promise<Source>}
 */
export async function openSource(spec, signal, onDownload) {
  return spec.kind === 'blob' ? blobSource(spec.blob) : openURL(spec.href, signal, onDownload);
}

/**
 * Reads a Blob or File slice by slice.
 *
 * @param {Blob} blob
 * @returns {Source}
 */
export function blobSource(blob) {
  return {
    size: blob.size,
    async read(offset, length) {
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) { // NotReadableError: the file changed or went away after it was picked
        throw new GanderError('io', `the file can no longer be read: ${/** @type {Error} */ (cause).message}`, { cause });
      }
    },
    close() {},
  };
}
