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
 *   the end of the file, valid until the next read; reads come one at a time
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

/** How much of a Blob is read at a time, in bytes: large enough that asking costs little. */
const SLICE = 4 << 20;

/**
 * Reads a Blob or File slice by slice. While the engine works on one slice, the browser already fetches the next.
 *
 * @param {Blob} blob
 * @returns {Source}
 */
export function blobSource(blob) {
  /** @type {{start: number, bytes: Promise<Uint8Array>} | undefined} */
  let ahead;
  let start = 0;
  /** @type {Uint8Array} the slice at start */
  let bytes = new Uint8Array();

  /** @param {number} from */
  const fetchSlice = (from) => {
    const promise = blob.slice(from, from + SLICE).arrayBuffer().then((buffer) => new Uint8Array(buffer));
    promise.catch(() => {}); // reported when the slice is asked for
    return { start: from, bytes: promise };
  };

  return {
    size: blob.size,
    async read(offset, length) {
      const result = new Uint8Array(Math.max(0, Math.min(length, blob.size - offset)));
      for (let n = 0; n < result.length; ) {
        const at = offset + n;
        if (at < start || at >= start + bytes.length) {
          const slice = ahead?.start === at ? ahead : fetchSlice(at);
          ahead = undefined;
          letGo(bytes);
          try {
            bytes = await slice.bytes;
          } catch (cause) { // NotReadableError: the file changed or went away after it was picked
            throw new GanderError('io', `the file can no longer be read: ${/** @type {Error} */ (cause).message}`, { cause });
          }
          start = at;
          if (start + bytes.length < blob.size) ahead = fetchSlice(start + bytes.length);
        }
        const part = bytes.subarray(at - start, at - start + result.length - n);
        if (n === 0 && part.length === result.length) return part;
        result.set(part, n);
        n += part.length;
      }
      return result;
    },
    close() {
      ahead = undefined;
      letGo(bytes);
      bytes = new Uint8Array();
    },
  };
}

/**
 * Frees the memory of a slice at once: garbage collection alone lets tens of megabytes of them pile up during a load.
 *
 * @param {Uint8Array} bytes
 */
function letGo(bytes) {
  if (bytes.buffer instanceof ArrayBuffer && 'transfer' in bytes.buffer) bytes.buffer.transfer(0);
}
