// Checks what callers pass in, before any work: unknown options and wrong types are a TypeError, numbers out of range a RangeError;
// what contradicts another option has the code `bad_option`, as from the engine.

import { be, boolean, check, describe, given, number } from './checks.js';
import { GanderError } from './errors.js';
import { traceChecks, traceOptions } from './trace.js';

/** @typedef {import('./checks.js').Check} Check */

/**
 * How far a load has come. `phase` is 'engine' while the WebAssembly program starts, 'download' while a file is downloaded or a kept
 * one checked, and 'model' while it is read into the engine.
 *
 * @typedef {object} Progress
 * @property {'engine' | 'download' | 'model'} phase
 * @property {number} loaded bytes so far
 * @property {number} total bytes in all; 0 where that is not known
 */

/**
 * Options of `Gander.load`.
 *
 * @typedef {object} LoadOptions
 * @property {number} [contextLength] tokens that prompt and answer may have together; default: the model's own, at most 4096
 * @property {'f32' | 'int8'} [kvType] how the keys and values of a text are kept; int8 takes 9/32 of the memory and is a little less exact; default 'f32'
 * @property {'q8_0' | 'q5_1' | 'q5_0' | 'q4_1' | 'q4_0' | 'f16' | 'bf16' | 'f32'} [quantize] the type that matrices of floats get as they are read, so that a
 *   model of 16 bits takes less memory; `info.types` tells what came of it; default: that of the file
 * @property {'auto' | number} [workers] how many workers, of a core each, share the model, from 1 to 64; the results are the same with any number.
 *   'auto', the default, takes more than one where the model needs their memory, or where that is faster, which it measures
 * @property {boolean} [cache] whether to keep a downloaded model on this machine for the next visit, and to use a kept one; default true
 * @property {string | string[]} [sha256] what the SHA-256 of the file must be, in hexadecimal digits; of each file, for several
 * @property {AbortSignal} [signal] stops the load; the promise then rejects with the signal's reason
 * @property {(progress: Progress) => void} [onProgress] is told how far the load has come
 */

/**
 * Options of `Gander.inspect`. Of `workers` the default is 1; 'auto' is as few as have room for the model.
 *
 * @typedef {Pick<LoadOptions, 'contextLength' | 'kvType' | 'quantize' | 'workers' | 'signal'>} InspectOptions
 */

/**
 * Options of `model.generate` and `model.complete`.
 *
 * @typedef {object} GenerateOptions
 * @property {number} [maxTokens] stops after so many tokens; default: when the context is full
 * @property {'stop' | 'shift'} [overflow] what happens when the context is full. 'stop', the default, ends the answer, and a prompt that is too long
 *   is refused. With 'shift' the text has no end: the model forgets the older half of what it has seen, behind the first `keep` tokens, and
 *   goes on; of a prompt that is too long, the middle. Not for models with learned positions (gpt2)
 * @property {number} [keep] only with `overflow: 'shift'`: how many tokens at the beginning stay; default 4
 * @property {number} [temperature] 0 always takes the likeliest token; default 0.8
 * @property {number} [topK] keeps the K likeliest tokens; 0 keeps all; default 40
 * @property {number} [topP] keeps the likeliest tokens that together have this probability, in (0, 1]; default 0.95
 * @property {number} [minP] drops tokens less likely than this part of the likeliest one's probability, in [0, 1]; default 0.05
 * @property {number} [repetitionPenalty] divides the logits of recent tokens; 1 is off, the default
 * @property {number} [frequencyPenalty] is subtracted for each recent occurrence of a token; 0 is off, the default
 * @property {number} [presencePenalty] is subtracted from recent tokens; 0 is off, the default
 * @property {number} [penaltyWindow] how many tokens back the penalties look; default 64
 * @property {number} [seed] a whole number: the same seed, prompt, options and file give the same text everywhere; default: random
 * @property {string | string[]} [stop] strings that end the answer and are left out of it
 * @property {boolean} [ignoreEOS] goes on after the end-of-sequence token; default false
 * @property {boolean | number} [logprobs] adds `logprob` and the n likeliest tokens as `top`; true is 1
 * @property {number} [speculate] how many tokens may be guessed from the text so far and computed ahead, at most 64: the same text, faster
 *   where it repeats itself; 0 is off, the default
 * @property {number[] | Int32Array} [decoderTokens] of a model with an encoder and a decoder (`info.encoderDecoder`): what the answer begins
 *   with, its first token included; default: just that
 * @property {boolean | import('./trace.js').AttentionOptions} [attention] adds to each token what the model's heads looked at, as `attention`
 * @property {boolean | import('./trace.js').LensOptions} [lens] adds what each layer would have written, as `lens`
 * @property {boolean | import('./trace.js').ResidualOptions} [residual] adds the residual stream, as `residual`
 * @property {boolean} [attribution] adds which parts of the model moved the token's logit, as `attribution`
 * @property {import('./trace.js').Ablation[]} [ablate] heads that are switched off or scaled, in the prompt too
 * @property {AbortSignal} [signal] stops the generation; the call then rejects with the signal's reason
 */

