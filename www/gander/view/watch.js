// Streams that the view follows.

/** @typedef {import('./trace.js').TraceToken} TraceToken */

/** The part of a Gander model that is used here. @typedef {Pick<import('../model.js').Model, 'info' | 'tokenize' | 'detokenize' | 'generate'>} WatchedModel */

/** @typedef {import('../options.js').GenerateOptions} GenerateOptions */

const BROKEN = '\u{fffd}'; // a part of a character
const LONGEST = 8; // tokens that make one

/**
 * The tokens of a prompt with their texts. A text alone may lose the space before it, so it is taken behind the first. Of the tokens that
 * make a character, the last has it and the others are empty, as in what `generate` gives.
 *
 * @param {WatchedModel} model
 * @param {string | number[] | Int32Array} prompt
 * @returns {Promise<TraceToken[]>}
 */
export async function promptTokens(model, prompt) {
  const ids = [...(typeof prompt === 'string' ? await model.tokenize(prompt) : prompt)];
  /** @type {number[]} The first token; the first ones, if they make a character. */
  const head = [];
  let before = '';
  for (const id of ids) {
    head.push(id);
    before = await model.detokenize(head);
    if (!before.endsWith(BROKEN) || head.length === LONGEST) break;
  }
  const behind = async (/** @type {number[]} */ some) => {
    const both = await model.detokenize([...head, ...some]);
    return both.startsWith(before) ? both.slice(before.length) : both;
  };
  const texts = new Map();
  await Promise.all([...new Set(ids)].map(async (id) => texts.set(id, await behind([id]))));
  const tokens = before === '' ? [] : head.map((id, i) => ({ id, text: i === head.length - 1 ? before : '' }));
  /** @type {number[]} What doesn't make a character yet. */
  let parts = [];
  for (const id of ids.slice(tokens.length)) {
    parts.push(id);
    const text = parts.length > 1 ? await behind(parts) : texts.get(id);
    const more = text.endsWith(BROKEN) && parts.length < LONGEST && tokens.length < ids.length - 1;
    tokens.push({ id, text: more ? '' : text });
    if (!more) parts = [];
  }
  return tokens;
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
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { seed, attention: { prompt, norms: true, maxBytes }, lens: { topK: 5 }, attribution: true, ...given, speculate: 0 };
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
