// The page bench.html: measures how fast this machine runs the bundled model, or a file of the person's own.

import { Gander } from '../gander/index.js';
import { byId } from './dom.js';
import { formatBytes, formatCount, formatDuration, formatTypes } from './format.js';
import { language, say, startLanguage, t } from './language.js';
import { announce, clearNotice, showError } from './notice.js';

/** @typedef {import('../gander/index.js').Model} Model */

/**
 * What was measured: times in milliseconds, rates in tokens a second.
 *
 * @typedef {{info: Model['info'], load: number, prefill: number, decode: number}} Result
 */

const BUNDLED = 'models/stories.gguf';
const PROMPT = 128; // tokens
const STEPS = 64; // tokens
const CONTEXT = 256; // tokens: room for both, in any model
const ROUNDS = 3; // at least,
const SHORT = 2_000; // and for so long, in ms: a small model's round is over before the processor has sped up;
const LONG = 30_000; // but none begins after so long

const form = byId('measure-form', HTMLFormElement);
const file = byId('file', HTMLInputElement);
const start = byId('measure', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const loading = byId('loading', HTMLDivElement);
const loadingText = byId('loading-text', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const results = byId('results', HTMLDivElement);

/** @type {AbortController | undefined} The measurement that is under way. */
let current;

startLanguage();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  run();
});
stop.addEventListener('click', () => current?.abort());

async function run() {
  if (current) return;
  const controller = (current = new AbortController());
  const { signal } = controller;
  const picked = file.files?.[0];
  clearNotice();
  showBusy();
  announce(t('speed.measuringNow'));
  try {
    const result = await measure(picked ?? (await bundled(signal)), signal);
    showResult(result, picked ? () => picked.name : () => t('speed.bundled'));
  } catch (error) {
    if (!signal.aborted) showError(error, () => t('speed.nothing'));
    announce(signal.aborted ? t('speed.stopped') : '');
  } finally {
    current = undefined;
    showBusy();
  }
}

/**
 * The bundled model, in memory: the network is not what is measured.
 *
 * @param {AbortSignal} signal
 */
async function bundled(signal) {
  showProgress('speed.fetching', 0);
  const response = await fetch(BUNDLED, { signal });
  if (!response.ok) throw new Error(`${BUNDLED}: the server answers ${response.status}`);
  return response.blob();
}

/**
 * @param {Blob} blob
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
async function measure(blob, signal) {
  const began = performance.now();
  const model = await Gander.load(blob, {
    contextLength: CONTEXT,
    signal,
    onProgress: ({ loaded, total }) => showProgress('speed.loading', total && loaded / total),
  });
  try {
    const load = performance.now() - began;
    showProgress('speed.warming', 0);
    await round(model, 0, 32, 16, signal); // the browser compiles the hot code meanwhile
    const prefill = [], decode = [];
    const first = performance.now();
    for (let i = 1, time = 0; (i <= ROUNDS || time < SHORT) && time < LONG; i++, time = performance.now() - first) {
      showProgress('speed.measuring', Math.min((i - 1) / ROUNDS, Math.max(time / SHORT, time / LONG)));
      const { promptTime, stepsTime } = await round(model, i, PROMPT, STEPS, signal);
      prefill.push((PROMPT * 1000) / promptTime);
      decode.push((STEPS * 1000) / stepsTime);
    }
    return { info: model.info, load, prefill: middle(prefill), decode: middle(decode) };
  } finally {
    model.close();
  }
}

/**
 * Times, in milliseconds: of a prompt of so many tokens, until the next token is there, and of so many further tokens.
 *
 * @param {Model} model
 * @param {number} salt another one makes a prompt that shares nothing with the one before, of which the model would remember it
 * @param {number} length
 * @param {number} steps
 * @param {AbortSignal} signal
 */
async function round(model, salt, length, steps, signal) {
  // Ids from the middle of the vocabulary are ordinary tokens.
  const low = model.info.vocabSize >> 2, range = Math.max(1, model.info.vocabSize >> 1);
  const ids = Int32Array.from({ length }, (_, i) => low + ((i * 7919 + salt * 104729) % range));
  const began = performance.now();
  let first = 0, last = 0;
  for await (const _ of model.generate(ids, { maxTokens: steps + 1, temperature: 0, ignoreEOS: true, signal })) {
    last = performance.now();
    first ||= last;
  }
  return { promptTime: first - began, stepsTime: last - first };
}

/** @param {number[]} values */
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * @param {import('./language.js').Key} what
 * @param {number} part from 0 to 1
 */
function showProgress(what, part) {
  say(loadingText, () => t(what));
  bar.value = part;
}

function showBusy() {
  const focused = document.activeElement;
  const busy = current !== undefined;
  loading.hidden = !busy;
  start.disabled = file.disabled = busy;
  stop.disabled = !busy;
  if (focused === start && busy) stop.focus(); // a disabled button would lose the focus to the page's top
  if (focused === stop && !busy) start.focus();
}

/**
 * Puts a result on top of the ones before.
 *
 * @param {Result} result
 * @param {() => string} name
 */
function showResult({ info, load, prefill, decode }, name) {
  const rate = (/** @type {number} */ r) => t('tokens.rate', { rate: r.toLocaleString(language(), { maximumSignificantDigits: 3, useGrouping: true }) });
  /** @type {[() => string, () => string][]} */
  const figures = [
    [() => t('speed.load'), () => formatDuration(load)],
    [() => t('speed.read', { n: PROMPT }), () => rate(prefill)],
    [() => t('speed.write', { n: STEPS }), () => rate(decode)],
    [() => t('speed.memory'), () => formatBytes(info.memory.total)],
  ];
  const list = element('dl', 'figures');
  for (const [term, value] of figures) list.append(element('div', '', saying('dt', '', term), saying('dd', '', value)));
  const about = () => [
    info.architecture,
    t('speed.parameters', { n: formatCount(info.parameters) }),
    t('speed.weights', { types: formatTypes(info.types) }),
    formatBytes(info.fileSize),
  ].join(' · ');
  results.prepend(element('article', 'sheet result', saying('h2', 'name', name), saying('p', 'facts', about), list));
  announce(`${name()}: ${figures.map(([term, value]) => `${term()}: ${value()}`).join(', ')}.`);
}

/**
 * An element that says something, in whatever language the page is in.
 *
 * @param {string} tag
 * @param {string} className
 * @param {() => string} text
 */
function saying(tag, className, text) {
  const made = element(tag, className);
  say(made, text);
  return made;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...Node} children
 */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