/**
 * Options of `model.embed`.
 *
 * @typedef {object} EmbedOptions
 * @property {'mean' | 'cls' | 'last'} [pooling] how one vector is made of those of the tokens: their mean, the first one's or the last one's;
 *   default: as the model's file says, `info.pooling`
 * @property {boolean} [normalize] scales the vector to the length 1, so that a dot product of two is the cosine of their angle; default false
 * @property {AbortSignal} [signal] stops the computation; the call then rejects with the signal's reason
 */

/**
 * Options of `model.tokenize`.
 *
 * @typedef {object} TokenizeOptions
 * @property {boolean} [special] adds BOS and EOS as the model asks and recognises special tokens in the text; default true
 */

/**
 * Options of `model.applyChatTemplate`.
 *
 * @typedef {object} ChatTemplateOptions
 * @property {object[]} [tools] functions that the model may call, in the form that its template knows, most often OpenAI's
 * @property {object[]} [documents] texts to answer from
 * @property {boolean} [addGenerationPrompt] ends the prompt where the assistant's answer begins; default true
 * @property {Record<string, unknown>} [variables] further variables of the template, such as `enable_thinking`
 * @property {Date} [now] the time that the template sees; default: the present
 */

const signal = be('an AbortSignal', (v) => v instanceof AbortSignal);
const FLOAT_MAX = 3.4e38; // the engine computes in float32

