// The worker half of Gander: it owns the Go engine and serves the page's calls. This file starts with the protocol, which client.js
// speaks at the other end.
//
// Page to worker: every call has a fresh id, and is answered by exactly one `done` or `error` with that id.
//
//   { id, type: 'prepare', source, options }       makes a source ready for any number of workers; `progress` comes before  -> Prepared
//   { id, type: 'inspect', source, options, workers } reads the header                                                      -> Inspection
//   { id, type: 'needs', source, options, workers } reads the header of what `prepare` gave, for numbers of workers         -> Needs[]
//   { id, type: 'start' }                          starts the engine
//   { id, type: 'measure', mainType, weights, exchanges, plan } measures, together with the others of the plan          -> Pace (engine.js)
//   { id, type: 'load', source, options, plan }    opens the model, from what `prepare` gave; `progress` comes before       -> Loaded (crew.js)
//   { id, type: 'follow' }                         works for the first worker of the plan, until it ends
//   { id, type: 'tokenize', text, special }                                                                         -> Int32Array
//   { id, type: 'detokenize', ids }                                                                                 -> string
//   { id, type: 'applyChatTemplate', conversation, now }                                                            -> string
//   { id, type: 'logits', ids }                                                                                     -> Float32Array
//   { id, type: 'embed', text, options }                                                                            -> Float32Array
//   { id, type: 'generate', prompt, options }      a `token` message for each token comes before the answer         -> GenerateEnd
//   { id, type: 'abort' }                          stops the call with this id; the call itself is still answered
//   { type: 'code', module }                       the engine's code, without which no engine starts; undefined if the page can't have it
//   { type: 'lent', buffer }                       gives back the memory that a token's weights were in (lent-memory.js)
//   { type: 'watch', lock }                        asks the worker to hold a Web Lock, whose release tells the page that it died
//
// Worker to page:
//
//   { id, type: 'progress', progress }
//   { id, type: 'token', token }
//   { id, type: 'done', value }                    of `prepare` and `inspect` also `memory`, bytes held by the engine
//   { id, type: 'error', error }                   error: { code, message, status?, memory? }; beside it `memory`, as above, also of `load`
//   { type: 'watched' }                            the lock is held
//   { type: 'exit', error }                        the Go program ended: no further answer comes from this worker
//
// One engine, one model. `logits`, `embed` and `generate` run one after the other in the order in which they came; the others at once.

import { loaded, toPlain } from './errors.js';
import { startEngine } from './engine.js';
import { transport } from './group.js';
import { transferables } from './lent-memory.js';
import { prepare } from './prepare.js';
import { openSource } from './source.js';

/**
 * @typedef {{id: number, type: 'prepare', source: import('./source.js').SourceSpec, options: import('./prepare.js').PrepareOptions}
 *   | {id: number, type: 'inspect', source: import('./source.js').SourceSpec, options: import('./engine.js').OpenOptions, workers: number | 'auto'}
 *   | {id: number, type: 'needs', source: import('./source.js').ReadySource, options: import('./engine.js').OpenOptions, workers: number[]}
 *   | {id: number, type: 'start'}
 *   | {id: number, type: 'measure', mainType: string, weights: number, exchanges: number, plan?: import('./group.js').GroupPlan}
 *   | {id: number, type: 'load', source: import('./source.js').ReadySource, options: import('./engine.js').OpenOptions, plan?: import('./group.js').GroupPlan}
 *   | {id: number, type: 'follow'}
 *   | {id: number, type: 'tokenize', text: string, special: boolean}
 *   | {id: number, type: 'detokenize', ids: Int32Array}
 *   | {id: number, type: 'applyChatTemplate', conversation: string, now: number}
 *   | {id: number, type: 'logits', ids: Int32Array}
 *   | {id: number, type: 'embed', text: string | Int32Array, options: Record<string, string | boolean>}
 *   | {id: number, type: 'generate', prompt: string | Int32Array, options: import('./options.js').EngineOptions}} Call
 */

/**
 * @typedef {Call | {id: number, type: 'abort'} | {type: 'code', module?: WebAssembly.Module} | {type: 'lent', buffer: ArrayBuffer} | {type: 'watch', lock: string}} Request
 */

/**
 * @typedef {{id: number, type: 'progress', progress: import('./options.js').Progress}
 *   | {id: number, type: 'token', token: import('./model.js').Token}} CallEvent
 */

/**
 * @typedef {CallEvent | {id: number, type: 'done', value: unknown, memory?: number}
 *   | {id: number, type: 'error', error: import('./errors.js').PlainError, memory?: number}
 *   | {type: 'watched'} | {type: 'exit', error: import('./errors.js').PlainError}} Reply
 */

/**
 * @typedef {object} Port the part of DedicatedWorkerGlobalScope that is used here
 * @property {(message: Reply, transfer?: Transferable[]) => void} postMessage
 * @property {(type: 'message', listener: (event: MessageEvent<Request>) => void) => void} addEventListener
 */
const port = /** @type {Port} */ (/** @type {unknown} */ (globalThis));

/** Whether an exchange between workers takes long. */
const COSTLY = transport() === 'ports';

/** @type {Map<number, AbortController>} The calls that are under way. */
const running = new Map();

/** @type {(module?: WebAssembly.Module) => void} */
let setCode;
/** @type {Promise<WebAssembly.Module | undefined>} */
const code = new Promise((resolve) => (setCode = resolve));

/** @type {ReturnType<typeof startEngine> | undefined} */
let engine;

