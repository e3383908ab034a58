// The search for heads that do something which has a name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn, scores } from '../../bench/lib/heads.mjs';

const words = ['', ' Tom', ' and', ' Lily', ' ran', '.', ' He', ' The'];
const text = (id) => words[id];

test('names', () => {
  assert.deepEqual([...namesIn([[0, 1, 2, 3, 4, 5, 7, 4], [0, 7, 2, 1]], text)], [3, 1]);
});

test('a head that follows a pattern gets all of it', () => {
  const tokens = [0, 2, 1, 2, 3, 4, 5, 6, 4, 1, 2];
  const size = tokens.length;
  const rows = (key) => tokens.map((_, query) => Array.from({ length: size }, (_, k) => Number(k === key(query))));
  const last = (query) => tokens.lastIndexOf(tokens[query], query - 1);
  const heads = { 'first token': () => 0, 'itself': (q) => q, 'previous token': (q) => q - 1, 'duplicate token': last, 'induction': (q) => last(q) + 1, 'pronoun to name': () => 4 };
  const found = scores([{ tokens, weights: Object.values(heads).map((key) => [rows(key)]) }], text);
  for (const [layer, name] of Object.keys(heads).entries()) assert.equal(found[name].heads[layer].weight, 1, name);
  assert.deepEqual([found['first token'].heads[0].most, found['first token'].heads[1].most], [1, 0]);
  assert.deepEqual([found['same name'].count, found['same name'].heads[3].weight, found['pronoun to name'].count, found['duplicate token'].count], [1, 1, 1, 4]);
  assert.equal(found['same name'].even, 1 / 10);
});
