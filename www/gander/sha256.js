// SHA-256 of data that comes in pieces: WebCrypto's digest wants all of it at once, and models are gigabytes.
// FIPS 180-4, https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.180-4.pdf, §4.1.2, §4.2.2, §5 and §6.2.

import { GanderError } from './errors.js';

/** The fractional parts of the roots of the first primes: of cube roots K, of square roots the first state (§4.2.2, §5.3.3). */
const K = new Int32Array(64);
const FIRST = new Int32Array(8);
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  if (found < 8) FIRST[found] = fraction(n ** (1 / 2));
  K[found++] = fraction(n ** (1 / 3));
}

/** @param {number} x */
function fraction(x) {
  return ((x - Math.floor(x)) * 2 ** 32) | 0;
}

/** A hash in the making. */
export class Sha256 {
  #state = FIRST.slice();
  #w = new Int32Array(64);
  #rest = new Uint8Array(64);
  #length = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    let at = 0;
    const waiting = this.#length % 64;
    this.#length += bytes.length;
    if (waiting > 0) {
      at = Math.min(64 - waiting, bytes.length);
      this.#rest.set(bytes.subarray(0, at), waiting);
      if (waiting + at < 64) return;
      this.#blocks(this.#rest, 0, 64);
    }
    const end = at + ((bytes.length - at) & ~63);
    this.#blocks(bytes, at, end);
    this.#rest.set(bytes.subarray(end));
  }

  /** Ends the hash and gives it in hexadecimal digits. */
  digest() {
    const length = this.#length;
    const padding = new Uint8Array(72 - ((length + 8) % 64)); // a one, zeros, and the length in bits
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length % 2 ** 29) * 8);
    this.update(padding);
    return Array.from(this.#state, (x) => (x >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /**
   * @param {Uint8Array} p
   * @param {number} at
   * @param {number} end a multiple of 64 from at
   */
  #blocks(p, at, end) {
    const w = this.#w;
    let [h0, h1, h2, h3, h4, h5, h6, h7] = this.#state;
    for (; at < end; at += 64) {
      for (let t = 0, i = at; t < 16; t++, i += 4) w[t] = (p[i] << 24) | (p[i + 1] << 16) | (p[i + 2] << 8) | p[i + 3];
      for (let t = 16; t < 64; t++) {
        const x = w[t - 15];
        const y = w[t - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, h] = [h0, h1, h2, h3, h4, h5, h6, h7];
      for (let t = 0; t < 64; t++) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + (g ^ (e & (f ^ g))) + K[t] + w[t]) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
      }
      h0 = (h0 + a) | 0;
      h1 = (h1 + b) | 0;
      h2 = (h2 + c) | 0;
      h3 = (h3 + d) | 0;
      h4 = (h4 + e) | 0;
      h5 = (h5 + f) | 0;
      h6 = (h6 + g) | 0;
      h7 = (h7 + h) | 0;
    }
    this.#state.set([h0, h1, h2, h3, h4, h5, h6, h7]);
  }
}

/**
 * Checks the hash of a Blob.
 *
 * @param {Blob} blob
 * @param {string} want
 * @param {string} what
 * @param {AbortSignal} signal
 */
export async function checkBlob(blob, want, what, signal) {
  const sha = new Sha256();
  for (let at = 0; at < blob.size; at += 4 << 20) {
    signal.throwIfAborted();
    sha.update(new Uint8Array(await blob.slice(at, at + (4 << 20)).arrayBuffer()));
  }
  const got = sha.digest();
  if (got !== want) throw new GanderError('integrity', `${what}: the SHA-256 is ${got}, not ${want}`);
}
