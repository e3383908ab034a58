// The writing part: takes the beginning, has the model go on from it, and shows the text and how fast it came.

import { forgetAttention, generate as generateFrom, startAttention } from './attention.js';
import { byId } from './dom.js';
import { formatDuration } from './format.js';
import { language, say, t } from './language.js';
import { announce, clearNotice, showError, showMistake } from './notice.js';
import { Mistake, readSettings } from './settings.js';

/** @typedef {import('../gander/index.js').Model} Model */

const form = byId('prompt-form', HTMLFormElement);
const prompt = byId('prompt', HTMLTextAreaElement);
const generate = byId('generate', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const sheet = byId('sheet', HTMLElement);
const given = byId('given', HTMLSpanElement);
const written = byId('written', HTMLSpanElement);
const stats = byId('stats', HTMLParagraphElement);

/** @type {Model | undefined} */
let model;

/** @type {AbortController | undefined} The generation that is under way. */
let current;

/** Wires the form and the keys. */
export function startWriter() {
  startAttention();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    write();
  });
  stop.addEventListener('click', () => current?.abort());
  addEventListener('keydown', (event) => {
    if (event.isComposing) return; // the key is the input method's
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      write();
    } else if (event.key === 'Escape') current?.abort();
  });
}

/**
 * Takes a model that was loaded and closes the one before.
 *
 * @param {Model} loaded
 */
export function useModel(loaded) {
  current?.abort();
  model?.close();
  forgetAttention();
  model = loaded;
  showBusy();
}

async function write() {
  if (!model || current) return;
  const controller = (current = new AbortController());
  clearNotice();
  showBusy();
  /** @type {Paper | undefined} */
  let paper;
  try {
    const settings = readSettings();
    paper = new Paper(prompt.value);
    const stream = generateFrom(model, prompt.value, { ...settings, signal: controller.signal });
    announce(t('writing'));
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) paper.add(step.value.text);
    const { finishReason } = step.value;
    paper.end(finishReason === 'length' ? 'end.length' : 'end.text');
  } catch (error) {
    paper?.end(controller.signal.aborted ? 'end.stopped' : undefined);
    if (error instanceof Mistake) showMistake(error.explain);
    else if (!controller.signal.aborted) showError(error);
  } finally {
    current = undefined;
    showBusy();
  }
}

function showBusy() {
  const focused = document.activeElement;
  generate.disabled = !model || current !== undefined;
  stop.disabled = current === undefined;
  if (focused === generate && generate.disabled) stop.focus(); // a disabled button would lose the focus to the page's top
  if (focused === stop && stop.disabled) generate.focus();
  sheet.setAttribute('aria-busy', String(current !== undefined));
}

const LEAST = 30; // ms in which a rate can be measured: tokens arrive in bursts

/** What one generation writes on: the text, drawn at most once a frame, and the figures beside it. */
class Paper {
  #started = performance.now();
  #first = 0;
  #last = 0;
  #tokens = 0;
  #waiting = '';
  #frame = 0;

  /** @param {string} beginning */
  constructor(beginning) {
    given.textContent = beginning;
    written.textContent = '';
    say(stats, () => '');
  }

  /** @param {string} text */
  add(text) {
    this.#last = performance.now();
    this.#first ||= this.#last;
    this.#tokens++;
    this.#waiting += text;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** @param {import('./language.js').Key} [reason] */
  end(reason) {
    cancelAnimationFrame(this.#frame);
    this.#draw(reason);
    announce(t('written', { n: this.#tokens, reason: reason ? t(reason) : '' }));
  }

  /** @param {import('./language.js').Key} [reason] */
  #draw(reason) {
    this.#frame = 0;
    written.append(this.#waiting);
    this.#waiting = '';
    const tokens = this.#tokens, first = this.#first - this.#started;
    const time = this.#last - this.#first;
    const rate = (tokens - 1) / (time / 1000);
    const digits = rate < 100 ? 1 : 0;
    say(stats, () => [
      tokens > 0 ? t('tokens', { n: tokens }) : '',
      tokens > 4 && time >= LEAST ? t('tokens.rate', { rate: rate.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }) }) : '',
      tokens > 0 ? t('tokens.first', { time: formatDuration(first) }) : '',
      reason ? t(reason) : '',
    ].filter(Boolean).join(' · '));
  }
}
