// Sources as a caller of Gander.load names them, in the form in which they cross to the worker.

import { folderOfFiles } from './folder.js';

/** @typedef {import('./source.js').FileSpec} FileSpec */
/** @typedef {import('./source.js').SourceSpec} SourceSpec */

/** The end of the name of a file of a split model: its number, and how many there are. */
const SPLIT = /-\d{5}-of-(\d{5})(?=\.gguf$)/;

/**
 * Turns what a caller gave to `Gander.load` into a SourceSpec. An ArrayBuffer (or a view of one) is copied into a Blob, which the
 * browser may keep on disk, so the caller's buffer stays usable and can be dropped. A URL of one part of a split model stands for all;
 * one that ends in a slash is a folder, and so are files with the names that the files of a folder have.
 *
 * @param {unknown} source
 * @returns {SourceSpec}
 */
export function sourceSpec(source) {
  if (isDirectory(source)) return { kind: 'handle', handle: source };
  if (typeof FileList !== 'undefined' && source instanceof FileList) return sourceSpec([...source]);
  if (Array.isArray(source)) {
    const folder = typeof File !== 'undefined' && source.every((file) => file instanceof File) ? folderOfFiles(source) : undefined;
    if (folder) return folder;
    if (source.length === 0) throw new TypeError('Gander.load: an array of no files');
    const parts = source.map((part) => fileSpec(part));
    return parts.length === 1 ? sourceSpec(source[0]) : { kind: 'parts', parts };
  }
  const spec = fileSpec(source);
  if (spec.kind !== 'url') return spec;
  const url = new URL(spec.href);
  if (url.pathname.endsWith('/')) return { kind: 'base', href: spec.href };
  const count = Number(SPLIT.exec(url.pathname)?.[1] ?? 1);
  if (count < 2) return spec;
  const { pathname } = url;
  const parts = Array.from({ length: count }, (_, i) => {
    url.pathname = pathname.replace(SPLIT, `-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}`);
    return { kind: /** @type {const} */ ('url'), href: url.href };
  });
  return { kind: 'parts', parts };
}

/**
 * @param {unknown} source
 * @returns {source is FileSystemDirectoryHandle}
 */
function isDirectory(source) {
  return typeof FileSystemDirectoryHandle !== 'undefined' && source instanceof FileSystemDirectoryHandle;
}

/**
 * @param {unknown} source
 * @returns {FileSpec}
 */
function fileSpec(source) {
  if (source instanceof Blob) return { kind: 'blob', blob: source };
  if (source instanceof ArrayBuffer || (ArrayBuffer.isView(source) && source.buffer instanceof ArrayBuffer)) {
    return { kind: 'blob', blob: new Blob([/** @type {ArrayBuffer} */ (source)]) };
  }
  if (source instanceof URL) return { kind: 'url', href: source.href };
  if (typeof source === 'string') return { kind: 'url', href: new URL(source, globalThis.document?.baseURI ?? globalThis.location?.href).href };
  throw new TypeError('Gander.load: the source must be a URL, a File, a Blob or an ArrayBuffer, an array of them, a FileList or a FileSystemDirectoryHandle');
}
