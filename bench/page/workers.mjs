// One model with several numbers of workers, in turns, in one page: rates in tokens a second.
import { Gander } from '/gander/index.js';
import { roofOfWorkers } from './roof.mjs';

/** A prompt of n ids, another for each salt, and `steps` tokens after it. */
async function once(model, salt, n, steps) {
  const ids = Int32Array.from({ length: n }, (_, i) => (i * 7919 + salt * 104729) % 256);
  const start = performance.now();
  let first, last;
  for await (const _ of model.generate(ids, { maxTokens: steps + 1, temperature: 0, ignoreEOS: true })) {
    last = performance.now();
    first ??= last;
  }
  return { prefill: (n * 1000) / (first - start), decode: steps && (steps * 1000) / (last - first) };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export async function measure({ counts, rounds, prompt, steps }) {
  const blob = await (await fetch('/model/model.gguf')).blob();
  const results = [];
  const chosen = await Gander.load(blob, { workers: 'auto', contextLength: 1024 });
  const auto = chosen.info.workers;
  chosen.close();
  const models = [];
  for (const workers of counts) {
    const start = performance.now();
    const model = await Gander.load(blob, { workers, contextLength: 1024 });
    results.push({ workers, transport: model.info.transport, load: performance.now() - start, weights: model.info.memory.weights, prefill: [], decode: [], roof: [] });
    models.push(model);
    await once(model, 0, 32, 16);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [i, model] of models.entries()) {
      const long = await once(model, round, prompt, 0);
      const short = await once(model, round, 2, steps);
      results[i].prefill.push(long.prefill);
      results[i].decode.push(short.decode);
    }
  }
  for (const model of models) model.close();
  for (const result of results) {
    for (let round = 0; round < 3; round++) result.roof.push(await roofOfWorkers(result.workers, 256, 300));
    for (const key of ['prefill', 'decode', 'roof']) result[key] = median(result[key]);
  }
  return { auto, results };
}
