// A server for one file that fails in whatever way a test wants.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundledPath } from './models.js';

/** Bytes of a piece of a download (www/gander/kept.js). */
export const PIECE = 4 << 20;

/** The bundled model with junk behind its tensors, which no reader minds: large enough for several pieces. */
export function paddedModel(pieces = 5) {
  const model = readFileSync(bundledPath);
  return Buffer.concat([model, randomBytes(pieces * PIECE - 1000 - model.length)]);
}

/** A file, how it is served, and what was asked of it. Tests change the fields. */
export class FaultyFile {
  content = paddedModel();
  etag = '"v1"';
  ranges = true;
  /** What the server says the size is, if it lies. */
  size = undefined;
  /** Headers of every answer. */
  headers = {};
  /**
   * Is asked before each answer with the range that is wanted, undefined for the whole file; what it returns is done instead:
   * a status, 'cut' (some of the bytes, then the connection breaks), 'hold' (some of the bytes, then silence), or nothing. It may take its
   * time, and return a promise.
   *
   * @type {(range: {start: number, end: number} | undefined) => number | 'cut' | 'hold' | void | Promise<void>}
   */
  fault = () => {};
  /** The ranges that were answered, without probes of one byte. */
  asked = [];
  requests = 0;

  get sha256() {
    return createHash('sha256').update(this.content).digest('hex');
  }

  /** Bytes that were sent whole. */
  get sent() {
    return this.asked.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  handler = async (request, response) => {
    this.requests++;
    const { length } = this.content;
    const match = this.ranges && /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
    const current = !request.headers['if-range'] || request.headers['if-range'] === this.etag;
    const range = match && current ? { start: Number(match[1]), end: Math.min(Number(match[2]) + 1, length) } : undefined;
    const { start, end } = range ?? { start: 0, end: length };
    const fault = await this.fault(range);
    if (typeof fault === 'number') return response.writeHead(fault).end();
    response.writeHead(range ? 206 : 200, {
      'content-length': end - start,
      ...(this.etag && { etag: this.etag }),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${this.size ?? length}` }),
      ...this.headers,
    });
    const part = this.content.subarray(start, end);
    if (fault === 'cut') return response.write(part.subarray(0, Math.floor(Math.random() * part.length)), () => response.destroy());
    if (fault === 'hold') return void response.write(part.subarray(0, part.length >> 1));
    if (end - start > 1) this.asked.push({ start, end });
    response.end(part);
  };
}
