// @wllama/wllama, the newest. It takes prompts as text: one letter is one token in the vocabularies of these files. Times are its
// server's own.
import { Wllama } from '/modules/@wllama/wllama/esm/index.js';

const silent = { debug() {}, log() {}, warn() {}, error: console.error };

export async function open(files, { threads, context }) {
  const w = new Wllama({ default: '/modules/@wllama/wllama/esm/wasm/wllama.wasm' }, { suppressNativeLog: true, logger: silent });
  w.setCompat(null);
  await w.loadModel([files['model.gguf']], { n_threads: threads, n_ctx: context, n_gpu_layers: 0, n_parallel: 1 });
  return {
    async run(ids, steps) {
      const prompt = String.fromCharCode(...ids.map((id) => 97 + (id % 26)));
      const { timings: t } = await w.createCompletion({ prompt, max_tokens: steps + 1, temperature: 0, samplers: ['temperature'], ignore_eos: true, cache_prompt: false, stream: false });
      if (t.prompt_n !== ids.length || t.predicted_n !== steps + 1) throw new Error(`${t.prompt_n} tokens in and ${t.predicted_n} out instead of ${ids.length} and ${steps + 1}`);
      return { promptMs: t.prompt_ms, stepsMs: t.predicted_ms };
    },
  };
}
