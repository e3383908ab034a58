// The page's side of getting at a source: has it prepared once, for all workers, and heals what is kept and broken.

import { forget } from './cache.js';
import { GanderError } from './errors.js';

/**
 * Prepares a source in a worker and uses it. If what was kept turns out to be no working file, it is deleted, and downloaded once more
 * if it did not come just now. Where the server does not answer, it could not be.
 *
 * @template T
 * @param {import('./client.js').Client} client whose worker prepares
 * @param {import('./source.js').SourceSpec} spec
 * @param {{cache?: boolean, sha256?: string | string[]}} options
 * @param {AbortSignal | undefined} signal
 * @param {(event: import('./worker.js').CallEvent) => void} onEvent
 * @param {(source: import('./source.js').ReadySource) => Promise<T>} use
 * @returns {Promise<{value: T, kept: boolean, reason?: string}>}
 */
export async function withSource(client, spec, { cache = true, sha256 = [] }, signal, onEvent, use) {
  const request = { type: /** @type {const} */ ('prepare'), source: spec, options: { cache, sha256: [sha256].flat().map((hash) => hash.toLowerCase()) } };
  for (let again = false; ; again = true) {
    const { source, kept, reason, fresh, offline } = /** @type {import('./prepare.js').Prepared} */ (await client.call(request, signal, onEvent));
    try {
      return { value: await use(source), kept, reason };
    } catch (error) {
      if (!(error instanceof GanderError) || error.code !== 'bad_file' || !kept || (offline && !fresh)) throw error;
      await forget(source);
      if (fresh || again) throw error;
    }
  }
}
