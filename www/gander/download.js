// Downloads models into the origin private file system and keeps them whole. Runs in a worker, which alone has FileSystemSyncAccessHandle.
//
// Whoever works on a model holds its Web Lock, so that of two tabs one downloads and the other waits; a tab that is closed lets go of
// it, and the next goes on from the journal (kept.js).

import { GanderError, isGone } from './errors.js';
import { ChangedError, linkedHash, probe, readRange, retried, sameContent, wholeBody } from './http.js';
import { PIECE, entries, keyOf, lockName, openAccess, sweep } from './kept.js';
import { PieceStore, digest, write } from './piece-store.js';
import { Sha256 } from './sha256.js';

/** Pieces that are fetched at the same time. */
const PARALLEL = 4;

/** Pieces of a file that is thought whole which are compared with the journal at each load. */
const SAMPLES = 2;

/** @typedef {import('./kept.js').Entry} Entry */
/** @typedef {import('./http.js').RemoteFile} RemoteFile */
/** @typedef {(loaded: number, total: number) => void} Report */

/**
 * @typedef {object} KeepOptions
 * @property {string} sha256 what the file must have, or empty
 * @property {boolean} [inFolder] whether it is a file of a folder
 * @property {boolean} [optional] whether it is one that need not be there
 * @property {boolean} [offline] whether the server did not answer just now, or with a page: it is not asked for what is kept, and not for long for what is optional
 */

/**
 * Sees to it that a file is kept, whole and as the server has it now.
 *
 * @param {FileSystemDirectoryHandle} dir
 * @param {string} href
 * @param {KeepOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<{name: string, size: number, fresh: boolean, replaced: boolean, offline: boolean}>} the name of its files; whether it was
 *   downloaded just now; whether there is an older version, and no load has worked with this one yet; whether the server did not answer
 */
export async function keep(dir, href, options, signal, report) {
  const key = await keyOf(href);
  const channel = new BroadcastChannel(lockName(key));
  channel.onmessage = ({ data }) => report(data.loaded, data.total); // while another tab downloads
  try {
    return await navigator.locks.request(lockName(key), { signal }, async () => {
      channel.onmessage = null;
      const told = throttle((loaded, total) => {
        report(loaded, total);
        channel.postMessage({ loaded, total });
      });
      for (let attempt = 1; ; attempt++) {
        try {
          return await new Keeper(dir, key, href, options, signal, told).keep();
        } catch (error) {
          if (!(error instanceof ChangedError) || attempt >= 3) throw error; // the next attempt starts with what the server says now
        }
      }
    });
  } finally {
    channel.close();
  }
}

/**
 * @param {Report} report
 * @returns {Report}
 */
function throttle(report) {
  let last = 0;
  return (loaded, total) => {
    const now = performance.now();
    if (loaded !== total && now - last < 50) return;
    last = now;
    report(loaded, total);
  };
}

/** One attempt to keep one file. */
class Keeper {
  #dir;
  #key;
  #href;
  #options;
  #signal;
  #report;

  /**
   * @param {FileSystemDirectoryHandle} dir
   * @param {string} key
   * @param {string} href
   * @param {KeepOptions} options
   * @param {AbortSignal} signal
   * @param {Report} report
   */
  constructor(dir, key, href, options, signal, report) {
    this.#dir = dir;
    this.#key = key;
    this.#href = href;
    this.#options = options;
    this.#signal = signal;
    this.#report = report;
  }

