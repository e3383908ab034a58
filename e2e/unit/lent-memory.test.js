// Memory that is lent for the weights of tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LentMemory, takeOut } from '../../www/gander/lent-memory.js';

const LENT = 100_000; // bytes

test('memory that comes back is lent again, as long as it is large enough', () => {
  const lent = new LentMemory();
  const first = lent.take(LENT);
  assert.equal(first.length, LENT);
  assert.ok(first.buffer.byteLength > LENT);
  lent.giveBack(first.buffer);
  assert.equal(lent.take(LENT + 1000).buffer, first.buffer, 'the text grows');
  assert.notEqual(lent.take(LENT).buffer, first.buffer, 'it is away');
  lent.giveBack(first.buffer);
  const larger = lent.take(2 * LENT);
  assert.notEqual(larger.buffer, first.buffer);
  assert.ok(larger.buffer.byteLength > 2 * LENT);
});

test('no more than a few pieces wait', () => {
  const lent = new LentMemory();
  const buffers = Array.from({ length: 20 }, () => lent.take(LENT).buffer);
  for (const buffer of buffers) lent.giveBack(buffer);
  const again = Array.from({ length: 20 }, () => lent.take(LENT).buffer);
  assert.equal(again.filter((buffer) => buffers.includes(buffer)).length, 4);
});

test('little and very much are given away', () => {
  const lent = new LentMemory();
  for (const bytes of [0, 4, 1000, 2 ** 25]) assert.equal(lent.take(bytes).buffer.byteLength, bytes);
});

test('the page copies what was lent, and nothing else', () => {
  const lent = new LentMemory();
  const raw = lent.take(LENT);
  const weights = new Float32Array(raw.buffer, 0, LENT / 4).fill(0.5);
  const token = { attention: { weights } };
  assert.equal(takeOut(token), raw.buffer);
  assert.equal(token.attention.weights.buffer.byteLength, LENT);
  weights.fill(0);
  assert.ok(token.attention.weights.every((x) => x === 0.5));
  const own = { attention: { weights: new Float32Array(5) } };
  const { weights: before } = own.attention;
  assert.equal(takeOut(own), undefined);
  assert.equal(own.attention.weights, before);
  assert.equal(takeOut({}), undefined);
});
