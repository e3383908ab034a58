// @wllama/wllama, the newest, one thread. It takes prompts as text: one letter is
// one token in the vocabulary of these files. Times are its server's own.
import { Wllama } from '/modules/@wllama/wllama/esm/index.js';

const silent = { debug() {}, log() {}, warn() {}, error: console.error };

export async function open(blob) {
  const w = new Wllama({ default: '/modules/@wllama/wllama/esm/wasm/wllama.wasm' }, { suppressNativeLog: true, logger: silent });
  w.setCompat(null);
  await w.loadModel([blob], { n_threads: 1, n_ctx: 2048, n_gpu_layers: 0, n_parallel: 1 });
  return {
    vocab: 49152,
    async run(ids, steps) {
      const prompt = String.fromCharCode(...ids.map((id) => 97 + (id % 26)));
      const { timings: t } = await w.createCompletion({ prompt, max_tokens: steps + 1, temperature: 0, samplers: ['temperature'], ignore_eos: true, cache_prompt: false, stream: false });
      return { promptMs: (t.prompt_ms * ids.length) / t.prompt_n, stepsMs: (t.predicted_ms * steps) / Math.max(1, t.predicted_n - 1) };
    },
  };
}
