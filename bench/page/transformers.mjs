// @huggingface/transformers: model.generate with onnxruntime-web on the CPU. A streamer is called for each token.
import { AutoModelForCausalLM, BaseStreamer, env, Tensor } from '/modules/@huggingface/transformers/dist/transformers.min.js';

const ort = '/modules/onnxruntime-web/dist/ort-wasm-simd-threaded';

class Clock extends BaseStreamer {
  times = [];
  put() {
    this.times.push(performance.now());
  }
  end() {}
}

export async function open(files, { threads }) {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/';
  env.useBrowserCache = env.useWasmCache = false;
  env.fetch = async (url) => {
    const blob = files[String(url).replace(/^.*\/?model\//, '')];
    return blob ? new Response(blob, { headers: { 'content-length': blob.size } }) : new Response(null, { status: 404 });
  };
  env.backends.onnx.wasm.wasmPaths = { mjs: `${ort}.mjs`, wasm: `${ort}.wasm` };
  env.backends.onnx.wasm.numThreads = threads;
  const model = await AutoModelForCausalLM.from_pretrained('model', { dtype: 'q8', device: 'wasm' });
  return {
    async run(ids, steps) {
      const clock = new Clock();
      const start = performance.now();
      await model.generate({
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
        max_new_tokens: steps + 1,
        min_new_tokens: steps + 1,
        do_sample: false,
        eos_token_id: null,
        streamer: clock,
      });
      const [, first, ...rest] = clock.times; // it is first given the prompt itself
      if (rest.length !== steps) throw new Error(`${rest.length} tokens instead of ${steps}`);
      return { promptMs: first - start, stepsMs: (rest.at(-1) ?? first) - first };
    },
  };
}
