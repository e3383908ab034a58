// The models that are kept between visits, as the page sees them: Gander.cache.

import { GanderError } from './errors.js';
import { entries, folder, keyOf, lockName, sweep } from './kept.js';

/**
 * A model, or a part of a split one, that is kept. Times are in ms, as from Date.now().
 *
 * @typedef {object} KeptFile
 * @property {string} url
 * @property {number | undefined} size bytes of the whole file; undefined while a server that does not tell it is still sending
 * @property {number} held bytes on the disk
 * @property {number} pieces of 4 MiB (the last may be smaller) that are on the disk for good
 * @property {boolean} complete false if the download was broken off; a load goes on with it
 * @property {string} etag what the server called this version; may be empty
 * @property {number} added when the download began
 * @property {number} used when it was last loaded
 */

/**
 * Room for all that the site keeps, in bytes. `models` is the part of `usage` that kept models take.
 *
 * @typedef {{models: number, usage: number, quota: number, persisted: boolean}} KeptRoom
 */

/** Kept models. Where the browser has no private file system (see `available`) nothing is kept and the list is empty. */
export const cache = Object.freeze({
  /** Whether this browser lets the page keep models. @returns {Promise<boolean>} */
  async available() {
    return (await folder()) !== undefined;
  },

  /**
   * The kept files, the newest first. An older version of one is there until a load has worked with the newer.
   *
   * @returns {Promise<KeptFile[]>}
   */
  async list() {
    const dir = await folder();
    if (!dir) return [];
    return Promise.all((await entries(dir)).map(async ({ name, url, size, complete, pieces, etag, added, used }) => {
      return { url, size, held: await heldBy(dir, `${name}.bin`), pieces: pieces.size, complete, etag, added, used };
    }));
  },

  /**
   * Deletes the file that was downloaded from a URL. Rejects with the code `busy` while it is being downloaded or read.
   *
   * @param {string | URL} url as in the list
   * @returns {Promise<boolean>} whether there was one
   */
  async delete(url) {
    const dir = await folder();
    if (!dir) return false;
    const key = await keyOf(new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href);
    const before = await entries(dir, key);
    await locked(key, () => sweep(dir, key));
    return before.length > 0;
  },

  /**
   * Deletes all kept files; rejects with the code `busy` if some are being downloaded or read, and those stay.
   *
   * @returns {Promise<void>}
   */
  async clear() {
    const dir = await folder();
    if (!dir) return;
    const keys = new Set();
    for await (const name of dir.keys()) keys.add(name.split(/[-.]/)[0]);
    /** @type {unknown} */
    let failed;
    for (const key of keys) await locked(key, () => sweep(dir, key)).catch((error) => (failed = error));
    if (failed) throw failed;
  },

  /**
   * The size of all kept files, in bytes.
   *
   * @returns {Promise<number>}
   */
  async size() {
    const dir = await folder();
    let sum = 0;
    if (dir) for await (const name of dir.keys()) sum += await heldBy(dir, name);
    return sum;
  },

  /**
   * How much room there is.
   *
   * @returns {Promise<KeptRoom>}
   */
  async estimate() {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    return { models: await cache.size(), usage, quota, persisted: (await navigator.storage?.persisted?.()) ?? false };
  },

  /**
   * Asks the browser not to delete what is kept when the disk runs short. Some ask the person; call it after a click.
   *
   * @returns {Promise<boolean>} whether it agreed
   */
  async persist() {
    return (await navigator.storage?.persist?.()) ?? false;
  },
});

/**
 * @param {FileSystemDirectoryHandle} dir
 * @param {string} name
 */
async function heldBy(dir, name) {
  try {
    return (await (await dir.getFileHandle(name)).getFile()).size;
  } catch { // it was deleted meanwhile, or never begun
    return 0;
  }
}

/**
 * Deletes files, unless somebody is at work on them.
 *
 * @param {string} key
 * @param {() => Promise<number>} work gives how many stayed
 */
async function locked(key, work) {
  const stayed = await navigator.locks.request(lockName(key), { ifAvailable: true }, (lock) => (lock ? work() : 1));
  if (stayed > 0) throw new GanderError('busy', 'the kept model is being downloaded or read');
}

/** @param {import('./source.js').ReadySource} source */
const keptFiles = (source) => (source.kind === 'parts' ? source.parts : [source]).flatMap((file) => (file.kind === 'kept' ? file : []));

/**
 * Forgets the kept files of a source that the engine found broken: those that no load has worked with, or, where there are none, all; but
 * not all where the server did not answer.
 *
 * @param {import('./source.js').ReadySource} source
 * @param {boolean} [offline]
 * @returns {Promise<boolean>} whether something was forgotten
 */
export async function forget(source, offline) {
  const dir = await folder();
  const files = keptFiles(source);
  const doubtful = files.filter((file) => file.doubtful);
  const broken = doubtful.length > 0 ? doubtful : offline ? [] : files;
  for (const { name } of broken) if (dir) await sweep(dir, name);
  return broken.length > 0;
}

/**
 * Deletes the versions that are older than those of a source with which a load has worked.
 *
 * @param {import('./source.js').ReadySource} source
 */
export async function deleteOlder(source) {
  const dir = await folder();
  for (const { name, doubtful } of keptFiles(source)) {
    if (!dir || !doubtful) continue;
    const key = name.split('-')[0];
    await locked(key, async () => {
      const all = await entries(dir, key); // the newest first
      const newest = all.findIndex((entry) => entry.name === name) + 1;
      return newest > 0 ? sweep(dir, key, all.slice(0, newest)) : 0;
    }).catch(() => {}); // somebody is at work on them: the next load does it
  }
}
