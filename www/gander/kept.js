// The models that are kept in the origin private file system (OPFS), for the worker that downloads and for the page that lists them.
//
// A model is two files in the folder `gander`: NAME.bin, the bytes, and NAME.log, a journal with a JSON value on each line. NAME is a
// hash of the URL and a random part, so that a new version never writes over one that is being read.
//
//   {"version":1,"url":…,"size":…,"etag":…,"modified":…,"added":…}   the first line; size is absent where the server does not tell it
//   [3,"…"]                     piece 3 is on the disk, and its SHA-256 (base64)
//   [3]                         piece 3 was found damaged
//   {"gone":true}               the server has no such file any more, and the folder that it was in is without it
//   {"size":…,"stamp":…}        all pieces are there; the time of last change that the file had then
//   {"sha256":…}                the whole has this hash
//   {"used":…}                  when it was loaded
//
// Lines are only ever added, after what they speak of is on the disk; a line that a crash cut short is the last, and not counted.

/** Bytes of a piece: what is fetched, hashed and journaled together. */
export const PIECE = 4 << 20;

/**
 * What the journal says of a model.
 *
 * @typedef {object} Entry
 * @property {string} name of its files, without the ending
 * @property {string} url
 * @property {number | undefined} size bytes
 * @property {string} etag
 * @property {string} modified
 * @property {number} added time in ms
 * @property {number} used time in ms
 * @property {Map<number, string>} pieces the SHA-256 of each piece that is there
 * @property {boolean} complete
 * @property {boolean} gone
 * @property {number} stamp the data file's time of last change, once complete
 * @property {string} sha256 of the whole, if it was ever checked
 * @property {number} length bytes of the journal that count
 */

/**
 * The folder of kept models, or undefined where there is no OPFS.
 *
 * @returns {Promise<FileSystemDirectoryHandle | undefined>}
 */
export async function folder() {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle('gander', { create: true });
  } catch { // no such API, an insecure origin, a private window
    return undefined;
  }
}

/**
 * A FileSystemSyncAccessHandle, which only workers have.
 *
 * @typedef {object} Access
 * @property {(buffer: Uint8Array, options: {at: number}) => number} read
 * @property {(bytes: Uint8Array, options: {at: number}) => number} write
 * @property {(size: number) => void} truncate
 * @property {() => number} getSize
 * @property {() => void} flush
 * @property {() => void} close
 */

/**
 * Opens a file in a worker.
 *
 * @param {FileSystemFileHandle} handle
 * @param {'readwrite' | 'read-only'} mode in the second, several workers can have it open at once
 * @returns {Promise<Access | undefined>} undefined where the browser has no such mode
 */
export async function openAccess(handle, mode) {
  const { createSyncAccessHandle } = /** @type {{createSyncAccessHandle?: (options: {mode: string}) => Promise<Access>}} */ (/** @type {unknown} */ (handle));
  const { FileSystemSyncAccessHandle: type } = /** @type {{FileSystemSyncAccessHandle?: {prototype: object}}} */ (/** @type {unknown} */ (globalThis));
  if (!createSyncAccessHandle || (mode === 'read-only' && !(type && 'mode' in type.prototype))) return undefined;
  return createSyncAccessHandle.call(handle, { mode });
}

/** @param {string} url */
export async function keyOf(url) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url)));
  return Array.from(hash.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The name of the Web Lock that whoever changes the entries of a key holds.
 *
 * @param {string} key
 */
export const lockName = (key) => `gander.kept.${key}`;

/**
 * Reads a journal.
 *
 * @param {string} name
 * @param {string} text
 * @returns {Entry | undefined} undefined if it does not even begin well
 */
export function parseJournal(name, text) {
  /** @type {Entry | undefined} */
  let entry;
  let length = 0;
  for (const line of text.split('\n').slice(0, -1)) { // what follows the last line end was cut short
    let value;
    try {
      value = JSON.parse(line);
    } catch {
      break;
    }
    length += new TextEncoder().encode(line).length + 1;
    if (!entry) {
      if (value?.version !== 1 || typeof value.url !== 'string') return undefined;
      const { url, size, etag, modified, added } = value;
      entry = { name, url, size, etag, modified, added, used: added, pieces: new Map(), complete: false, gone: false, stamp: 0, sha256: '', length };
    } else if (Array.isArray(value)) {
      const [piece, hash] = value;
      if (hash) entry.pieces.set(piece, hash);
      else if (entry.pieces.delete(piece)) entry.complete = false;
    } else if (value?.gone) {
      Object.assign(entry, { complete: false, gone: true });
    } else if (value?.stamp !== undefined) {
      Object.assign(entry, { size: value.size, stamp: value.stamp, gone: false, complete: entry.pieces.size * PIECE >= value.size });
    } else {
      entry.sha256 = value?.sha256 ?? entry.sha256;
      entry.used = value?.used ?? entry.used;
    }
    entry.length = length;
  }
  return entry;
}

/**
 * All entries; of those with the key, where one is given.
 *
 * @param {FileSystemDirectoryHandle} dir
 * @param {string} [key]
 * @returns {Promise<Entry[]>}
 */
export async function entries(dir, key = '') {
  const found = [];
  for await (const [file, handle] of dir.entries()) {
    if (!file.startsWith(key) || !file.endsWith('.log')) continue;
    try {
      const text = await (await /** @type {FileSystemFileHandle} */ (handle).getFile()).text();
      const entry = parseJournal(file.slice(0, -4), text);
      if (entry) found.push(entry);
    } catch { // it was deleted meanwhile
    }
  }
  return found.sort((a, b) => b.added - a.added);
}

/**
 * Deletes all files with the key but those of the entries `except`. Files that are being read stay, and are deleted the next time.
 *
 * @param {FileSystemDirectoryHandle} dir
 * @param {string} key
 * @param {({name: string} | undefined)[]} [except]
 * @returns {Promise<number>} how many files stayed
 */
export async function sweep(dir, key, except = []) {
  let stayed = 0;
  const names = [];
  for await (const name of dir.keys()) {
    if (name.startsWith(key) && !except.some((entry) => entry && name.startsWith(entry.name))) names.push(name);
  }
  for (const name of names.sort()) { // the data before its journal: what stays is still known
    try {
      await dir.removeEntry(name);
    } catch (error) {
      if (/** @type {DOMException} */ (error).name === 'NotFoundError') continue;
      stayed++;
      if (name.endsWith('.bin')) names.splice(names.indexOf(name.replace(/bin$/, 'log')), 1);
    }
  }
  return stayed;
}
