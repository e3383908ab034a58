// Compares a text written without speculation and with it.
import { Gander } from '/gander/index.js';

const PROMPT = 256; // tokens: a text that is to be changed, say
const STEPS = 160; // tokens
const DRAFTS = 64;

let model;

/** The best rates, in tokens a second, and counts of drafts in all rounds. Each round has a seed of its own. */
export async function compare({ options, rounds }) {
  model ??= await Gander.load(await (await fetch('/model/model.gguf')).blob(), { contextLength: 512 });
  const low = model.info.vocabSize >> 2, range = model.info.vocabSize >> 1;
  const ids = Int32Array.from({ length: PROMPT }, (_, i) => low + ((i * 7919) % range));
  async function write(seed, speculate) {
    const tokens = [];
    let first = 0;
    const stream = model.generate(ids, { ...options, seed, speculate, maxTokens: STEPS + 1, ignoreEOS: true });
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) {
      first ||= performance.now();
      tokens.push(step.value.id);
    }
    return { rate: (STEPS * 1000) / (performance.now() - first), tokens: tokens.join(), usage: step.value.usage };
  }
  await write(0, DRAFTS);
  const runs = [];
  for (let i = 1; i <= rounds; i++) {
    const order = i % 2 ? [0, DRAFTS] : [DRAFTS, 0];
    const [a, b] = [await write(i, order[0]), await write(i, order[1])];
    const [alone, ahead] = order[0] === 0 ? [a, b] : [b, a];
    if (alone.tokens !== ahead.tokens) throw new Error('the texts differ');
    runs.push({ without: alone.rate, with: ahead.rate, ...ahead.usage });
  }
  const of = (key) => runs.map((run) => run[key]);
  const sum = (key) => of(key).reduce((a, b) => a + b);
  return {
    without: Math.max(...of('without')), with: Math.max(...of('with')),
    drafted: sum('draftedTokens'), accepted: sum('acceptedTokens'),
  };
}
