// A decoder of SmolLM2-135M's shape with random weights, as ONNX for transformers.js, in the form that published models have with
// dtype q8: dynamic int8 quantisation of the matrices' inputs, GroupQueryAttention with the cache as inputs and outputs, a float32
// table of embeddings. Only the last position's logits are computed.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Float, FLOAT, Graph, INT32, INT64, INT8 } from './onnx.mjs';

const size = { layers: 30, hidden: 576, heads: 9, kvHeads: 3, headDim: 64, ffn: 1536, vocab: 49152, context: 4096, ropeBase: 100000 };
const epsilon = new Float(1e-5);
const MICROSOFT = 'com.microsoft';

/** The files of the model, by their names in a folder. */
export const onnxFiles = ['config.json', 'generation_config.json', 'onnx/model_quantized.onnx'];

/** Writes them into a folder. */
export function writeOnnx(folder) {
  const config = {
    architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: size.hidden, intermediate_size: size.ffn, num_hidden_layers: size.layers,
    num_attention_heads: size.heads, num_key_value_heads: size.kvHeads, head_dim: size.headDim, vocab_size: size.vocab,
    max_position_embeddings: size.context, rope_theta: size.ropeBase, rms_norm_eps: epsilon.value, bos_token_id: 0, eos_token_id: 0, tie_word_embeddings: true,
  };
  const contents = [JSON.stringify(config), JSON.stringify({ bos_token_id: 0, eos_token_id: 0 }), decoder().encode()];
  for (const [i, name] of onnxFiles.entries()) { // the model comes last: where it is, all is
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, contents[i]);
    renameSync(`${path}.part`, path);
  }
}

/** Pseudo-random numbers in [-1, 1): Knuth and Lewis' generator, from Numerical Recipes §7.1. */
function random(n) {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    out[i] = state / 2 ** 31;
  }
  return out;
}
let state = 1;

function decoder() {
  const g = new Graph();
  const norm = (name) => g.tensor(name, FLOAT, [size.hidden], new Float32Array(size.hidden).fill(1));
  const quantized = new Set();

  /** x·W, W [cols, rows] int8: x is quantised to 8 bits, once for all matrices that it meets. */
  const linear = (x, name, cols, rows) => {
    if (!quantized.has(x)) g.node('DynamicQuantizeLinear', [x], [`${x}.q`, `${x}.scale`, `${x}.zero`]);
    quantized.add(x);
    const weights = g.tensor(`${name}.q`, INT8, [cols, rows], Int8Array.from(random(cols * rows), (w) => w * 127));
    const zero = g.tensor(`${name}.zero`, INT8, [], new Int8Array(1));
    const sums = g.node('MatMulInteger', [`${x}.q`, weights, `${x}.zero`, zero], `${name}.sums`);
    const scale = g.node('Mul', [`${x}.scale`, g.tensor(`${name}.scale`, FLOAT, [], Float32Array.of(0.05 / 127))], `${name}.scales`);
    return g.node('Mul', [g.node('Cast', [sums], `${name}.float`, { to: FLOAT }), scale], name);
  };

  const attention = attentionInputs(g);
  g.input('input_ids', INT64, ['batch_size', 'sequence_length']);
  const table = g.tensor('embeddings', FLOAT, [size.vocab, size.hidden], random(size.vocab * size.hidden).map((x) => x * 0.05));
  let x = g.node('Gather', [table, 'input_ids'], 'x');
  let h = g.node('SimplifiedLayerNormalization', [x, norm('norm')], 'h', { axis: -1, epsilon, stash_type: 1 });
  /** The residual stream and its norm after a block's output is added. */
  const add = (output, name) => {
    g.node('SkipSimplifiedLayerNormalization', [x, output, norm(`${name}.weight`)], [`${name}.h`, '', '', `${name}.x`], { epsilon }, MICROSOFT);
    [x, h] = [`${name}.x`, `${name}.h`];
  };
  for (let i = 0; i < size.layers; i++) {
    const { hidden, ffn } = size, q = size.heads * size.headDim, kv = size.kvHeads * size.headDim;
    const qkv = [linear(h, `${i}.q`, hidden, q), linear(h, `${i}.k`, hidden, kv), linear(h, `${i}.v`, hidden, kv)];
    add(linear(attention(i, qkv), `${i}.o`, q, hidden), `${i}.norm1`);
    const gate = linear(h, `${i}.gate`, hidden, ffn), up = linear(h, `${i}.up`, hidden, ffn);
    const silu = g.node('Mul', [gate, g.node('Sigmoid', [gate], `${i}.sigmoid`)], `${i}.silu`);
    add(linear(g.node('Mul', [silu, up], `${i}.act`), `${i}.down`, ffn, hidden), `${i}.norm2`);
  }
  const last = g.node('Gather', [h, g.tensor('minus one', INT64, [1], BigInt64Array.of(-1n))], 'last', { axis: 1 });
  g.node('Identity', [linear(last, 'output', size.hidden, size.vocab)], 'logits');
  g.output('logits', FLOAT, ['batch_size', 1, size.vocab]);
  return g;
}

/** Adds what the attention of all layers shares, and returns a function that adds a layer's, with its cache. */
function attentionInputs(g) {
  const half = size.headDim / 2, shape = [size.context, half];
  const angles = Float64Array.from({ length: size.context * half }, (_, i) => Math.floor(i / half) / size.ropeBase ** ((i % half) / half));
  const cos = g.tensor('cos', FLOAT, shape, Float32Array.from(angles, Math.cos));
  const sin = g.tensor('sin', FLOAT, shape, Float32Array.from(angles, Math.sin));

  // Lengths, from the mask: the last position, and how many there are.
  const mask = g.input('attention_mask', INT64, ['batch_size', 'total_sequence_length']);
  const one = g.tensor('one', INT64, [1], BigInt64Array.of(1n)), axis = g.tensor('axis', INT64, [], BigInt64Array.of(1n));
  const last = g.node('Cast', [g.node('Sub', [g.node('ReduceSum', [mask, one], 'length', { keepdims: 0 }), one], 'position')], 'position.int32', { to: INT32 });
  const total = g.node('Cast', [g.node('Gather', [g.node('Shape', [mask], 'mask.shape'), axis], 'total')], 'total.int32', { to: INT32 });

  return (layer, qkv) => {
    const past = ['key', 'value'].map((kind) => g.input(`past_key_values.${layer}.${kind}`, FLOAT, ['batch_size', size.kvHeads, 'past_sequence_length', size.headDim]));
    const present = ['key', 'value'].map((kind) => `present.${layer}.${kind}`);
    for (const name of present) g.output(name, FLOAT, ['batch_size', size.kvHeads, 'total_sequence_length', size.headDim]);
    const attributes = { num_heads: size.heads, kv_num_heads: size.kvHeads, do_rotary: 1, rotary_interleaved: 0, scale: new Float(1 / Math.sqrt(size.headDim)) };
    return g.node('GroupQueryAttention', [...qkv, ...past, last, total, cos, sin], [`${layer}.attention`, ...present], attributes, MICROSOFT);
  };
}
