// A loaded model, as the page sees it. The work is done in a worker (worker.js), reached through a Client.

import { takeClient } from './client.js';
import { openModel } from './crew.js';
import { withSource } from './load.js';
import { chatConversation, checkInspectOptions, checkLoadOptions, checkLogitsOptions, checkText, checkTokenizeOptions, embedOptions, engineOptions, tokenIds } from './options.js';
import { sourceSpec } from './source-spec.js';

/**
 * What is known of a model. Sizes are in bytes, lengths in tokens.
 *
 * @typedef {object} ModelInfo
 * @property {string} architecture as in the file's `general.architecture`
 * @property {string} name as in the file's `general.name`
 * @property {string} description as in the file's `general.description`
 * @property {number} contextLength tokens that prompt and answer may have together
 * @property {number} trainContextLength the context length for which the model was trained
 * @property {number} vocabSize
 * @property {number} hiddenSize width of the residual stream
 * @property {number} numLayers
 * @property {number} numHeads
 * @property {number} numKVHeads
 * @property {number[]} attentionLayers the layers that have attention; in some architectures others have something else in its place
 * @property {number} headDim
 * @property {number} ffnSize
 * @property {number} parameters how many weights the model has
 * @property {number} fileSize
 * @property {Record<string, number>} types how many tensors there are of each GGML type
 * @property {string} mainType the GGML type of most values
 * @property {string} tokenizer as in the file's `tokenizer.ggml.model`
 * @property {boolean} encoder whether it has embeddings (`embed`) and writes nothing
 * @property {boolean} encoderDecoder whether an encoder reads the prompt, and the answer is a text of its own, such as a translation
 * @property {'mean' | 'cls' | 'last' | ''} pooling how `embed` makes one vector of a text, unless told otherwise
 * @property {'model' | 'chatml'} chatTemplate whose chat template `applyChatTemplate` takes: the model's, or ChatML where it has none
 * @property {Memory & Held} memory what the model takes of all workers together
 * @property {(Memory & Held)[]} workerMemory what it takes of each worker
 * @property {number} exchanges how often its workers exchange what they have computed, for a token
 * @property {number} workers how many workers share the model
 * @property {'none' | 'shared' | 'ports'} transport how they exchange what they compute: over shared memory, where the page is
 *   cross-origin isolated, or over message ports
 */

/** @typedef {{weights: number, kv: number, activations: number, total: number}} Memory what a model needs with a full context, in bytes, by arithmetic */

/**
 * @typedef {{engine: number}} Held bytes that the engine held, its program included, when the model was loaded: measured. WebAssembly
 *   memory never shrinks, so it is also the most that the load took. Of the keys and values only the beginning is in it: they are taken
 *   as the context fills.
 */

/**
 * What the header of a model file tells. Of a model that is not `supported`, for the `reason` that is given, only what does not depend on
 * understanding it is filled in, and the memory is all zero. `memoryLimit` is how many bytes one worker can have.
 *
 * @typedef {Omit<ModelInfo, 'workers' | 'transport' | 'memory' | 'workerMemory'>
 *   & {memory: Memory, workerMemory: Memory[], supported: boolean, reason?: string, memoryLimit: number}} Inspection
 */

/**
 * Where a model comes from: a URL (relative to the page), File, Blob or buffer; or an array of them, the files of a split model in any
 * order. The URL of one part of a split model (…-00001-of-00003.gguf) stands for all. A folder is a URL that ends in a slash, the files of
 * an `<input type="file" webkitdirectory>`, or what `showDirectoryPicker()` gives.
 *
 * @typedef {string | URL | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>} FileInput
 * @typedef {FileInput | FileInput[] | FileList | FileSystemDirectoryHandle} SourceInput
 */

/**
 * A message of a conversation. What else than the role a message may have is up to the model's chat template: `tool_calls`,
 * `reasoning_content`, …
 *
 * @typedef {{role: string, content?: string | null | Array<{type: string} & Record<string, unknown>>} & Record<string, unknown>} ChatMessage
 */

/**
 * @typedef {object} TokenCandidate
 * @property {number} id
 * @property {string} text as the vocabulary has it, where a space may be ▁ or Ġ
 * @property {number} logprob natural logarithm of its probability, before temperature and the other sampling steps
 */

