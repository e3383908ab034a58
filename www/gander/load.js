// The page's side of getting at a source: has it prepared once, for all workers, and heals what is kept and broken.

import { deleteOlder, forget } from './cache.js';
import { takeClient } from './client.js';
import { GanderError } from './errors.js';

/**
 * Prepares a source in a worker and uses it. If what was kept turns out to be no working file, it is deleted, and downloaded once more
 * if it did not come just now. Where the server does not answer, it could not be: only what no load has worked with is deleted. The client
 * of an attempt that fails is given back: some of its calls may still be under way.
 *
 * @template T
 * @param {import('./source.js').SourceSpec} spec
 * @param {{cache?: boolean, sha256?: string | string[]}} options
 * @param {AbortSignal | undefined} signal
 * @param {(event: import('./worker.js').CallEvent) => void} onEvent
 * @param {(client: import('./client.js').Client, source: import('./source.js').ReadySource) => Promise<T>} use
 * @returns {Promise<{client: import('./client.js').Client, value: T, kept: boolean, reason?: string}>}
 */
export async function withSource(spec, { cache = true, sha256 = [] }, signal, onEvent, use) {
  const request = { type: /** @type {const} */ ('prepare'), source: spec, options: { cache, sha256: [sha256].flat().map((hash) => hash.toLowerCase()) } };
  for (let again = false; ; again = true) {
    const client = takeClient();
    /** @type {import('./prepare.js').Prepared | undefined} */
    let prepared;
    try {
      prepared = /** @type {import('./prepare.js').Prepared} */ (await client.call(request, signal, onEvent));
      const { source, kept, reason } = prepared;
      const value = await use(client, source);
      await deleteOlder(source);
      signal?.throwIfAborted();
      return { client, value, kept, reason };
    } catch (error) {
      client.release(signal?.aborted ?? false);
      if (!(error instanceof GanderError) || error.code !== 'bad_file' || !prepared?.kept) throw error;
      if (!(await forget(prepared.source, prepared.offline && !prepared.fresh)) || prepared.fresh || again) throw error;
    }
  }
}
