// Makes files on servers ready to be read: downloads what is to be kept, and finds out what the server can do.

import { GanderError, isMissing } from './errors.js';
import { notMixed } from './prepare.js';
import { isQuota, keep } from './download.js';
import { WEIGHTS, at, folderOfURL } from './folder.js';
import { linkedHash, probe, readRange, retried, wholeBody } from './http.js';
import { entries, folder, keyOf } from './kept.js';
import { checkBlob } from './sha256.js';
import { openSource } from './source.js';

/** @typedef {import('./prepare.js').Prepared} Prepared */
/** @typedef {import('./prepare.js').PreparedFile} PreparedFile */
/** @typedef {import('./prepare.js').PrepareOptions} PrepareOptions */
/** @typedef {import('./download.js').Report} Report */
/** @typedef {import('./download.js').KeepOptions & {cache: boolean, peek?: boolean}} FileOptions */

/**
 * A folder on a server.
 *
 * @param {string} base
 * @param {PrepareOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<Prepared>}
 */
export async function prepareBase(base, options, signal, report) {
  if (options.sha256.length > 0) throw new GanderError('bad_option', 'sha256 is for files that are named one by one, not for a folder');
  let done = 0;
  let peeked = false; // whether what is kept will do: where weights are, so is all that was there
  if (options.peek) for (const name of WEIGHTS) peeked ||= (await keptFile(at(base, name))) !== undefined;
  let offline = /** @type {boolean | undefined} */ (undefined); // whether the first file, which must be there, is a kept one and the server did not answer, or with a page
  /** @type {unknown} */
  let doubt; // the failure of an optional file, of which nothing is kept, and which may only be out of reach
  const get = async (/** @type {string} */ href, /** @type {boolean} */ needed) => {
    const kept = peeked ? await keptFile(href) : undefined;
    if (kept || (peeked && !needed)) return kept;
    let last = 0;
    try {
      const how = { ...options, sha256: '', inFolder: true, optional: !needed, offline };
      const file = await prepareURL(href, how, signal, (loaded) => report(done + (last = loaded), 0));
      done += last;
      offline ??= file.offline ?? false;
      return file;
    } catch (error) {
      if (needed || !offline || isMissing(error) || !(error instanceof GanderError) || error.code !== 'network' || (await isKnown(href))) throw error;
      doubt ??= error;
      return undefined;
    }
  };
  const { names, files } = await folderOfURL(base, get, async ({ source: ready }) => {
    const source = await openSource(ready, signal);
    try {
      return Uint8Array.from(await source.read(0, source.size));
    } finally {
      source.close();
    }
  });
  if (doubt && files.some(({ fresh }) => fresh)) throw doubt; // weights come last: where they are kept, so is all that was there
  notMixed(files);
  return {
    source: { kind: 'parts', parts: files.map(({ source }) => source), names },
    kept: files.every(({ kept }) => kept),
    fresh: files.some(({ fresh }) => fresh),
    offline,
    reason: files.find(({ reason }) => reason)?.reason,
  };
}

/**
 * Whether a file was there when it was last asked for.
 *
 * @param {string} href
 */
const isKnown = async (href) => (await keptOf(href)).some(({ gone }) => !gone);

/**
 * What is kept of a file, the newest first.
 *
 * @param {string} href
 */
async function keptOf(href) {
  const dir = await folder();
  return dir ? entries(dir, await keyOf(href)) : [];
}

/**
 * A file as it is kept, if it is there whole.
 *
 * @param {string} href
 * @returns {Promise<PreparedFile | undefined>}
 */
async function keptFile(href) {
  const whole = (await keptOf(href)).filter(({ complete }) => complete).at(-1); // as without the server
  return whole && { source: { kind: 'kept', name: whole.name, size: Number(whole.size) }, kept: true, fresh: false };
}

/**
 * A file on a server.
 *
 * @param {string} href
 * @param {FileOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<PreparedFile>}
 */
export async function prepareURL(href, options, signal, report) {
  const { cache, peek, inFolder } = options;
  const whole = peek && !inFolder && (await keptFile(href));
  if (whole) return whole;
  let reason = cache ? '' : 'the option cache is false';
  const remote = /^https?:/.test(href); // what a blob: names is gone with the page
  const dir = remote && cache ? await folder() : undefined;
  if (cache && !remote) reason = 'it does not come from a server';
  else if (cache && !dir) reason = 'this browser offers no private file system here (a private window, or a page that is not served securely)';
  else if (dir) {
    try {
      const { name, size, ...how } = await keep(dir, href, options, signal, report);
      return { source: { kind: 'kept', name, size, doubtful: how.fresh || how.replaced }, kept: true, ...how };
    } catch (error) {
      signal.throwIfAborted();
      if (!isQuota(error) && !(error instanceof DOMException)) throw error; // what the network or the file is to blame for is a GanderError
      reason = `${isQuota(error) ? 'there is not enough room' : 'the browser failed to write it'}: ${/** @type {Error} */ (error).message}`;
    }
  }
  return { ...(await direct(href, options, signal, report)), kept: false, fresh: true, reason };
}

/**
 * A file that is read straight from the server, or, where that has no ranges or the whole is to be checked, from memory.
 *
 * @param {string} href
 * @param {FileOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<{source: import('./source.js').ReadyFile}>}
 */
async function direct(href, options, signal, report) {
  const { sha256, peek } = options;
  let { file, response } = await probe(href, signal, options);
  if (peek && response && file.size !== undefined) {
    response.body?.cancel().catch(() => {}); // a model may have more parts than the browser opens connections
    return { source: { kind: 'stream', href, size: file.size } };
  }
  if (file.size !== undefined && file.ranges && !sha256) return { source: { kind: 'range', file: { ...file, size: file.size } } };
  /** @type {Blob[]} Many small parts, which the browser may keep on disk. */
  const parts = [];
  let loaded = 0;
  const add = (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    parts.push(new Blob([bytes]));
    report((loaded += bytes.length), file.size ?? 0);
  };
  if (response) {
    await retried(signal, async () => { // one that breaks off begins anew
      const chunks = await wholeBody(href, signal, options, response);
      response = undefined;
      parts.length = loaded = 0;
      for await (const chunk of chunks) add(chunk);
      if (file.size !== undefined && loaded !== file.size) throw new GanderError('network', `${href}: the download ended after ${loaded} of ${file.size} bytes`);
    });
  } else {
    for (let at = 0, size = Number(file.size); at < size; at += 4 << 20) add(await readRange(file, at, Math.min(at + (4 << 20), size), signal));
  }
  const blob = new Blob(parts);
  const want = sha256 || file.sha256 || (await linkedHash(href, signal));
  if (want) await checkBlob(blob, want, href, signal);
  return { source: { kind: 'blob', blob } };
}
