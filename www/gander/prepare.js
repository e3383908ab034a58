// Makes a source ready to be read by any number of workers, anywhere in the file: downloads what is to be kept, and finds out what the
// server can do. Runs in one worker, before any reads.

import { GanderError } from './errors.js';
import { isQuota, keep } from './download.js';
import { folderOfHandle, folderOfURL } from './folder.js';
import { body, linkedHash, probe, readRange } from './http.js';
import { entries, folder, keyOf } from './kept.js';
import { Sha256 } from './sha256.js';
import { openSource } from './source.js';

/**
 * @typedef {object} PrepareOptions
 * @property {boolean} cache whether to keep what is downloaded
 * @property {string[]} sha256 what the files must have: one for each, or none
 * @property {boolean} [peek] whether only the header will be read; then nothing is kept, and a server without ranges is not read to its end
 */

/**
 * @typedef {object} Prepared
 * @property {import('./source.js').ReadySource} source
 * @property {boolean} kept whether the model is on this machine for the next time
 * @property {string} [reason] why it is not
 * @property {boolean} fresh whether something was downloaded just now
 */

/** @typedef {import('./download.js').Report} Report */

/**
 * @param {import('./source.js').SourceSpec} spec
 * @param {PrepareOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report is told of bytes that are downloaded
 * @returns {Promise<Prepared>}
 */
export async function prepare(spec, options, signal, report) {
  if (spec.kind === 'handle') return prepare(await folderOfHandle(spec.handle), options, signal, report);
  if (spec.kind === 'base') return prepareBase(spec.href, options, signal, report);
  const files = spec.kind === 'parts' ? spec.parts : [spec];
  const { sha256 } = options;
  if (sha256.length > 0 && sha256.length !== files.length) {
    throw new GanderError('bad_option', `${sha256.length} SHA-256 for ${files.length} files`);
  }
  const done = { loaded: 0, total: 0 };
  /** @type {import('./source.js').ReadyFile[]} */
  const ready = [];
  const all = { kept: true, fresh: false, reason: /** @type {string | undefined} */ (undefined) };
  for (const [i, file] of files.entries()) {
    let last = 0;
    const { source, kept, fresh, reason } = await prepareFile(file, { ...options, sha256: sha256[i] ?? '' }, signal, (loaded, total) => {
      last = loaded;
      report(done.loaded + loaded, files.length === 1 ? total : 0); // how large the parts to come are is not known
    });
    done.loaded += last;
    ready.push(source);
    all.kept &&= kept;
    all.fresh ||= fresh;
    all.reason ??= reason;
  }
  return { ...all, source: spec.kind === 'parts' ? { kind: 'parts', parts: ready, names: spec.names } : ready[0] };
}

/**
 * A folder on a server.
 *
 * @param {string} base
 * @param {PrepareOptions} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<Prepared>}
 */
async function prepareBase(base, options, signal, report) {
  if (options.sha256.length > 0) throw new GanderError('bad_option', 'sha256 is for files that are named one by one, not for a folder');
  let done = 0;
  const get = async (/** @type {string} */ href) => {
    let last = 0;
    const file = await prepareFile({ kind: 'url', href }, { ...options, peek: false, sha256: '' }, signal, (loaded) => report(done + (last = loaded), 0));
    done += last;
    return file;
  };
  const { names, files } = await folderOfURL(base, get, async ({ source: ready }) => {
    const source = await openSource(ready, signal);
    try {
      return Uint8Array.from(await source.read(0, source.size));
    } finally {
      source.close();
    }
  });
  return {
    source: { kind: 'parts', parts: files.map(({ source }) => source), names },
    kept: files.every(({ kept }) => kept),
    fresh: files.some(({ fresh }) => fresh),
    reason: files.find(({ reason }) => reason)?.reason,
  };
}

/**
 * @param {import('./source.js').FileSpec} spec
 * @param {{cache: boolean, sha256: string, peek?: boolean}} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<{source: import('./source.js').ReadyFile, kept: boolean, fresh: boolean, reason?: string}>}
 */
async function prepareFile(spec, { cache, sha256, peek }, signal, report) {
  if (spec.kind === 'blob') {
    if (sha256) await checkBlob(spec.blob, sha256, 'the file', signal);
    return { source: spec, kept: false, fresh: false, reason: 'it is a file of your own' };
  }
  const { href } = spec;
  let reason = cache ? '' : 'the option cache is false';
  const dir = cache || peek ? await folder() : undefined;
  if (peek && dir) {
    const whole = (await entries(dir, await keyOf(href))).find(({ complete }) => complete);
    if (whole) return { source: { kind: 'kept', name: whole.name, size: Number(whole.size) }, kept: true, fresh: false };
  } else if (cache && !dir) reason = 'this browser offers no private file system here (a private window, or a page that is not served securely)';
  else if (dir) {
    try {
      const { name, size, fresh } = await keep(dir, href, sha256, signal, report);
      return { source: { kind: 'kept', name, size }, kept: true, fresh };
    } catch (error) {
      if (!isQuota(error)) throw error;
      reason = `there is not enough room: ${/** @type {Error} */ (error).message}`;
    }
  }
  return { ...(await direct(href, { sha256, peek }, signal, report)), kept: false, fresh: true, reason };
}

/**
 * A file that is read straight from the server, or, where that has no ranges or the whole is to be checked, from memory.
 *
 * @param {string} href
 * @param {{sha256: string, peek?: boolean}} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<{source: import('./source.js').ReadyFile}>}
 */
async function direct(href, { sha256, peek }, signal, report) {
  const { file, response } = await probe(href, signal);
  if (peek && response && file.size !== undefined) return { source: { kind: 'stream', response, href, size: file.size } };
  if (file.size !== undefined && file.ranges && !sha256) return { source: { kind: 'range', file: { ...file, size: file.size } } };
  /** @type {Blob[]} Many small parts, which the browser may keep on disk. */
  const parts = [];
  let loaded = 0;
  const add = (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    parts.push(new Blob([bytes]));
    report((loaded += bytes.length), file.size ?? 0);
  };
  if (response) {
    for await (const chunk of body(response, href, signal)) add(chunk);
  } else {
    for (let at = 0, size = Number(file.size); at < size; at += 4 << 20) add(await readRange(file, at, Math.min(at + (4 << 20), size), signal));
  }
  if (file.size !== undefined && loaded !== file.size) throw new GanderError('network', `${href}: the download ended after ${loaded} of ${file.size} bytes`);
  const blob = new Blob(parts);
  const want = sha256 || file.sha256 || (await linkedHash(href, signal));
  if (want) await checkBlob(blob, want, href, signal);
  return { source: { kind: 'blob', blob } };
}

/**
 * @param {Blob} blob
 * @param {string} want
 * @param {string} what
 * @param {AbortSignal} signal
 */
async function checkBlob(blob, want, what, signal) {
  const sha = new Sha256();
  for (let at = 0; at < blob.size; at += 4 << 20) {
    signal.throwIfAborted();
    sha.update(new Uint8Array(await blob.slice(at, at + (4 << 20)).arrayBuffer()));
  }
  const got = sha.digest();
  if (got !== want) throw new GanderError('integrity', `${what}: the SHA-256 is ${got}, not ${want}`);
}
