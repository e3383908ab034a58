// How many workers a model gets that is loaded with `workers: 'auto'`: as many as its size makes necessary, and more if they make it
// faster, which is measured.

import { planGroup, transfers, transport } from './group.js';

/** More workers than this are not tried: the exchanges cost more with each. */
const MOST = 16;
/** The most workers that a model can be shared by. */
const LIMIT = 64;
/** A model of fewer bytes is fast enough with one worker that starting another isn't worth the wait. */
const SMALL = 16 << 20;
/** How much less time more workers must take, as a part. Measurements are not exact. */
const GAIN = 0.93;

/**
 * What was measured, by transport, type of the weights and number of workers: of the model it depends on nothing else.
 *
 * @type {Map<string, import('./engine.js').Speed>}
 */
const measured = new Map();

/**
 * @typedef {object} Needs
 * @property {boolean} supported
 * @property {{total: number}} memory of all workers
 * @property {{weights: number, total: number}[]} workerMemory
 * @property {number} memoryLimit bytes that a worker can have
 * @property {number} exchanges of these workers, for a token
 * @property {string} mainType
 */

/**
 * @param {import('./client.js').Client} leader
 * @param {import('./crew.js').Followers} followers are started as they are needed
 * @param {import('./source.js').ReadySource} source
 * @param {import('./engine.js').OpenOptions} options
 * @param {AbortSignal} [signal]
 */
export async function chooseWorkers(leader, followers, source, options, signal) {
  const cores = Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, MOST);
  const ask = async (/** @type {number[]} */ ...workers) => {
    const needs = await leader.call({ type: 'needs', source, options, workers }, signal);
    return /** @type {Needs[]} */ (needs);
  };
  const more = [...new Set([Math.ceil(cores / 2), cores])].filter((workers) => workers > 1);
  let [needs, ...needsOfMore] = await ask(1, ...more);
  let fewest = 1;
  if (!needs.supported) return 1; // whose refusal has the reason
  while (!fits(needs) && fewest < LIMIT) {
    // The parts are never all the same, so that one worker more may be needed than the total asks for.
    fewest = Math.min(LIMIT, Math.max(fewest + 1, Math.ceil(needs.memory.total / needs.memoryLimit)));
    [needs] = await ask(fewest);
  }
  if (!fits(needs)) return 1; // whose refusal has the numbers
  if (cores <= fewest || (fewest === 1 && needs.workerMemory[0].weights < SMALL)) return fewest;

  let best = { workers: fewest, seconds: seconds(needs, await speed(leader, followers, fewest, needs.mainType, signal)) };
  const first = best.seconds;
  for (const [i, workers] of more.entries()) {
    if (workers <= fewest) continue;
    const time = seconds(needsOfMore[i], await speed(leader, followers, workers, needs.mainType, signal));
    if (time < best.seconds && time < first * GAIN) best = { workers, seconds: time };
  }
  return best.workers;
}

/** @param {Needs} needs */
const fits = ({ workerMemory, memoryLimit }) => workerMemory.every(({ total }) => total <= memoryLimit);

/**
 * How long a token takes: all weights are read, and the workers exchange what they have computed.
 *
 * @param {Needs} needs
 * @param {import('./engine.js').Speed} speed
 */
function seconds({ workerMemory, exchanges }, { rate, exchange }) {
  return Math.max(...workerMemory.map(({ weights }) => weights)) / rate + exchanges * exchange;
}

/**
 * Measures so many workers at once; the slowest counts.
 *
 * @param {import('./client.js').Client} leader
 * @param {import('./crew.js').Followers} followers
 * @param {number} workers
 * @param {string} mainType
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('./engine.js').Speed>}
 */
async function speed(leader, followers, workers, mainType, signal) {
  const kind = transport();
  const key = `${kind} ${mainType} ${workers}`;
  const known = measured.get(key);
  if (known) return known;
  if (followers.clients.length < workers - 1) followers.resize(workers - 1);
  const plans = workers > 1 ? planGroup(kind, workers) : [undefined];
  const clients = [leader, ...followers.clients].slice(0, workers);
  // Each must be there before the clock starts.
  await Promise.all(clients.map((client) => client.call({ type: 'start' }, signal)));
  const speeds = /** @type {import('./engine.js').Speed[]} */ (
    await Promise.all(clients.map((client, rank) => client.call({ type: 'measure', mainType, plan: plans[rank] }, signal, undefined, transfers(plans[rank]))))
  );
  const result = { rate: Math.min(...speeds.map(({ rate }) => rate)), exchange: Math.max(...speeds.map(({ exchange }) => exchange)) };
  measured.set(key, result);
  return result;
}
