// Compares writing a text without a trace and with each kind of it.
import { Gander } from '/gander/index.js';

const STEPS = 48; // tokens

/** What is reported of each token. */
const kinds = {
  none: {},
  attention: { attention: true },
  'attention, norms': { attention: { norms: true } },
  'attention, topK 8': { attention: { topK: 8 } },
  lens: { lens: true },
  residual: { residual: true },
  attribution: { attribution: true },
  'one head off': { ablate: [{ layer: 0, head: 0 }] },
};

/** The best rate of each kind in all rounds, in tokens a second, behind a prompt of so many tokens. */
export async function compare({ depth, rounds, workers }) {
  const model = await Gander.load(await (await fetch('/model/model.gguf')).blob(), { contextLength: depth + 2 * STEPS, workers });
  const low = model.info.vocabSize >> 2, range = model.info.vocabSize >> 1;
  const ids = Int32Array.from({ length: depth }, (_, i) => low + ((i * 7919) % range));
  async function write(options) {
    let first = 0;
    const texts = [];
    for await (const { id } of model.generate(ids, { ...options, temperature: 0, maxTokens: STEPS + 1, ignoreEOS: true })) {
      first ||= performance.now();
      texts.push(id);
    }
    return { rate: (STEPS * 1000) / (performance.now() - first), text: texts.join() };
  }
  const { text } = await write({});
  const best = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  for (let i = 0; i < rounds; i++) {
    const names = Object.keys(kinds);
    for (const kind of i % 2 ? names.reverse() : names) {
      const got = await write(kinds[kind]);
      if (!kinds[kind].ablate && got.text !== text) throw new Error(`${kind} changes the text`);
      best[kind] = Math.max(best[kind], got.rate);
    }
  }
  model.close();
  return best;
}
