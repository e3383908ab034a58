// Streams that the view follows.

/** @typedef {import('./trace.js').TraceToken} TraceToken */

/** The part of a Gander model that is used here. @typedef {Pick<import('../model.js').Model, 'info' | 'tokenize' | 'detokenize' | 'generate'>} WatchedModel */

/** @typedef {import('../options.js').GenerateOptions} GenerateOptions */

/**
 * The tokens of a prompt with their texts. A text alone may lose the space before it, so it is taken behind another token.
 *
 * @param {WatchedModel} model
 * @param {string | number[] | Int32Array} prompt
 * @returns {Promise<TraceToken[]>}
 */
export async function promptTokens(model, prompt) {
  const ids = [...(typeof prompt === 'string' ? await model.tokenize(prompt) : prompt)];
  const texts = new Map();
  const before = ids.length > 0 ? await model.detokenize([ids[0]]) : '';
  await Promise.all([...new Set(ids)].map(async (id) => {
    const both = await model.detokenize([ids[0], id]);
    texts.set(id, both.startsWith(before) ? both.slice(before.length) : both);
  }));
  return ids.map((id, i) => ({ id, text: i === 0 && before !== '' ? before : texts.get(id) }));
}

/**
 * Bytes of the rows of a whole prompt.
 *
 * @param {{attentionLayers: number[], numHeads: number}} info
 * @param {number} length
 */
export function promptBytes({ attentionLayers, numHeads }, length) {
  return attentionLayers.length * numHeads * length * length * 4;
}

/**
 * What a generation is asked for so that the view has all that it shows. It has a seed, so that it can be written again. What is traced
 * must be computed step by step, so nothing is guessed ahead.
 *
 * @param {GenerateOptions} options
 * @param {boolean} prompt whether the rows of the prompt are wanted
 * @param {number} maxBytes that the rows of a token may take
 * @returns {GenerateOptions}
 */
export function tracing(options, prompt, maxBytes) {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  return { seed, attention: { prompt, norms: true, maxBytes }, lens: { topK: 5 }, attribution: true, ...options, speculate: 0 };
}

/**
 * Counts the tokens of a stream.
 *
 * @template T, R
 * @param {AsyncGenerator<T, R, void>} stream
 * @param {(count: number) => void} count
 * @returns {AsyncGenerator<T, R, void>}
 */
export async function* counted(stream, count) {
  try {
    let step = await stream.next();
    for (let n = 1; !step.done; n++, step = await stream.next()) {
      count(n);
      yield step.value;
    }
    return step.value;
  } finally {
    await stream.return(/** @type {R} */ (undefined)); // the loop was left
  }
}
