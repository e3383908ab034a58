import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Sha256 } from '../../www/gander/sha256.js';

const hash = (...pieces) => {
  const sha = new Sha256();
  for (const piece of pieces) sha.update(piece);
  return sha.digest();
};

// https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
for (const [text, want] of [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
]) {
  test(`the vector "${text}"`, () => assert.equal(hash(new TextEncoder().encode(text)), want));
}

test("Node's hash, for every length up to three blocks, in pieces cut anywhere", () => {
  const bytes = randomBytes(200);
  for (let n = 0; n <= bytes.length; n++) {
    const want = createHash('sha256').update(bytes.subarray(0, n)).digest('hex');
    for (const cut of [0, n >> 1, Math.max(0, n - 1), Math.min(n, 64)]) assert.equal(hash(bytes.subarray(0, cut), bytes.subarray(cut, n)), want, `${cut} and ${n - cut} bytes`);
  }
});
