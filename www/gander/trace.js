// What a generation can tell of the model's inside, and the options that ask for it. docs/trace.md says what each number is.

import { be, boolean, check, describe, given, number } from './checks.js';

/**
 * Which attention weights come with a token: those of the position that predicted it, the one before the token.
 *
 * @typedef {object} AttentionOptions
 * @property {number[]} [layers] default: all that have attention (`model.info.attentionLayers`)
 * @property {number[]} [heads] default: all
 * @property {number} [topK] how many of the largest weights of each query to give; 0, the default, gives all
 * @property {boolean} [prompt] with the first token come the weights of all positions of the prompt, which is computed anew; default false
 * @property {boolean} [norms] also the norm of what each head gave; default false
 * @property {number} [maxBytes] what a token's weights may take; an answer that could need more is refused; default 256 MiB
 */

/**
 * @typedef {object} LensOptions
 * @property {number} [topK] how many tokens for each layer, at most 1000; default, and with 0, 5
 * @property {number[]} [layers] default: all
 */

/**
 * @typedef {object} ResidualOptions
 * @property {number[]} [layers] default: all
 */

/** @typedef {{layer: number, head: number, scale?: number}} Ablation a head, and what its output is multiplied with; 0, the default, switches it off */

/**
 * The attention weights of some positions, the queries. The query at position p sees the keys 0 to p; the weights of later ones are 0.
 *
 * @typedef {object} Attention
 * @property {number[]} layers ascending
 * @property {number[]} heads ascending
 * @property {number} first the position of the first query
 * @property {number} queries how many there are
 * @property {number} keys `first + queries`
 * @property {Float32Array} weights [layers, heads, queries, keys]; with `topK` [layers, heads, queries, topK], the largest first
 * @property {Int32Array} [positions] with `topK`: the positions of the weights; where fewer are above 0, the rest is -1
 * @property {CrossAttention} [cross] of a model with an encoder and a decoder: what the same heads looked at in the source text
 * @property {Float32Array} [norms] with `norms`: [layers, heads, queries], the Euclidean norm of each head's output
 */

/**
 * The weights of cross-attention, for the same layers, heads and queries.
 *
 * @typedef {object} CrossAttention
 * @property {number} keys how many tokens the source text has
 * @property {Float32Array} weights [layers, heads, queries, keys]; with `topK` [layers, heads, queries, topK], the largest first
 * @property {Int32Array} [positions] with `topK`: the positions of the weights in the source text
 */

/**
 * The tokens that would follow if this layer were the last: the model's final norm and output applied to the residual stream behind it.
 * Their texts are as the vocabulary has them, where a space may be ▁ or Ġ.
 *
 * @typedef {{layer: number, top: {id: number, text: string, prob: number}[]}} LensLayer
 */

/**
 * The residual stream at the position that predicted the token.
 *
 * @typedef {object} Residual
 * @property {number[]} layers
 * @property {number} size its width
 * @property {Float32Array} values [layers, size], behind each layer
 */

/**
 * What each part of the model has in the token's logit. All parts sum to it, before a soft cap where the model has one.
 *
 * @typedef {object} Attribution
 * @property {number[]} layers those with attention
 * @property {number[]} heads
 * @property {Float32Array} values [layers, heads], of each head
 * @property {Float32Array} mlp of each layer of the model, the feed-forward network
 * @property {Float32Array} [mixer] of each layer of the model, what is there in place of attention; only where there are such layers
 * @property {number} embed of the embedding
 * @property {number} bias of the biases behind attention, of the final norm and of the output
 */

/**
 * What the options add to a token.
 *
 * @typedef {object} Trace
 * @property {Attention} [attention] with the option `attention`
 * @property {LensLayer[]} [lens] with the option `lens`
 * @property {Residual} [residual] with the option `residual`
 * @property {Attribution} [attribution] with the option `attribution`
 */

const whole = number(0, 2 ** 31 - 1, { integer: true });

/**
 * A list of layers or heads. Which there are is for the engine to say.
 *
 * @param {string} name
 * @param {unknown} value
 */
function indices(name, value) {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of numbers, not ${describe(value)}`);
  for (const index of value) number(-(2 ** 31), 2 ** 31 - 1, { integer: true })(name, index);
}

/**
 * An option that is true, false, or an object of options.
 *
 * @param {Record<string, import('./checks.js').Check>} checks
 * @returns {import('./checks.js').Check}
 */
function switchable(checks) {
  return (name, value) => {
    if (typeof value !== 'boolean') check(name, /** @type {object} */ (value), checks);
  };
}

/** @type {Record<string, import('./checks.js').Check>} */
const ablationChecks = { layer: whole, head: whole, scale: number(-3.4e38, 3.4e38) };

/** @type {Record<string, import('./checks.js').Check>} */
export const traceChecks = {
  attention: switchable({ layers: indices, heads: indices, topK: whole, prompt: boolean, norms: boolean, maxBytes: number(1, Number.MAX_SAFE_INTEGER, { integer: true }) }),
  lens: switchable({ topK: whole, layers: indices }),
  residual: switchable({ layers: indices }),
  attribution: boolean,
  ablate: (name, value) => {
    be('an array of objects', (v) => Array.isArray(v))(name, value);
    for (const ablation of /** @type {object[]} */ (value)) {
      check(name, ablation, ablationChecks);
      for (const key of ['layer', 'head']) whole(`${name}: ${key}`, /** @type {Record<string, unknown>} */ (ablation)[key]);
    }
  },
};

/**
 * The traces of the options of `model.generate`, which were checked, as the engine takes them.
 *
 * @param {import('./options.js').GenerateOptions} options
 * @returns {Record<string, object | boolean | undefined>}
 */
export function traceOptions({ attention, lens, residual, attribution, ablate }) {
  /** @param {boolean | object | undefined} option */
  const asked = (option) => (option === true ? {} : option ? given(option) : undefined);
  return { attention: asked(attention), lens: asked(lens), residual: asked(residual), attribution, ablate: ablate?.map(given) };
}
