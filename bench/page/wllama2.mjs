// @wllama/wllama 2.3.1, one thread: the last version built with llama.cpp's own
// wasm kernels.
import { Wllama } from '/modules/wllama2/esm/index.js';

const silent = { debug() {}, log() {}, warn() {}, error: console.error };

export async function open(blob) {
  const w = new Wllama({
    'single-thread/wllama.wasm': '/modules/wllama2/esm/single-thread/wllama.wasm',
    'multi-thread/wllama.wasm': '/modules/wllama2/esm/multi-thread/wllama.wasm',
  }, { suppressNativeLog: true, logger: silent });
  await w.loadModel([blob], { n_threads: 1, n_ctx: 2048, n_batch: 2048 });
  return {
    vocab: w.getModelMetadata().hparams.nVocab,
    async run(ids, steps) {
      await w.kvClear();
      await w.samplingInit({ temp: 0 });
      let start = performance.now();
      await w.decode(ids, {});
      const promptMs = performance.now() - start;
      start = performance.now();
      for (let i = 0; i < steps; i++) {
        const { token } = await w.samplingSample();
        await w.samplingAccept([token]);
        await w.decode([token], {});
      }
      return { promptMs, stepsMs: performance.now() - start };
    },
  };
}
