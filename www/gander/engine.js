// Starts the Go program and gives its functions. Runs in the worker, and in Node for tests.

import './wasm_exec.js'; // a classic script; it defines globalThis.Go
import { GanderError, loaded } from './errors.js';
import { BROKEN, joinGroup } from './group.js';
import { LentMemory } from './lent-memory.js';

/**
 * What the Go half offers (package wasm). A rejection is a PlainError or what the source's `read` threw.
 *
 * @typedef {object} GoEngine
 * @property {(source: import('./source.js').Source, options: OpenOptions, signal: AbortSignal,
 *   onProgress: (done: number, total: number) => void) => Promise<EngineInfo>} open
 * @property {(source: import('./source.js').Source, options: OpenOptions & {workers: number[], costly: boolean}, signal: AbortSignal) => Promise<import('./model.js').Inspection[]>} inspect
 *   for each number of workers
 * @property {(text: string, special: boolean) => Promise<Int32Array>} tokenize
 * @property {(ids: Int32Array) => Promise<string>} detokenize
 * @property {(conversation: string, now: number) => Promise<string>} applyChatTemplate of a conversation as JSON, at a time in ms since 1970
 * @property {(ids: Int32Array, signal: AbortSignal) => Promise<Float32Array>} logits
 * @property {(text: string | Int32Array, options: Record<string, string | boolean>, signal: AbortSignal) => Promise<Float32Array>} embed
 * @property {(prompt: string | Int32Array, options: import('./options.js').EngineOptions, signal: AbortSignal,
 *   onToken: (id: number, text: string, more?: Omit<import('./model.js').Token, 'id' | 'text'>) => void) => Promise<import('./model.js').GenerateEnd>} generate
 * @property {() => Promise<void>} follow works for the worker of rank 0, until that ends
 * @property {(options: {mainType: string, weights: number, exchanges: number, group?: {rank: number, size: number, costly: boolean}}) => Promise<Pace>} measure
 *   a worker's pace with a model of whose weights it has so many bytes
 * @property {(done: boolean) => void} exchanged says that an exchange that was pending is done, or cannot be
 */

/**
 * What the Go half takes of the options of a load, and which worker of a group this is.
 *
 * @typedef {Pick<import('./options.js').LoadOptions, 'contextLength' | 'kvType' | 'quantize'> & {group?: {rank: number, size: number, costly: boolean}}} OpenOptions
 */

/** @typedef {Omit<import('./model.js').Inspection, 'memoryLimit'>} EngineInfo what the Go half knows of a model */

/** @typedef {{alone: number, together: number}} Pace bytes of weights a second: while the others wait (of worker 0 only), and while all compute and exchange */

/**
 * A Go program that runs.
 *
 * @typedef {object} Engine
 * @property {GoEngine} go
 * @property {LentMemory} lent what the attention weights of its tokens are in
 * @property {() => number} memory the bytes of memory that it holds
 * @property {(plan: import('./group.js').GroupPlan | undefined) => {rank: number, size: number, costly: boolean} | undefined} join makes it a worker of a
 *   group, for the next `open` or `measure`, which take what this returns
 */

/**
 * Starts an engine.
 *
 * @param {URL | ArrayBuffer | WebAssembly.Module} wasm where gander.wasm is, its bytes, or its code
 * @param {(reason: GanderError) => void} onExit is called once if the Go program ends, which it never does by itself
 * @returns {Promise<Engine>}
 */
