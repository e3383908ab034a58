// Writes pieces of a model, and the journal that says which are there.

import { PIECE } from './kept.js';

/** The open files of a model that is being downloaded. */
export class PieceStore {
  /** Bytes of the file, as far as they are known. */
  end = 0;
  #data;
  #journal;
  #entry;

  /**
   * @param {import('./kept.js').Access} data
   * @param {import('./kept.js').Access} journal
   * @param {import('./kept.js').Entry} entry
   */
  constructor(data, journal, entry) {
    this.#data = data;
    this.#journal = journal;
    this.#entry = entry;
  }

  /** @param {number} piece */
  has(piece) {
    return this.#entry.pieces.has(piece);
  }

  /**
   * Writes a piece, and then the line that says so.
   *
   * @param {number} piece
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  async put(piece, bytes) {
    const hash = await digest(bytes);
    writeAll(this.#data, bytes, piece * PIECE);
    this.#data.flush();
    write(this.#journal, this.#entry, [[piece, hash]]);
    this.#entry.pieces.set(piece, hash);
  }
}

/**
 * Adds lines to a journal, over whatever a crash left half written.
 *
 * @param {import('./kept.js').Access} journal
 * @param {import('./kept.js').Entry} entry
 * @param {unknown[]} values
 */
export function write(journal, entry, values) {
  const bytes = new TextEncoder().encode(values.map((value) => JSON.stringify(value) + '\n').join(''));
  if (journal.getSize() > entry.length) journal.truncate(entry.length);
  writeAll(journal, bytes, entry.length);
  journal.flush();
  entry.length += bytes.length;
}

/**
 * @param {import('./kept.js').Access} file
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function writeAll(file, bytes, at) {
  // Not less: where there is no room, Chromium 156 returns the error's number, -7, as 4294967289.
  if (file.write(bytes, { at }) !== bytes.length) throw new DOMException('the disk, or what the browser gives to this site, is full', 'QuotaExceededError');
}

/**
 * The SHA-256 of a piece, in base64.
 *
 * @param {BufferSource} bytes
 */
export async function digest(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))));
}
