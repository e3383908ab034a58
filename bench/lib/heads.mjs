// Patterns that attention heads are known for, and how much of a head's weight follows each.

/**
 * A pattern: for a position that looks, the positions that it says are looked at, or none where it doesn't apply. `text` is the text of a
 * token, `names` the ids of tokens that are names.
 *
 * Previous token, duplicate token and induction heads: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; Olsson et
 * al. 2022, "In-context Learning and Induction Heads".
 *
 * @type {{name: string, what: string, keys: (ids: number[], query: number, names: Set<number>, text: (id: number) => string) => number[]}[]}
 */
export const patterns = [
  { name: 'first token', what: 'the weight on position 0', keys: () => [0] },
  { name: 'itself', what: 'the weight on the position itself', keys: (_, query) => [query] },
  { name: 'previous token', what: 'the weight one position back', keys: (_, query) => [query - 1] },
  { name: 'two back', what: 'the weight two positions back', keys: (_, query) => (query < 2 ? [] : [query - 2]) },
  { name: 'inside the word', what: 'from a later part of a word: the weight on its earlier parts', keys: (ids, query, _, text) => partsBefore(ids, query, text) },
  { name: 'sentence', what: 'the weight on this sentence', keys: (ids, query, _, text) => since(ids, query, text) },
  { name: 'full stop', what: 'the weight on the last full stop before', keys: (ids, query, _, text) => since(ids, query, text)[0] > 1 ? [since(ids, query, text)[0] - 1] : [] },
  { name: 'names', what: 'the weight on names', keys: (ids, query, names) => [...ids.keys()].filter((key) => key < query && names.has(ids[key])) },
  { name: 'duplicate token', what: 'from a token that was there before: the weight on where it was', keys: (ids, query) => before(ids, query) },
  { name: 'same name', what: 'from a name that was there before: the weight on where it was', keys: (ids, query, names) => (names.has(ids[query]) ? before(ids, query) : []) },
  { name: 'induction', what: 'from a token that was there before: the weight on what came after it then', keys: (ids, query) => before(ids, query).map((key) => key + 1).filter((key) => key < query) },
  { name: 'pronoun to name', what: 'from he, she, him, her, his: the weight on names', keys: (ids, query, names, text) => (/^ (he|she|him|her|his)$/i.test(text(ids[query])) ? [...ids.keys()].filter((key) => key < query && names.has(ids[key])) : []) },
];

/** Where a token was before. */
function before(ids, query) {
  return [...ids.keys()].filter((key) => key < query && ids[key] === ids[query]);
}

/** The earlier parts of the word that a token goes on with. */
function partsBefore(ids, query, text) {
  const keys = [];
  for (let key = query; key > 1 && /^[a-z]/.test(text(ids[key])); key--) keys.push(key - 1);
  return keys;
}

/** The positions of a sentence up to this one. */
function since(ids, query, text) {
  let first = query;
  while (first > 1 && !/^[.!?]/.test(text(ids[first - 1]))) first--;
  return Array.from({ length: query - first + 1 }, (_, i) => first + i);
}

/**
 * The tokens that are names: words with a capital that also occur where no sentence begins.
 *
 * @param {number[][]} texts
 * @param {(id: number) => string} text
 */
export function namesIn(texts, text) {
  const names = new Set();
  for (const ids of texts) {
    for (let i = 2; i < ids.length; i++) if (/^ [A-Z][a-z]+$/.test(text(ids[i])) && /[a-z,]$/.test(text(ids[i - 1]))) names.add(ids[i]);
  }
  return names;
}

/**
 * For each pattern, the mean weight that each head gives to the positions of the pattern, where it applies; and what that would be if the
 * weight were spread evenly.
 *
 * @param {{tokens: number[], weights: number[][][][]}[]} samples weights are [layer][head][query][key]
 * @param {(id: number) => string} text
 * @returns {Record<string, {even: number, count: number, heads: {layer: number, head: number, weight: number, most: number}[]}>} `most` is
 *   how often its largest weight is on the pattern
 */
export function scores(samples, text) {
  const names = namesIn(samples.map(({ tokens }) => tokens), text);
  const result = {};
  for (const { name, keys } of patterns) {
    let even = 0, count = 0;
    const sums = samples[0].weights.map((layer) => layer.map(() => 0)), hits = structuredClone(sums);
    for (const { tokens, weights } of samples) {
      for (let query = 1; query < tokens.length; query++) {
        const wanted = keys(tokens, query, names, text);
        if (wanted.length === 0) continue;
        count++;
        even += wanted.length / (query + 1);
        for (const [layer, heads] of weights.entries()) for (const [head, rows] of heads.entries()) {
          for (const key of wanted) sums[layer][head] += rows[query][key];
          if (wanted.includes(rows[query].indexOf(Math.max(...rows[query])))) hits[layer][head]++;
        }
      }
    }
    result[name] = { even: even / count, count, heads: sums.flatMap((heads, layer) => heads.map((sum, head) => ({ layer, head, weight: sum / count, most: hits[layer][head] / count }))) };
  }
  return result;
}
