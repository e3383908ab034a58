// How a TypeScript program uses the package. It is only type-checked (npm run check).

import { Gander, GanderError, type EmbedOptions, type ErrorCode, type Model, type ModelInfo, type Token } from '../www/gander/index.js';
import { GanderAttention } from '../www/gander/view/gander-attention.js';

export async function write(file: File, signal: AbortSignal): Promise<string> {
  const model: Model = await Gander.load(file, { contextLength: 512, workers: 'auto', signal, onProgress: ({ phase, loaded, total }) => console.log(phase, loaded / total) });
  const info: Readonly<ModelInfo> = model.info;
  const ids: Int32Array = await model.tokenize('Once', { special: false });
  const logits: Float32Array = await model.logits([...ids]);
  const embedding: Float32Array = await model.embed('text', { pooling: 'last', normalize: true });
  const prompt: string = await model.applyChatTemplate([{ role: 'user', content: 'Hello!' }], { tools: [{ type: 'function' }], variables: { enable_thinking: false } });
  let text = prompt;
  for await (const token of model.generate(ids, { temperature: 0, stop: 'end', logprobs: 3, signal })) {
    const { id, top = [] }: Token = token;
    text += token.text + top.filter((candidate) => candidate.id !== id).length;
  }
  for await (const { attention, lens, residual, attribution } of model.generate(ids, { attention: { topK: 2, layers: info.attentionLayers }, lens: true, residual: true, attribution: true, ablate: [{ layer: 0, head: 1 }] })) {
    const weights: Float32Array | undefined = attention?.weights;
    text += [weights?.[0], attention?.positions?.[0], lens?.[0].top[0].prob, residual?.size, attribution?.mlp[0]].join();
  }
  const { finishReason, usage, tokens } = await model.complete('Once', { maxTokens: 5 });
  const sum: number = usage.promptTokens + tokens.length + logits.length + embedding.length + info.memory.total;
  model.close();
  return finishReason === 'eos' ? text : String(sum);
}

export async function show(model: Model, view: GanderAttention): Promise<string> {
  const stream = view.watch(model, 'Once', { temperature: 0 });
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  for await (const { text } of view.follow(model.generate('Once'), { prompt: [{ id: 1, text: 'Once' }] })) document.body.append(text);
  view.clear();
  return step.value.finishReason;
}

export async function open(input: HTMLInputElement, folder: FileSystemDirectoryHandle): Promise<void> {
  const options: EmbedOptions = { pooling: 'mean' };
  const picked = input.files && (await Gander.load(input.files));
  await picked?.embed('text', options);
  const model = await Gander.load(folder, { quantize: 'q8_0' });
  const found = document.querySelector('gander-attention');
  if (found) for await (const { text } of found.watch(model, 'Once')) document.body.append(text);
}

export function explain(error: unknown): ErrorCode | undefined {
  return error instanceof GanderError ? error.code : undefined;
}

export async function wrong(model: Model): Promise<void> {
  // @ts-expect-error: there is no such option
  await model.complete('', { topk: 1 });
  // @ts-expect-error: a head is of a layer
  await model.complete('', { ablate: [{ head: 1 }] });

  await Gander.load('', { workers: 4 });
  // @ts-expect-error: a message has a role
  await model.applyChatTemplate([{ content: 'Hello!' }]);
  // @ts-expect-error: ids are numbers
  await model.detokenize(['1']);
  // @ts-expect-error: a Model comes from Gander.load
  new Gander.load();
}
