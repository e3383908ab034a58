// @wllama/wllama 2.3.1: the last version built with llama.cpp's own wasm kernels.
import { Wllama } from '/modules/wllama2/esm/index.js';

const paths = {
  'single-thread/wllama.wasm': '/modules/wllama2/esm/single-thread/wllama.wasm',
  'multi-thread/wllama.wasm': '/modules/wllama2/esm/multi-thread/wllama.wasm',
};

export async function open(files, { threads, context }) {
  const log = [];
  const w = new Wllama(paths, { logger: { debug() {}, log() {}, warn: (...args) => log.push(args.join(' ')), error: (...args) => log.push(args.join(' ')) } });
  try {
    await w.loadModel([files['model.gguf']], { n_threads: threads, n_ctx: context, n_batch: context });
  } catch (error) {
    // The reason is in the log, not in the error.
    throw new Error(log.find((line) => /error loading model|unknown/.test(line)) ?? error.message);
  }
  return {
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
