// Gander through its public API.
import { Gander } from '/gander/index.js';

export async function open(files, { threads, context }) {
  const model = await Gander.load(files['model.gguf'], { workers: threads, contextLength: context });
  return {
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
