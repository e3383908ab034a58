// The workers that hold one model together: the first, which the model's calls go to, and those that follow it. If one of them ends, all do.

import { Client } from './client.js';
import { planGroup, transfers, transport } from './group.js';
import { chooseWorkers } from './auto-workers.js';

/**
 * @typedef {object} Opened
 * @property {unknown} info
 * @property {number} workers
 * @property {import('./group.js').Transport | 'none'} transport
 */

/** @typedef {{info: import('./engine.js').EngineInfo, held: number}} Loaded what a worker answers to `load`: its `held` is in bytes */

/**
 * Opens a model with the workers that are asked for.
 *
 * @param {Client} leader
 * @param {import('./source.js').ReadySource} source
 * @param {import('./engine.js').OpenOptions} options
 * @param {number | 'auto'} workers
 * @param {AbortSignal | undefined} signal
 * @param {(event: import('./worker.js').CallEvent) => void} onEvent
 * @returns {Promise<Opened>}
 */
export async function openModel(leader, source, options, workers, signal, onEvent) {
  const followers = new Followers();
  try {
    const size = workers === 'auto' ? await chooseWorkers(leader, followers, source, options, signal) : workers;
    followers.resize(size - 1);
    const kind = transport();
    const plans = size > 1 ? planGroup(kind, size) : [undefined];
    const loads = [leader, ...followers.clients].map((client, rank) => {
      const plan = plans[rank];
      return client.call({ type: 'load', source, options, plan }, signal, rank === 0 ? onEvent : undefined, transfers(plan));
    });
    const loaded = /** @type {Loaded[]} */ (await allOrNone(loads));
    followers.follow(leader);
    return { info: withHeld(loaded), workers: size, transport: size > 1 ? kind : 'none' };
  } catch (error) {
    followers.resize(0);
    throw error;
  }
}

/**
 * What the first worker knows of the model, and what each was seen to hold.
 *
 * @param {Loaded[]} loaded
 */
function withHeld(loaded) {
  const { info } = loaded[0];
  const workerMemory = info.workerMemory.map((memory, rank) => ({ ...memory, engine: loaded[rank].held }));
  return { ...info, memory: { ...info.memory, engine: loaded.reduce((sum, { held }) => sum + held, 0) }, workerMemory };
}

/**
 * What all promises give. If one rejects, the others are waited for no longer.
 *
 * @template T
 * @param {Promise<T>[]} promises
 */
function allOrNone(promises) {
  for (const promise of promises) promise.catch(() => {}); // the first rejection counts
  return Promise.all(promises);
}

/** The workers beside the first. */
export class Followers {
  /** @type {Client[]} */
  clients = [];

  /** Starts workers, or ends some. @param {number} count */
  resize(count) {
    while (this.clients.length < count) this.clients.push(new Client());
    for (const client of this.clients.splice(count)) client.close();
  }

  /** Lets them work for the leader, and ends all when one ends. @param {Client} leader */
  follow(leader) {
    leader.ended.then(() => this.resize(0));
    for (const client of this.clients) client.call({ type: 'follow' }).catch((reason) => leader.fail(reason));
  }
}
