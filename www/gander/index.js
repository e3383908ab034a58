// Gander runs Transformer language models in the browser.
//
//   import { Gander } from './gander/index.js'
//   const model = await Gander.load('models/stories.gguf')
//   for await (const token of model.generate('Once upon a time')) document.body.append(token.text)
//   model.close()

import { cache } from './cache.js';
import { inspectModel, loadModel } from './model.js';

export { GanderError } from './errors.js';
export { Model } from './model.js';

/** The entry point. */
export const Gander = Object.freeze({
  load: loadModel,
  inspect: inspectModel,
  cache,
});

/**
 * @typedef {import('./cache.js').KeptFile} KeptFile
 * @typedef {import('./cache.js').KeptRoom} KeptRoom
 * @typedef {import('./errors.js').ErrorCode} ErrorCode
 * @typedef {import('./errors.js').MemoryNeeds} MemoryNeeds
 * @typedef {import('./model.js').ChatMessage} ChatMessage
 * @typedef {import('./model.js').Completion} Completion
 * @typedef {import('./model.js').FileInput} FileInput
 * @typedef {import('./model.js').FinishReason} FinishReason
 * @typedef {import('./model.js').GenerateEnd} GenerateEnd
 * @typedef {import('./model.js').Inspection} Inspection
 * @typedef {import('./model.js').ModelInfo} ModelInfo
 * @typedef {import('./model.js').SourceInput} SourceInput
 * @typedef {import('./model.js').Token} Token
 * @typedef {import('./model.js').TokenCandidate} TokenCandidate
 * @typedef {import('./model.js').Usage} Usage
 * @typedef {import('./options.js').ChatTemplateOptions} ChatTemplateOptions
 * @typedef {import('./options.js').EmbedOptions} EmbedOptions
 * @typedef {import('./options.js').GenerateOptions} GenerateOptions
 * @typedef {import('./options.js').InspectOptions} InspectOptions
 * @typedef {import('./options.js').LoadOptions} LoadOptions
 * @typedef {import('./options.js').Progress} Progress
 * @typedef {import('./options.js').TokenizeOptions} TokenizeOptions
 * @typedef {import('./trace.js').Ablation} Ablation
 * @typedef {import('./trace.js').Attention} Attention
 * @typedef {import('./trace.js').AttentionOptions} AttentionOptions
 * @typedef {import('./trace.js').Attribution} Attribution
 * @typedef {import('./trace.js').CrossAttention} CrossAttention
 * @typedef {import('./trace.js').LensLayer} LensLayer
 * @typedef {import('./trace.js').LensOptions} LensOptions
 * @typedef {import('./trace.js').Residual} Residual
 * @typedef {import('./trace.js').ResidualOptions} ResidualOptions
 */
