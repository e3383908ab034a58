// How the workers that hold a model together exchange what they have computed (package core/shard). Each has one end of a group; all
// ends make the same exchanges in the same order. There are two kinds: over shared memory (group-shared.js), which needs a page that is
// cross-origin isolated, and over message ports (group-ports.js), which works everywhere.

import { PortGroup, portPlan } from './group-ports.js';
import { SharedGroup, sharedPlan } from './group-shared.js';

/**
 * One worker's end.
 *
 * @typedef {object} Group
 * @property {number} rank
 * @property {number} size
 * @property {(words: Int32Array, at: number, split: Int32Array, flags: number) => number} exchange completes words[at + split[0]] and on,
 *   of which the worker of rank r has filled the words from split[r] up to split[r + 1]. `words` is the engine's memory, of which a new view
 *   may be needed when the exchange goes on later. Returns DONE, PENDING (`onDone` is called later) or BROKEN
 * @property {string} broken why the group can exchange nothing any more, or empty
 */

/** Only the worker of rank 0 wants the result. */
export const GATHER = 1;
/** The worker of rank 0 has all; the others wait for it without a limit of time. */
export const BROADCAST = 2;

export const DONE = 0;
export const PENDING = 1;
export const BROKEN = 2;

/** How long a worker waits for another that should be computing, in ms. A step of the largest models takes a fraction of it. */
const PATIENCE = 30_000;
/** What a worker says that has lost patience. (One that died is noticed by the page, which then ends the others.) */
export const SILENCE = 'a worker of the model does not answer';

/**
 * What a worker needs to join a group. It is posted to the worker, with its ports transferred.
 *
 * @typedef {{kind: 'shared', rank: number, size: number, patience: number, buffer: SharedArrayBuffer}
 *   | {kind: 'ports', rank: number, size: number, patience: number, ports: (MessagePort | null)[]}} GroupPlan
 */

/** @typedef {GroupPlan['kind']} Transport */

/** The transport that this page has. WebKitGTK says that a page is isolated but has no SharedArrayBuffer. */
export function transport() {
  return globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function' ? 'shared' : 'ports';
}

/**
 * Plans a group: what each of its workers needs to join it.
 *
 * @param {Transport} kind
 * @param {number} size
 * @param {number} [patience]
 * @returns {GroupPlan[]}
 */
export function planGroup(kind, size, patience = PATIENCE) {
  return kind === 'shared' ? sharedPlan(size, patience) : portPlan(size, patience);
}

/**
 * What of a plan, if there is one, must be transferred when it is posted.
 *
 * @param {GroupPlan} [plan]
 * @returns {MessagePort[]}
 */
export function transfers(plan) {
  return plan?.kind === 'ports' ? plan.ports.filter((port) => port !== null) : [];
}

/**
 * Joins a group, in the worker.
 *
 * @param {GroupPlan} plan
 * @param {() => Int32Array} memory gives the engine's memory
 * @param {() => void} onDone is called when an exchange that was pending is done or broken
 * @returns {Group}
 */
export function joinGroup(plan, memory, onDone) {
  return plan.kind === 'shared' ? new SharedGroup(plan) : new PortGroup(plan, memory, onDone);
}
