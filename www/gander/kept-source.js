// Reads a kept model from the origin private file system.

import { GanderError } from './errors.js';
import { folder, openAccess } from './kept.js';
import { blobSource } from './source.js';

/**
 * @param {string} name of the entry
 * @param {number} size bytes
 * @returns {Promise<import('./source.js').Source>}
 */
export async function keptSource(name, size) {
  try {
    const handle = await (await folder())?.getFileHandle(`${name}.bin`);
    if (!handle) throw new Error('the browser no longer offers the folder');
    const access = await openAccess(handle, 'read-only');
    if (access) return accessSource(access, size);
    return blobSource(await handle.getFile());
  } catch (cause) {
    if (cause instanceof GanderError) throw cause;
    throw new GanderError('io', `the kept model cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/**
 * @param {import('./kept.js').Access} access
 * @param {number} size
 * @returns {import('./source.js').Source}
 */
function accessSource(access, size) {
  let buffer = new Uint8Array();
  return {
    size,
    async read(offset, length) {
      if (buffer.length < length) buffer = new Uint8Array(length);
      try {
        return buffer.subarray(0, access.read(buffer.subarray(0, length), { at: offset }));
      } catch (cause) {
        throw new GanderError('io', `the kept model cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
      }
    },
    close() {
      access.close();
      buffer = new Uint8Array();
    },
  };
}
