// Gander through its public API, one worker.
import { Gander } from '/gander/index.js';

export async function open(blob) {
  const model = await Gander.load(blob, { workers: 1, contextLength: 2048 });
  return {
    vocab: model.info.vocabSize,
    async run(ids, steps) {
      const start = performance.now();
      let first, last;
      for await (const _ of model.generate(Int32Array.from(ids), { maxTokens: steps + 1, temperature: 0, ignoreEOS: true })) {
        last = performance.now();
        first ??= last;
      }
      return { promptMs: first - start, stepsMs: last - first };
    },
  };
}
