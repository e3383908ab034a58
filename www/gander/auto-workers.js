// How many workers a model gets that is loaded with `workers: 'auto'`: as many as its size makes necessary, and more if they make it
// faster, which is measured.

import { planGroup, transfers, transport } from './group.js';

/** More workers than this are not tried: the exchanges cost more with each. */
const MOST = 16;
/** The most workers that a model can be shared by. */
const LIMIT = 64;
/** A model of fewer bytes is fast enough with one worker that starting another isn't worth the wait. */
const SMALL = 16 << 20;
/** What more workers' time must be less than, as a part of the time of fewer. Measurements are not exact. */
const LESS = 0.93;

/**
 * How many times as fast as one worker several are, by what it depends on: transport, their number, and of the model the type and bytes of
 * weights and the exchanges.
 *
 * @type {Map<string, number>}
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
  const [ofOne, ...needsOfMore] = await ask(1, ...more);
  const needs = await needsOfFewest(ofOne, ask);
  const fewest = needs.workerMemory.length;
  if (!needs.supported || !fits(needs)) return 1; // whose refusal has the reason, or the numbers
  const whole = ofOne.workerMemory[0].weights;
  if (cores <= fewest || (fewest === 1 && whole < SMALL)) return fewest;

  let best = { workers: fewest, gain: fewest === 1 ? 1 : await gainOf(leader, followers, fewest, whole, needs, signal) };
  const least = best.gain / LESS;
  for (const [i, workers] of more.entries()) {
    if (workers <= fewest) continue;
    const gain = await gainOf(leader, followers, workers, whole, needsOfMore[i], signal);
    if (gain > best.gain && gain > least) best = { workers, gain };
  }
  return best.workers;
}

/**
 * What as few workers need as have room for a model; one, if none have.
 *
 * @template {Needs} N
 * @param {N} ofOne what one needs
 * @param {(workers: number) => Promise<N[]>} ask what several need
 * @returns {Promise<N>}
 */
export async function needsOfFewest(ofOne, ask) {
  let needs = ofOne;
  for (let fewest = 1; needs.supported && !fits(needs); [needs] = await ask(fewest)) {
    if (fewest === LIMIT) return ofOne;
    // The parts are never all the same, so that one worker more may be needed than the total asks for.
    fewest = Math.min(LIMIT, Math.max(fewest + 1, Math.ceil(needs.memory.total / needs.memoryLimit)));
  }
  return needs;
}

/** @param {Needs} needs */
const fits = ({ workerMemory, memoryLimit }) => workerMemory.every(({ total }) => total <= memoryLimit);

/**
 * How many times as fast as one worker so many decode, were there no limit of memory.
 *
 * @param {import('./client.js').Client} leader
 * @param {import('./crew.js').Followers} followers
 * @param {number} workers
 * @param {number} whole the bytes of weights that one worker has
 * @param {Needs} needs of so many workers
 * @param {AbortSignal} [signal]
 */
async function gainOf(leader, followers, workers, whole, { mainType, exchanges, workerMemory }, signal) {
  const kind = transport();
  const weights = Math.max(...workerMemory.map((memory) => memory.weights));
  const key = `${kind} ${workers} ${mainType} ${weights} ${exchanges}`;
  const known = measured.get(key);
  if (known) return known;
  if (followers.clients.length < workers - 1) followers.resize(workers - 1);
  const plans = planGroup(kind, workers);
  const clients = [leader, ...followers.clients].slice(0, workers);
  // Each must be there before the clock starts.
  await Promise.all(clients.map((client) => client.call({ type: 'start' }, signal)));
  const paces = /** @type {import('./engine.js').Pace[]} */ (
    await Promise.all(clients.map((client, rank) => client.call({ type: 'measure', mainType, weights, exchanges, plan: plans[rank] }, signal, undefined, transfers(plans[rank]))))
  );
  const gain = whole / paces[0].alone / (weights / Math.min(...paces.map(({ together }) => together)));
  measured.set(key, gain);
  return gain;
}