  async keep() {
    const found = await entries(this.#dir, this.#key);
    const whole = found.filter(({ complete }) => complete).at(-1); // later ones are there because no load has found yet that they are a model
    let { file, response } = await this.#ask(whole);
    const same = (/** @type {RemoteFile} */ file) => found.find((candidate) => sameContent(candidate, file));
    let entry = file ? same(file) : whole;
    if (entry?.gone) Object.assign(entry, { complete: entry.pieces.size * PIECE >= Number(entry.size), stamp: 0 }); // it is back, and whole if all of it is still as it was
    if (entry?.complete) await this.#check(entry);
    if (entry?.complete && (!this.#options.sha256 || (await this.#hash(entry)) === this.#options.sha256)) {
      response?.body?.cancel().catch(() => {});
      await this.#note(entry, [{ used: Date.now() }]).catch((error) => {
        if (!isQuota(error)) throw error; // it can be read all the same
      });
      const replaced = whole !== undefined && whole !== entry;
      if (file) await sweep(this.#dir, this.#key, [entry, whole]); // else what came of a new version may be gone on with
      return { name: entry.name, size: Number(entry.size), fresh: false, replaced, offline: !file };
    }
    if (!file) { // it may only be slow
      const wrong = entry?.complete && new GanderError('integrity', `${this.#href}: the SHA-256 of the kept file is ${entry.sha256}, and the server cannot be reached`);
      ({ file, response } = await probe(this.#href, this.#signal, this.#options).catch((error) => {
        this.#signal.throwIfAborted();
        throw wrong || error;
      }));
      entry = same(file);
    }
    if (!file.ranges || entry?.complete) entry = undefined; // nothing to go on from; or whole and yet with another hash
    await sweep(this.#dir, this.#key, [entry, whole]); // an old version stays: whether the new one is a model is not known
    entry ??= await this.#create(file);
    try {
      await this.#download(entry, file, response);
    } catch (error) {
      if (!isQuota(error) || !whole || whole === entry || !file.ranges) throw error;
      const { missing, room } = await needs(entry);
      const left = room < missing ? room : PARALLEL * PIECE; // where a write failed all the same: a later piece than the next may have been it
      if (missing > Number(whole.size) + left) throw error;
      await sweep(this.#dir, this.#key, [entry]); // there is no room for both
      await this.#download(entry, file);
    }
    const want = this.#options.sha256 || file.sha256 || (await linkedHash(this.#href, this.#signal));
    if (want && (await this.#hash(entry)) !== want) {
      await sweep(this.#dir, this.#key, [whole]);
      throw new GanderError('integrity', `${this.#href}: the SHA-256 of the file is ${entry.sha256}, not ${want}`);
    }
    return { name: entry.name, size: Number(entry.size), fresh: true, replaced: whole !== undefined && whole !== entry, offline: false };
  }

  /**
   * Asks the server, but not for long, and without insisting, where there is a copy to use.
   *
   * @param {Entry | undefined} whole
   * @returns {Promise<{file?: RemoteFile, response?: Response}>}
   */
  async #ask(whole) {
    if (this.#options.offline && whole) return {};
    if (!whole && !(this.#options.offline && this.#options.optional)) return probe(this.#href, this.#signal, this.#options);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new GanderError('network', `${this.#href}: the server did not answer`)), 3000);
    try {
      return await probe(this.#href, AbortSignal.any([this.#signal, timeout.signal]), { ...this.#options, tries: 1 });
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!whole) throw error;
      if (!this.#options.optional || !isGone(error)) return {};
      await this.#note(whole, [{ gone: true }]); // it is none of the folder's files now; if it comes back, it may be here still
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {RemoteFile} file
   * @returns {Promise<Entry>}
   */
  async #create({ size, etag, modified }) {
    const name = `${this.#key}-${crypto.randomUUID().slice(0, 8)}`;
    const added = Date.now();
    /** @type {Entry} */
    const entry = { name, url: this.#href, size, etag, modified, added, used: added, pieces: new Map(), complete: false, gone: false, stamp: 0, sha256: '', length: 0 };
    await this.#note(entry, [{ version: 1, url: this.#href, size, etag, modified, added }]);
    return entry;
  }

  /**
   * Adds lines to the journal.
   *
   * @param {Entry} entry
   * @param {unknown[]} values
   */
  async #note(entry, values) {
    const journal = await this.#open(`${entry.name}.log`);
    try {
      write(journal, entry, values);
    } finally {
      journal.close();
    }
  }

  /** @param {string} file */
  async #open(file) {
    const handle = await this.#dir.getFileHandle(file, { create: true });
    for (let wait = 20; ; wait *= 2) {
      try {
        const access = await openAccess(handle, 'readwrite');
        if (!access) throw new GanderError('internal', 'downloads are for workers');
        return access;
      } catch (cause) {
        if (/** @type {DOMException} */ (cause).name !== 'NoModificationAllowedError') throw cause;
        if (wait > 2000) throw new GanderError('io', `${this.#href}: the kept copy is in use`, { cause });
        await new Promise((resolve) => setTimeout(resolve, wait)); // a worker that was ended just now may not have let go yet
      }
    }
  }

  /** @param {Entry} entry */
  async #data({ name }) {
    return (await this.#dir.getFileHandle(`${name}.bin`, { create: true })).getFile();
  }

  /**
   * Compares a file that should be whole with its journal: all of it if it has changed since, else a sample. Pieces that are damaged are
   * taken out, and the entry is then no longer complete.
   *
   * @param {Entry} entry
   * @returns {Promise<void>}
   */
  async #check(entry) {
    const data = await this.#data(entry);
    const untouched = data.size === entry.size && data.lastModified === entry.stamp;
    const pieces = [...entry.pieces.keys()].sort((a, b) => a - b);
    const chosen = untouched ? Array.from({ length: SAMPLES }, () => pieces[Math.floor(Math.random() * pieces.length)]) : pieces;
    /** @type {[number][]} */
    const damaged = [];
    for (const [i, piece] of chosen.entries()) {
      if (piece === undefined) continue;
      this.#signal.throwIfAborted();
      const bytes = await data.slice(piece * PIECE, (piece + 1) * PIECE).arrayBuffer();
      if ((await digest(bytes)) !== entry.pieces.get(piece)) damaged.push([piece]);
      if (!untouched) this.#report(i + 1, chosen.length);
    }
    if (damaged.length > 0 && untouched) { // who knows what else
      entry.stamp = 0;
      return this.#check(entry);
    }
    for (const [piece] of damaged) entry.pieces.delete(piece);
    if (damaged.length > 0 || data.size !== entry.size) entry.complete = false;
    if (damaged.length > 0) {
      entry.sha256 = '';
      await this.#note(entry, [...damaged, { sha256: '' }]);
    }
    if (entry.complete && !untouched) await this.#note(entry, [{ size: entry.size, stamp: data.lastModified }]);
  }

  /**
   * The SHA-256 of a whole file, computed once.
   *
   * @param {Entry} entry
   */
  async #hash(entry) {
    if (entry.sha256) return entry.sha256;
    const data = await this.#data(entry);
    const sha = new Sha256();
    for (let at = 0; at < data.size; at += PIECE) {
      this.#signal.throwIfAborted();
      sha.update(new Uint8Array(await data.slice(at, at + PIECE).arrayBuffer()));
      this.#report(Math.min(at + PIECE, data.size), data.size);
    }
    entry.sha256 = sha.digest();
    await this.#note(entry, [{ sha256: entry.sha256 }]);
    return entry.sha256;
  }

  /**
   * Fetches what is missing.
   *
   * @param {Entry} entry
   * @param {RemoteFile} file
   * @param {Response} [response] the whole file, from a server without ranges
   */
  async #download(entry, file, response) {
    const { missing, room } = await needs(entry);
    if (missing > room) {
      response?.body?.cancel().catch(() => {});
      throw new DOMException(`${missing} bytes are needed, and the browser has ${room} left for this site`, 'QuotaExceededError');
    }
    const data = await this.#open(`${entry.name}.bin`);
    const journal = await this.#open(`${entry.name}.log`);
    const store = new PieceStore(data, journal, entry);
    try {
      if (response) await this.#stream(store, file, response);
      else await this.#pieces(store, file);
      if (data.getSize() > store.end) data.truncate(store.end);
      data.flush();
    } finally {
      data.close();
      journal.close();
    }
    entry.size = store.end;
    entry.complete = true;
    await this.#note(entry, [{ size: entry.size, stamp: (await this.#data(entry)).lastModified }]);
  }

  /**
   * Fetches pieces, several at a time.
   *
   * @param {PieceStore} store
   * @param {RemoteFile} file
   */
  async #pieces(store, file) {
    const size = Number(file.size);
    const todo = Array.from({ length: Math.ceil(size / PIECE) }, (_, i) => i).filter((i) => !store.has(i));
    let loaded = size - todo.reduce((sum, i) => sum + Math.min(PIECE, size - i * PIECE), 0);
    this.#report(loaded, size);
    store.end = size;
    const failing = new AbortController();
    const signal = AbortSignal.any([this.#signal, failing.signal]);
    const work = async () => {
      const memory = new ArrayBuffer(PIECE);
      for (let i = todo.shift(); i !== undefined; i = todo.shift()) {
        const bytes = await readRange(file, i * PIECE, Math.min((i + 1) * PIECE, size), signal, (n) => this.#report((loaded += n), size), memory);
        await store.put(i, bytes);
      }
    };
    const workers = Array.from({ length: PARALLEL }, () => work().catch((error) => {
      failing.abort(error); // the first failure is the one that all end with
      throw error;
    }));
    await Promise.allSettled(workers); // nobody writes any more
    await Promise.all(workers);
  }

  /**
   * Takes a file as it comes. One that breaks off begins anew.
   *
   * @param {PieceStore} store
   * @param {RemoteFile} file
   * @param {Response} first
   */
  async #stream(store, file, first) {
    /** @type {Response | undefined} */
    let response = first;
    await retried(this.#signal, async () => {
      const chunks = await wholeBody(this.#href, this.#signal, this.#options, response);
      response = undefined;
      store.end = 0;
      let piece = new Uint8Array(PIECE);
      let have = 0;
      for await (let chunk of chunks) {
        for (; chunk.length > 0; ) {
          const part = chunk.subarray(0, PIECE - have);
          piece.set(part, have);
          have += part.length;
          chunk = chunk.subarray(part.length);
          this.#report(store.end + have, file.size ?? 0);
          if (have < PIECE) continue;
          await store.put(store.end / PIECE, piece);
          store.end += have;
          have = 0;
        }
      }
      if (have > 0) await store.put(store.end / PIECE, piece.subarray(0, have));
      store.end += have;
      if (file.size !== undefined && store.end !== file.size) {
        throw new GanderError('network', `${this.#href}: the server sent ${store.end} of ${file.size} bytes`);
      }
    });
  }
}

/**
 * How many bytes are still to come, and for how many the browser says that it has room.
 *
 * @param {Entry} entry
 */
async function needs({ size = 0, pieces }) {
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  return { missing: Math.max(0, size - pieces.size * PIECE), room: Math.max(0, quota - usage) };
}

/**
 * Whether an error says that there is no room.
 *
 * @param {unknown} error
 */
export function isQuota(error) {
  return error instanceof Error && error.name === 'QuotaExceededError'; // a DOMException; in newer browsers an error of its own
}