/** The types that the engine can quantise to. */
const QUANTIZE = ['q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'f16', 'bf16', 'f32'];

/** @type {Record<string, Check>} */
const loadChecks = {
  contextLength: number(1, 2 ** 31 - 1, { integer: true }),
  kvType: be("'f32' or 'int8'", (v) => v === 'f32' || v === 'int8'),
  quantize: be(`one of ${QUANTIZE.join(', ')}`, (v) => typeof v === 'string' && QUANTIZE.includes(v)),
  workers: (name, value) => {
    if (typeof value !== 'number') be("'auto' or a number", (v) => v === 'auto')(name, value);
    else number(1, 64, { integer: true })(name, value);
  },
  cache: boolean,
  sha256: be('64 hexadecimal digits, or an array of such strings', (v) => [v].flat().every((s) => typeof s === 'string' && /^[0-9a-f]{64}$/i.test(s))),
  signal,
  onProgress: be('a function', (v) => typeof v === 'function'),
};

const { contextLength, kvType, quantize, workers } = loadChecks;

/** @type {Record<string, Check>} */
const inspectChecks = { contextLength, kvType, quantize, workers, signal };

/** @type {Record<string, Check>} */
const generateChecks = {
  maxTokens: number(1, 2 ** 31 - 1, { integer: true }),
  temperature: number(0, FLOAT_MAX),
  topK: number(0, 2 ** 31 - 1, { integer: true }),
  topP: number(0, 1, { exclusive: true }),
  minP: number(0, 1),
  repetitionPenalty: number(0, FLOAT_MAX, { exclusive: true }),
  frequencyPenalty: number(-FLOAT_MAX, FLOAT_MAX),
  presencePenalty: number(-FLOAT_MAX, FLOAT_MAX),
  penaltyWindow: number(0, 2 ** 31 - 1, { integer: true }),
  seed: number(0, Number.MAX_SAFE_INTEGER, { integer: true }),
  stop: (name, value) => [value].flat().forEach((text) => checkText(name, text)),
  ignoreEOS: boolean,
  logprobs: (name, value) => {
    if (typeof value !== 'boolean') number(0, 1000, { integer: true })(name, value);
  },
  overflow: be("'stop' or 'shift'", (v) => v === 'stop' || v === 'shift'),
  keep: number(0, 2 ** 31 - 1, { integer: true }),
  speculate: number(0, 64, { integer: true }),
  decoderTokens: (_, value) => void tokenIds(/** @type {number[]} */ (value)),
  ...traceChecks,
  signal,
};

/** @type {Record<string, Check>} */
const tokenizeChecks = { special: boolean };

const objects = be('an array of objects', (v) => Array.isArray(v) && v.every((x) => typeof x === 'object' && x !== null));

/** Names that variables of a template can't have: they have options, or come from the model. */
const TAKEN = ['messages', 'tools', 'documents', 'add_generation_prompt', 'bos_token', 'eos_token'];

/** @type {Record<string, Check>} */
const chatTemplateChecks = {
  tools: objects,
  documents: objects,
  addGenerationPrompt: boolean,
  variables: (name, value) => {
    be('an object', (v) => typeof v === 'object' && v !== null && !Array.isArray(v))(name, value);
    for (const taken of Object.keys(/** @type {object} */ (value))) {
      if (TAKEN.includes(taken)) throw new TypeError(`${name} can't have the name ${taken}`);
    }
  },
  now: be('a Date', (v) => v instanceof Date && !Number.isNaN(v.getTime())),
};

/** @type {Record<string, Check>} */
const logitsChecks = { signal };

const POOLING = ['mean', 'cls', 'last'];

/** @type {Record<string, Check>} */
const embedChecks = {
  pooling: be(`one of ${POOLING.join(', ')}`, (v) => typeof v === 'string' && POOLING.includes(v)),
  normalize: boolean,
  signal,
};

/**
 * Checks the options of `Gander.load`.
 *
 * @param {LoadOptions} options
 */
export function checkLoadOptions(options) {
  check('Gander.load', options, loadChecks);
}

/**
 * Checks the options of `Gander.inspect`.
 *
 * @param {InspectOptions} options
 */
export function checkInspectOptions(options) {
  check('Gander.inspect', options, inspectChecks);
}

/**
 * Checks the options of `model.tokenize`.
 *
 * @param {TokenizeOptions} options
 */
export function checkTokenizeOptions(options) {
  check('tokenize', options, tokenizeChecks);
}

/**
 * Checks the arguments of `model.applyChatTemplate` and gives the conversation as JSON, by the names that templates know.
 *
 * @param {import('./model.js').ChatMessage[]} messages
 * @param {ChatTemplateOptions} options
 * @returns {string}
 */
export function chatConversation(messages, options) {
  check('applyChatTemplate', options, chatTemplateChecks);
  objects('applyChatTemplate: messages', messages);
  if (messages.length === 0) throw new TypeError('applyChatTemplate: messages must not be empty');
  for (const { role } of messages) {
    if (typeof role !== 'string') throw new TypeError(`applyChatTemplate: the role of a message must be a string, not ${describe(role)}`);
  }
  const { tools, documents, addGenerationPrompt = true, variables } = options;
  const conversation = { ...variables, messages, tools, documents, add_generation_prompt: addGenerationPrompt };
  return JSON.stringify(conversation, (key, value) => {
    if (typeof value === 'string') checkText(`applyChatTemplate: ${key}`, value);
    return value;
  });
}

/**
 * Checks the options of `model.logits`.
 *
 * @param {{signal?: AbortSignal}} options
 */
export function checkLogitsOptions(options) {
  check('logits', options, logitsChecks);
}

/**
 * Checks the options of `model.embed` and gives what the engine takes.
 *
 * @param {EmbedOptions} options
 * @returns {Record<string, string | boolean>}
 */
export function embedOptions(options) {
  check('embed', options, embedChecks);
  const { pooling = '', normalize = false } = options;
  return { pooling, normalize };
}

/**
 * What the engine takes of the options of `model.generate`.
 *
 * @typedef {Record<string, number | boolean | string | string[] | object>} EngineOptions
 */

/**
 * Checks the options of `model.generate` and gives what the engine takes: no signal, `stop` as an array, `logprobs` as a number, a seed,
 * and of the traces objects.
 *
 * @param {GenerateOptions} options
 * @returns {EngineOptions}
 */
export function engineOptions(options) {
  check('generate', options, generateChecks);
  if (options.keep !== undefined && options.overflow !== 'shift') throw new GanderError('bad_option', "generate: keep does nothing without overflow: 'shift'");
  const { signal: _, stop, logprobs, seed, ...rest } = options;
  /** @type {Record<string, EngineOptions[string] | undefined>} */
  const all = {
    ...rest,
    ...traceOptions(options),
    stop: stop === undefined ? undefined : [stop].flat(),
    logprobs: logprobs === undefined ? undefined : Number(logprobs),
    seed: seed ?? crypto.getRandomValues(new Uint32Array(1))[0],
  };
  return /** @type {EngineOptions} */ (given(all));
}

/**
 * Checks token ids and gives them as an Int32Array of its own. Whether an id is in the vocabulary is for the engine to say.
 *
 * @param {ArrayLike<number>} ids
 * @returns {Int32Array}
 */
export function tokenIds(ids) {
  if (!Array.isArray(ids) && !(ids instanceof Int32Array)) {
    throw new TypeError(`token ids must be an Array or an Int32Array, not ${describe(ids)}`);
  }
  for (const id of ids) {
    if (!Number.isInteger(id)) throw new TypeError(`a token id must be a whole number, not ${describe(id)}`);
    if (id !== (id | 0)) throw new RangeError(`token id ${id} does not fit in 32 bits`);
  }
  return Int32Array.from(ids);
}

/**
 * Checks that `value` is a string that is text: without half a surrogate pair, which no UTF-8 can hold.
 *
 * @param {string} name
 * @param {unknown} value
 */
export function checkText(name, value) {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, not ${describe(value)}`);
  const at = value.search(/\p{Surrogate}/u);
  if (at >= 0) throw new TypeError(`${name} has half a surrogate pair at index ${at}, which is no character`);
}