/**
 * One token of an answer; with what the options `attention`, `lens`, `residual` and `attribution` add. The texts of all tokens joined are the answer. A token that is only a part of a character, or could be the
 * beginning of a stop string, comes when that is decided, and the text it held back is then in the token that decided it.
 *
 * @typedef {TokenOnly & import('./trace.js').Trace} Token
 */

/**
 * @typedef {object} TokenOnly
 * @property {number} id
 * @property {string} text
 * @property {number} [logprob] with the option `logprobs`: natural logarithm of the token's probability
 * @property {TokenCandidate[]} [top] with the option `logprobs`: the likeliest tokens, the likeliest first
 */

/**
 * Why an answer ended: 'length' (maxTokens, or the context is full and `overflow` is 'stop'), 'stop' (a stop string), 'eos' (the model ended it).
 *
 * @typedef {'length' | 'stop' | 'eos'} FinishReason
 */

/**
 * Counts of tokens.
 *
 * @typedef {object} Usage
 * @property {number} promptTokens
 * @property {number} completionTokens
 * @property {number} draftedTokens with the option `speculate`: how many tokens were guessed and computed ahead
 * @property {number} acceptedTokens how many of these were right
 * @property {number} forgottenTokens with `overflow: 'shift'`: how many tokens of the text, from its beginning on, the model sees no more
 */

/** @typedef {{finishReason: FinishReason, usage: Usage}} GenerateEnd how a generation ended */

/** @typedef {GenerateEnd & {text: string, tokens: Int32Array}} Completion a whole answer */

/**
 * Loads a model. From a URL, the file is downloaded first and kept for the next time, where the browser can do that (see
 * `model.kept`); a download that breaks off goes on at the next load.
 *
 * A load that fails leaves nothing behind, and the next one works. It rejects with a GanderError, with the reason of `signal`, or, for
 * wrong arguments, with a TypeError or RangeError.
 *
 * @param {SourceInput} source
 * @param {import('./options.js').LoadOptions} [options]
 * @returns {Promise<Model>}
 */
export async function loadModel(source, options = {}) {
  checkLoadOptions(options);
  const spec = sourceSpec(source);
  const { contextLength, kvType, quantize, workers = 'auto', signal, onProgress } = options;
  signal?.throwIfAborted();
  /** @param {import('./worker.js').CallEvent} event */
  const onEvent = (event) => {
    if (event.type === 'progress') onProgress?.(event.progress);
  };
  const { client, value, ...where } = await withSource(spec, options, signal, onEvent, (client, source) =>
    openModel(client, source, { contextLength, kvType, quantize }, workers, signal, onEvent),
  );
  const { info, ...crew } = value;
  return new Model(client, { .../** @type {ModelInfo} */ (info), ...crew }, where);
}

/**
 * Reads the header of a model file, and nothing else, and tells what the model is, whether this version can run it, and what memory it
 * would take. It rejects as `Gander.load` does.
 *
 * @param {SourceInput} source
 * @param {import('./options.js').InspectOptions} [options]
 * @returns {Promise<Inspection>}
 */
export async function inspectModel(source, options = {}) {
  checkInspectOptions(options);
  const spec = sourceSpec(source);
  const { contextLength, kvType, quantize, workers = 1, signal } = options;
  signal?.throwIfAborted();
  const client = takeClient();
  try {
    const request = {
      type: /** @type {const} */ ('inspect'),
      source: spec,
      options: { contextLength, kvType, quantize },
      workers,
    };
    return /** @type {Inspection} */ (await client.call(request, signal));
  } finally {
    client.release(signal?.aborted ?? false);
  }
}

/** A loaded model. Get one from `Gander.load`; close it to free its memory. */
export class Model {
  #client;

  /** What is known of the model: architecture, sizes, memory. */
  info;

  /** Whether the file is kept on this machine for the next time. */
  kept;

  /** @type {string | undefined} Why it is not kept. */
  whyNotKept;

  /**
   * @param {import('./client.js').Client} client
   * @param {ModelInfo} info
   * @param {{kept: boolean, reason?: string}} where
   * @internal
   */
  constructor(client, info, { kept, reason }) {
    this.#client = client;
    this.info = Object.freeze(info);
    this.kept = kept;
    this.whyNotKept = reason;
  }

