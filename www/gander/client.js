// The page's half of the protocol that worker.js documents. Its promise to callers: every call settles, whatever happens to the worker.

import { engineCode } from './engine-code.js';
import { GanderError } from './errors.js';
import { takeOut } from './lent-memory.js';

/**
 * A call as it is posted, but for its id.
 *
 * @typedef {import('./worker.js').Call extends infer C ? C extends {id: number} ? Omit<C, 'id'> : never : never} CallRequest
 */

/**
 * @typedef {object} PendingCall
 * @property {(value: unknown) => void} resolve
 * @property {(reason: unknown) => void} reject
 * @property {(event: import('./worker.js').CallEvent) => void} onEvent
 */

/** Memory in bytes above which the worker of a failed load is ended: WebAssembly memory never shrinks. */
const MAX_SPARE_MEMORY = 64 << 20;

/** @type {Client | undefined} A worker without a model, with its engine started: the next load takes it. */
let spare;

/** Gives a client for one model. */
export function takeClient() {
  const client = spare ?? new Client();
  spare = undefined;
  return client;
}

/** One worker and the calls that are under way in it. */
export class Client {
  #worker;
  #nextId = 1;
  /** @type {Map<number, PendingCall>} */
  #pending = new Map();
  /** @type {GanderError | undefined} Why the worker takes no more calls. */
  #ended;
  /** Bytes that the engine held when it was last without a model; unknown if it never started. */
  #memory = Infinity;
  /** Whether a call failed because of the worker. A file that it could not import it will never have. */
  #broken = false;
  #watching = new AbortController();
  #tellEnded = (/** @type {GanderError} */ _reason) => {};

  /** Resolves, with the reason, when the worker takes no more calls. @type {Promise<GanderError>} */
  ended = new Promise((resolve) => (this.#tellEnded = resolve));

  constructor() {
    try {
      this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'gander' });
    } catch (cause) {
      const hint = globalThis.location?.protocol === 'file:' ? ': a page opened as a file cannot start workers; serve the folder over http' : '';
      throw new GanderError('worker', `the worker could not be started${hint}`, { cause });
    }
    this.#worker.addEventListener('message', (event) => this.#receive(event.data));
    this.#worker.addEventListener('messageerror', () => this.#end('worker', 'a message from the worker could not be read'));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end('worker', event.message ? `the worker failed: ${event.message}` : 'worker.js, or a file that it imports, could not be loaded');
    });
    engineCode().then((module) => this.#worker.postMessage({ type: 'code', module }));
    const lock = `gander.${Math.random().toString(36).slice(2)}`;
    if (globalThis.navigator?.locks) this.#worker.postMessage({ type: 'watch', lock }); // absent on insecure origins
    this.#lock = lock;
  }

  #lock;

  /**
   * Makes a call and gives its answer.
   *
   * @param {CallRequest} request
   * @param {AbortSignal} [signal]
   * @param {PendingCall['onEvent']} [onEvent]
   * @param {Transferable[]} [transfer] what of the request is given away
   * @returns {Promise<unknown>}
   */
  call(request, signal, onEvent, transfer) {
    return this.#start(request, signal, onEvent, transfer).answer;
  }

  /**
   * Makes a `generate` call and gives its tokens.
   *
   * @param {CallRequest & {type: 'generate'}} request
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<import('./model.js').Token, import('./model.js').GenerateEnd, void>}
   */
  async *stream(request, signal) {
    /** @type {import('./model.js').Token[]} */
    const waiting = [];
    let wake = () => {};
    let settled = false;
    const { answer, stop } = this.#start(request, signal, (event) => {
      if (event.type === 'token') waiting.push(event.token);
      wake();
    });
    const settle = () => {
      settled = true;
      wake();
    };
    answer.then(settle, settle);
    try {
      for (;;) {
        signal?.throwIfAborted(); // tokens that wait are dropped then
        const token = waiting.shift();
        if (token) yield token;
        else if (settled) return /** @type {import('./model.js').GenerateEnd} */ (await answer);
        else await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
    } finally {
      stop(); // the consumer may have left early
    }
  }

  /** Ends the worker; every pending and later call rejects with the code `closed`. */
  close() {
    this.#end('closed', 'the model is closed');
  }

  /** Ends the worker because of what happened to another. @param {unknown} reason */
  fail(reason) {
    this.#end('worker', reason instanceof Error ? reason.message : String(reason));
  }

  /**
   * Gives a client that holds no model back: of a failed load, or of an inspection.
   *
   * @param {boolean} aborted whether the worker may still be at a call that was aborted
   */
  release(aborted) {
    const busy = aborted || this.#pending.size > 0; // of a load by several workers that another failed
    if (!busy && !this.#broken && !spare && !this.#ended && this.#memory <= MAX_SPARE_MEMORY) spare = this;
    else this.close();
  }

  /**
   * Posts a call.
   *
   * @param {CallRequest} request
   * @param {AbortSignal} [signal]
   * @param {PendingCall['onEvent']} [onEvent]
   * @param {Transferable[]} [transfer]
   * @returns {{answer: Promise<unknown>, stop: () => void}} `stop` tells the worker that the answer is no longer wanted
   */
  #start(request, signal, onEvent = () => {}, transfer = []) {
    if (this.#ended) return { answer: Promise.reject(this.#ended), stop() {} };
    if (signal?.aborted) return { answer: Promise.reject(signal.reason), stop() {} };
    const id = this.#nextId++;
    let forget = () => {};
    const stop = () => {
      forget();
      if (this.#pending.delete(id)) this.#worker.postMessage({ id, type: 'abort' });
    };
    /** @type {Promise<unknown>} */
    const answer = new Promise((resolve, reject) => {
      const abort = () => {
        stop();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      forget = () => signal?.removeEventListener('abort', abort);
      this.#pending.set(id, {
        resolve: (value) => (forget(), resolve(value)),
        reject: (reason) => (forget(), reject(reason)),
        onEvent,
      });
    });
    this.#worker.postMessage({ ...request, id }, transfer);
    return { answer, stop };
  }

  /** @param {import('./worker.js').Reply} reply */
  #receive(reply) {
    if (reply.type === 'exit') return this.#end(reply.error.code, reply.error.message);
    if (reply.type === 'watched') return this.#watch();
    const call = this.#pending.get(reply.id);
    if (!call) return; // it was aborted
    if (reply.type === 'token') {
      const buffer = takeOut(reply.token);
      if (buffer) this.#worker.postMessage({ type: 'lent', buffer }, [buffer]);
    }
    if (reply.type !== 'done' && reply.type !== 'error') return call.onEvent(reply);
    this.#pending.delete(reply.id);
    this.#memory = reply.memory ?? Infinity;
    if (reply.type === 'done') return call.resolve(reply.value);
    const { code, message, status, memory } = reply.error;
    if (code === 'worker') this.#broken = true;
    call.reject(new GanderError(code, message, { status, memory }));
  }

  /** Waits in the background for the lock that the worker holds for as long as it lives: a worker that is killed sends no event. */
  #watch() {
    navigator.locks
      .request(this.#lock, { signal: this.#watching.signal }, () => this.#end('worker', 'the worker died; the browser may have ended it for lack of memory'))
      .catch(() => {}); // aborted by #end
  }

  /**
   * @param {import('./errors.js').ErrorCode} code
   * @param {string} message
   */
  #end(code, message) {
    if (this.#ended) return;
    this.#ended = new GanderError(code, message);
    this.#tellEnded(this.#ended);
    if (spare === this) spare = undefined;
    this.#watching.abort();
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}