export async function startEngine(wasm, onExit) {
  const go = new Go();
  const stderr = captureOutput();
  /** @type {import('./group.js').Group | undefined} */
  let group;
  go.importObject.gander = {
    // Called by package wasm's group; pointers are in bytes, and negative from 2 GiB on.
    exchange(/** @type {number} */ x, /** @type {number} */ splitAt, /** @type {number} */ flags) {
      if (!group) return BROKEN;
      return group.exchange(words(), x >>> 2, new Int32Array(memory.buffer, splitAt >>> 0, group.size + 1), flags);
    },
  };
  const instance = await instantiate(wasm, go.importObject);
  const memory = /** @type {WebAssembly.Memory} */ (instance.exports.mem);
  let view = new Int32Array(memory.buffer);
  const words = () => (view.buffer === memory.buffer ? view : (view = new Int32Array(memory.buffer))); // it grew
  const lent = new LentMemory();
  const { promise, resolve } = withResolvers();
  // The program looks up this function by the name in its arguments, calls it before its main blocks, and so leaves no global behind.
  const hook = `gander.${Math.random().toString(36).slice(2)}`;
  go.argv = ['gander', hook];
  Object.defineProperty(globalThis, hook, { configurable: true, value: { ready: resolve, pause, takeMemory: (/** @type {number} */ bytes) => lent.take(bytes) } });
  const exited = go.run(instance);
  Reflect.deleteProperty(globalThis, hook);
  /** @param {unknown} [cause] */
  const ended = (cause) => {
    const said = stderr();
    const memory = /out of memory|cannot allocate/i.test(said);
    onExit(new GanderError(memory ? 'memory' : 'worker', memory ? 'the engine ran out of memory' : `the engine stopped: ${said.trim()}`, { cause }));
  };
  exited.then(ended, ended);
  const engine = await promise;
  return {
    go: engine,
    memory: () => memory.buffer.byteLength,
    lent,
    join(plan) {
      if (!plan) return (group = undefined);
      const joined = (group = joinGroup(plan, words, () => engine.exchanged(joined.broken === '')));
      return { rank: plan.rank, size: plan.size, costly: plan.kind === 'ports' };
    },
  };
}

/** @returns {{promise: Promise<GoEngine>, resolve: (engine: GoEngine) => void}} */
function withResolvers() {
  /** @type {(engine: GoEngine) => void} */
  let resolve = () => {};
  return { promise: new Promise((done) => (resolve = done)), resolve: (engine) => resolve(engine) };
}

/**
 * Instantiates, and compiles what is not compiled yet: while the file downloads, or from its bytes where the server gives it a wrong MIME
 * type.
 *
 * @param {URL | ArrayBuffer | WebAssembly.Module} wasm
 * @param {WebAssembly.Imports} imports
 * @returns {Promise<WebAssembly.Instance>}
 */
async function instantiate(wasm, imports) {
  if (wasm instanceof WebAssembly.Module) return WebAssembly.instantiate(wasm, imports);
  if (wasm instanceof ArrayBuffer) return (await WebAssembly.instantiate(wasm, imports)).instance;
  const { download } = await loaded(import('./engine-code.js'));
  try {
    return await download(wasm, (response) => instantiateFrom(response, imports));
  } catch (cause) {
    if (cause instanceof GanderError) throw cause;
    throw new GanderError('network', `${wasm}: the download of the engine failed: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/**
 * @param {Response} response
 * @param {WebAssembly.Imports} imports
 * @returns {Promise<WebAssembly.Instance>}
 */
async function instantiateFrom(response, imports) {
  const { ok, status, url, headers } = response;
  if (!ok) throw new GanderError('network', `${url}: the server answered ${status}; gander.wasm must lie beside index.js`, { status });
  const type = headers.get('content-type')?.split(';')[0].trim();
  try {
    if (type === 'application/wasm') return (await WebAssembly.instantiateStreaming(response, imports)).instance;
    return (await WebAssembly.instantiate(await response.arrayBuffer(), imports)).instance;
  } catch (cause) {
    throw new GanderError('worker', `${url} cannot be started: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/**
 * Sends what the Go program prints (only a crash prints anything) to the console, and keeps the beginning of it.
 *
 * @returns {() => string} what was printed
 */
function captureOutput() {
  const decoder = new TextDecoder();
  let text = '';
  globalThis.fs.writeSync = (_, bytes) => {
    const said = decoder.decode(bytes, { stream: true });
    if (text.length < 2000) text += said;
    console.error(said.trimEnd());
    return bytes.length;
  };
  return () => text.split('\n\n')[0]; // the rest is the stack
}

/** @type {(() => void)[]} */
const paused = [];
/** @type {MessagePort | undefined} */
let pausePort;

/**
 * Calls back after the event loop has had a turn, so that messages that wait (an abort, say) are handled first. A setTimeout would
 * do as well but waits at least 4 ms when nested.
 *
 * @param {() => void} callback
 */
function pause(callback) {
  if (globalThis.setImmediate) return void globalThis.setImmediate(callback); // Node, where an open port would keep the process alive
  if (!pausePort) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => paused.shift()?.();
    pausePort = port2;
  }
  paused.push(callback);
  pausePort.postMessage(null);
}
