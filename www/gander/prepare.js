// Makes a source ready to be read by any number of workers, anywhere in the file: downloads what is to be kept, and finds out what the
// server can do. Runs in one worker, before any reads.

import { GanderError, loaded } from './errors.js';

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
 * @property {boolean} [offline] whether a server did not answer
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
  if (spec.kind === 'handle') {
    const { folderOfHandle } = await loaded(import('./folder.js'));
    return prepare(await folderOfHandle(spec.handle), options, signal, report);
  }
  if (spec.kind === 'base') {
    const { prepareBase } = await loaded(import('./prepare-url.js'));
    return prepareBase(spec.href, options, signal, report);
  }
  const files = spec.kind === 'parts' ? spec.parts : [spec];
  const { sha256 } = options;
  if (sha256.length > 0 && sha256.length !== files.length) {
    throw new GanderError('bad_option', `${sha256.length} SHA-256 for ${files.length} files`);
  }
  const done = { loaded: 0, total: 0 };
  /** @type {import('./source.js').ReadyFile[]} */
  const ready = [];
  /** @type {PreparedFile[]} */
  const prepared = [];
  const all = { kept: true, fresh: false, offline: false, reason: /** @type {string | undefined} */ (undefined) };
  for (const [i, file] of files.entries()) {
    let last = 0;
    const one = await prepareFile(file, { ...options, sha256: sha256[i] ?? '', offline: all.offline }, signal, (loaded, total) => {
      last = loaded;
      report(done.loaded + loaded, files.length === 1 ? total : 0); // how large the parts to come are is not known
    });
    const { source, kept, fresh, offline, reason } = one;
    prepared.push(one);
    done.loaded += last;
    ready.push(source);
    all.kept &&= kept;
    all.fresh ||= fresh;
    all.offline ||= offline ?? false;
    all.reason ??= reason;
  }
  notMixed(prepared);
  return { ...all, source: spec.kind === 'parts' ? { kind: 'parts', parts: ready, names: spec.names } : ready[0] };
}

/**
 * What is ready of one file.
 *
 * @typedef {{source: import('./source.js').ReadyFile, kept: boolean, fresh: boolean, replaced?: boolean, offline?: boolean, reason?: string}} PreparedFile
 */

/**
 * Throws if there is a new version of some files, and it is not known whether there is one of others.
 *
 * @param {PreparedFile[]} files
 */
export function notMixed(files) {
  if (!files.some(({ replaced }) => replaced) || !files.some(({ offline }) => offline)) return;
  throw new GanderError('network', 'the server has a new version of some files, and did not answer for others');
}

/**
 * @param {import('./source.js').FileSpec} spec
 * @param {{cache: boolean, sha256: string, peek?: boolean, offline?: boolean}} options
 * @param {AbortSignal} signal
 * @param {Report} report
 * @returns {Promise<PreparedFile>}
 */
async function prepareFile(spec, options, signal, report) {
  if (spec.kind === 'url') {
    const { prepareURL } = await loaded(import('./prepare-url.js'));
    return prepareURL(spec.href, options, signal, report);
  }
  if (options.sha256) {
    const { checkBlob } = await loaded(import('./sha256.js'));
    await checkBlob(spec.blob, options.sha256, 'the file', signal);
  }
  return { source: spec, kept: false, fresh: false, reason: 'it is a file of your own' };
}