/** @type {Promise<unknown>} Settles when the last of the queued calls has. */
let last = Promise.resolve();

port.addEventListener('message', ({ data }) => {
  if (data.type === 'abort') running.get(data.id)?.abort();
  else if (data.type === 'code') setCode(data.module);
  else if (data.type === 'lent') engine?.then(({ lent }) => lent.giveBack(data.buffer));
  else if (data.type === 'watch') watch(data.lock);
  else answer(data);
});

// A WebAssembly trap leaves the Go program unusable, and surfaces in whatever callback it was resumed by.
addEventListener('unhandledrejection', ({ reason }) => {
  port.postMessage({ type: 'exit', error: { code: 'worker', message: `the engine failed: ${reason}` } });
});

/** @param {string} lock */
function watch(lock) {
  navigator.locks.request(lock, () => {
    port.postMessage({ type: 'watched' });
    return new Promise(() => {}); // held until the worker ends
  }).catch(() => {}); // a browser that is to keep no data of sites has no locks for them
}

/** @param {Call} call */
async function answer(call) {
  const { id } = call;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const value = await perform(call, controller.signal);
    port.postMessage({ id, type: 'done', value, memory: call.type === 'prepare' || call.type === 'inspect' ? await memoryHeld() : undefined });
  } catch (thrown) {
    port.postMessage({ id, type: 'error', error: toPlain(thrown), memory: await memoryHeld() });
  } finally {
    running.delete(id);
  }
}

async function memoryHeld() {
  return (await engine?.catch(() => undefined))?.memory();
}

/**
 * @param {Call} call
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>} the value of the `done` message
 */
async function perform(call, signal) {
  switch (call.type) {
    case 'prepare':
      start(call.id);
      return prepare(call.source, call.options, signal, report(call.id, 'download'));
    case 'inspect':
      return inspect(call, signal);
    case 'needs':
      return needs(call, signal);
    case 'start':
      return void (await start(call.id));
    case 'measure':
      return measure(call);
    case 'load':
      return load(call, signal);
  }
  if (!engine) throw new Error('a call before load');
  const { go } = await engine;
  switch (call.type) {
    case 'follow':
      return go.follow();
    case 'tokenize':
      return go.tokenize(call.text, call.special);
    case 'detokenize':
      return go.detokenize(call.ids);
    case 'applyChatTemplate':
      return go.applyChatTemplate(call.conversation, call.now);
    case 'logits':
      return inTurn(signal, () => go.logits(call.ids, signal));
    case 'embed':
      return inTurn(signal, () => go.embed(call.text, call.options, signal));
    case 'generate':
      return inTurn(signal, () =>
        go.generate(call.prompt, call.options, signal, (id, text, more) =>
          port.postMessage({ id: call.id, type: 'token', token: { id, text, ...more } }, more && transferables(more)),
        ),
      );
  }
}

/**
 * @param {number} id
 * @param {import('./options.js').Progress['phase']} phase
 */
function report(id, phase) {
  return (/** @type {number} */ loaded, /** @type {number} */ total) => port.postMessage({ id, type: 'progress', progress: { phase, loaded, total } });
}

/**
 * Starts the engine if that was not done.
 *
 * @param {number} id of the call that wants it
 */
function start(id) {
  if (!engine) report(id, 'engine')(0, 0);
  engine ??= code.then((module) =>
    startEngine(module ?? new URL('./gander.wasm', import.meta.url), (reason) => port.postMessage({ type: 'exit', error: toPlain(reason) })),
  );
  const starting = engine;
  starting.catch(() => (engine = undefined)); // the next load tries again
  return starting;
}

/**
 * @param {Call & {type: 'inspect'}} call
 * @param {AbortSignal} signal
 */
async function inspect({ id, source: spec, options, workers }, signal) {
  const [, { source }] = await Promise.all([start(id), prepare(spec, { cache: false, sha256: [], peek: true }, signal, () => {})]);
  const ask = (/** @type {number} */ count) => needs({ id, type: 'needs', source, options, workers: [count] }, signal);
  if (workers !== 'auto') return (await ask(workers))[0];
  const { needsOfFewest } = await loaded(import('./auto-workers.js'));
  return needsOfFewest((await ask(1))[0], ask);
}

/**
 * @param {Call & {type: 'needs'}} call
 * @param {AbortSignal} signal
 */
async function needs({ id, source: ready, options, workers }, signal) {
  const { go } = await start(id); // first: a source that is open must be closed
  const source = await openSource(ready, signal);
  try {
    return await go.inspect(source, { ...options, workers, costly: COSTLY }, signal);
  } finally {
    source.close();
  }
}

/** @param {Call & {type: 'measure'}} call */
async function measure({ id, mainType, weights, exchanges, plan }) {
  const { go, join } = await start(id);
  return go.measure({ mainType, weights, exchanges, group: join(plan) });
}

/**
 * @param {Call & {type: 'load'}} call
 * @param {AbortSignal} signal
 */
async function load({ id, source: ready, options, plan }, signal) {
  const { go, join, memory } = await start(id);
  const source = await openSource(ready, signal);
  try {
    const info = await go.open(source, { ...options, group: join(plan) }, signal, report(id, 'model'));
    return { info, held: memory() };
  } finally {
    source.close();
  }
}

/**
 * Runs `work` after the calls that came before it. Their failures are theirs.
 *
 * @template T
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(signal, work) {
  const result = last.then(() => {
    signal.throwIfAborted();
    return work();
  });
  last = result.catch(() => {});
  return result;
}