  /**
   * Turns text into token ids. A lone surrogate in the text is an error.
   *
   * @param {string} text
   * @param {import('./options.js').TokenizeOptions} [options]
   * @returns {Promise<Int32Array>}
   */
  async tokenize(text, options = {}) {
    checkText('tokenize: text', text);
    checkTokenizeOptions(options);
    const ids = await this.#client.call({ type: 'tokenize', text, special: options.special ?? true });
    return /** @type {Int32Array} */ (ids);
  }

  /**
   * Turns token ids into text. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param {number[] | Int32Array} ids
   * @returns {Promise<string>}
   */
  async detokenize(ids) {
    return /** @type {string} */ (await this.#client.call({ type: 'detokenize', ids: tokenIds(ids) }));
  }

  /**
   * Makes the prompt of a conversation, with the chat template in the model's file, or ChatML where there is none (see
   * `info.chatTemplate`). Rejects with the code `template` where the template refuses, as many do roles in an order that they don't know.
   *
   * @param {ChatMessage[]} messages
   * @param {import('./options.js').ChatTemplateOptions} [options]
   * @returns {Promise<string>} the prompt, for `generate`
   */
  async applyChatTemplate(messages, options = {}) {
    const conversation = chatConversation(messages, options);
    const now = (options.now ?? new Date()).getTime();
    return /** @type {string} */ (await this.#client.call({ type: 'applyChatTemplate', conversation, now }));
  }

  /**
   * Computes the logits (before softmax) of the token that follows `ids`, in a context of its own.
   *
   * @param {number[] | Int32Array} ids at least one token
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Float32Array>} one logit for each token of the vocabulary
   */
  async logits(ids, options = {}) {
    checkLogitsOptions(options);
    const logits = await this.#client.call({ type: 'logits', ids: tokenIds(ids) }, options.signal);
    return /** @type {Float32Array} */ (logits);
  }

  /**
   * Computes the embedding of a text, a vector of `info.hiddenSize` numbers: the hidden states of its tokens, pooled. Any model has one; those
   * that were made for it, such as EmbeddingGemma, have good ones. Text is tokenized as by `tokenize`.
   *
   * @param {string | number[] | Int32Array} text
   * @param {import('./options.js').EmbedOptions} [options]
   * @returns {Promise<Float32Array>}
   */
  async embed(text, options = {}) {
    if (typeof text === 'string') checkText('embed: text', text);
    const checked = typeof text === 'string' ? text : tokenIds(text);
    const x = await this.#client.call({ type: 'embed', text: checked, options: embedOptions(options) }, options.signal);
    return /** @type {Float32Array} */ (x);
  }

  /**
   * Writes on from a prompt, token by token. The prompt is text, in which special tokens are recognised and to which BOS is added as
   * the model asks, unless it is there, or token ids, taken as they are. Each call starts from its prompt alone; what the prompt has in common with the
   * call before is not computed again. Generations of one model run one after the other, in the order in which they were first asked
   * for a token. Leaving the loop stops the generation.
   *
   * @param {string | number[] | Int32Array} prompt
   * @param {import('./options.js').GenerateOptions} [options]
   * @returns {AsyncGenerator<Token, GenerateEnd, void>} its return value tells how the answer ended
   */
  async *generate(prompt, options = {}) {
    if (typeof prompt === 'string') checkText('generate: prompt', prompt);
    const checked = typeof prompt === 'string' ? prompt : tokenIds(prompt);
    const request = { type: /** @type {const} */ ('generate'), prompt: checked, options: engineOptions(options) };
    return yield* this.#client.stream(request, options.signal);
  }

  /**
   * Writes on from a prompt and gives the whole answer.
   *
   * @param {string | number[] | Int32Array} prompt as for `generate`
   * @param {import('./options.js').GenerateOptions} [options]
   * @returns {Promise<Completion>}
   */
  async complete(prompt, options = {}) {
    const stream = this.generate(prompt, options);
    const ids = [];
    let text = '';
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) {
      ids.push(step.value.id);
      text += step.value.text;
    }
    const { usage, finishReason } = step.value;
    return { text, tokens: Int32Array.from(ids), usage, finishReason };
  }

  /** Ends the worker and frees its memory. Calls that are under way, and later ones, reject with the code `closed`. */
  close() {
    this.#client.close();
  }
}
