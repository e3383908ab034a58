// <gander-attention>: shows what a model looks at while it writes. It needs nothing but the files of this folder.
//
//   <script type="module" src="gander/view/gander-attention.js"></script>
//   <gander-attention></gander-attention>
//
//   const view = document.querySelector('gander-attention')
//   for await (const token of view.watch(model, 'Once upon a time', { temperature: 0 })) text.append(token.text)
//
// `watch` generates, asking for all that the view shows, and passes the tokens on. `follow` shows a stream that comes from anywhere else,
// and passes it on. The language is that of the page (lang="zh…" is Chinese), the colours follow its color-scheme.

import { parseColor, ramp } from './color.js';
import { makeCompare } from './compare.js';
import { h, setText } from './dom.js';
import { makeHeads } from './heads.js';
import { makeMap } from './map.js';
import { makePicker } from './picker.js';
import { makeSave } from './save.js';
import { State } from './state.js';
import { makeSteps } from './steps.js';
import { makeStrip } from './strip.js';
import { css } from './style.js';
import { makeLens, makeLooksAt, makeParts } from './tables.js';
import { megabytes, translator } from './text.js';
import { Trace } from './trace.js';
import { counted, promptBytes, promptTokens, tracing } from './watch.js';

/** @typedef {import('../trace.js').Ablation} Ablation */
/** @typedef {import('./trace.js').TraceToken} TraceToken */
/** @typedef {import('./trace.js').TracedToken} TracedToken */
/** @typedef {import('./watch.js').WatchedModel} WatchedModel */
/** @typedef {import('./tag.js').Tag} Tag the element's name, which TypeScript knows by this import */

/**
 * What is known of a stream beside its tokens.
 *
 * @typedef {object} Source
 * @property {TraceToken[]} [prompt] the tokens that came before, with their texts
 * @property {Ablation[]} [ablate] the heads that were off
 * @property {(ablate: Ablation[]) => AsyncIterable<TracedToken>} [again] writes the same again with these heads off; without it, heads can't
 *   be switched off in the view
 */

const STEPS = 4; // stops of the scale of colours
const PAUSE = 80; // ms between two drawings while the model writes
const nothing = () => '';
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

export class GanderAttention extends HTMLElement {
  /** Bytes that the recorded rows of a text may take; what comes after has none. */
  maxBytes = 256 * 2 ** 20;
  #state = new State(translator('en'), () => this.#draw());
  #root = this.attachShadow({ mode: 'open' });
  /** @type {import('./dom.js').Part[]} */
  #parts = [];
  #frame = 0;
  #timer = 0;
  #drawn = 0;
  /** @type {Source['again']} */
  #again;
  #stops = '';
  #dark = matchMedia('(prefers-color-scheme: dark)');
  #page = new MutationObserver((changes) => {
    if (changes.some(({ attributeName }) => attributeName === 'lang')) this.#build();
    else this.#draw(); // its colours may be others
  });
  /** @type {Set<Element>} The parts that can be seen. */
  #visible = new Set();
  #sight = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) this.#visible[isIntersecting ? 'add' : 'delete'](target);
    this.#draw();
  });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.#page.observe(document.documentElement, { attributes: true });
    this.#dark.addEventListener('change', this.#draw);
    this.#build();
  }

  disconnectedCallback() {
    this.#page.disconnect();
    this.#sight.disconnect();
    this.#dark.removeEventListener('change', this.#draw);
  }

  /**
   * Has a model write, shows what it looks at, and passes the tokens on. Heads that are switched off in the view have the text written
   * again, which `options.signal` does not stop; the event `rewrite` tells how that ends.
   *
   * @param {WatchedModel} model
   * @param {string | number[] | Int32Array} prompt
   * @param {import('../options.js').GenerateOptions} [options]
   * @returns {AsyncGenerator<import('../model.js').Token, import('../model.js').GenerateEnd, void>} as `model.generate` gives it
   */
  async *watch(model, prompt, options = {}) {
    const tokens = model.info.encoderDecoder ? [] : await promptTokens(model, prompt); // the answer is a text of its own
    const size = promptBytes(model.info, Math.max(1, tokens.length));
    const whole = size <= this.maxBytes;
    const all = tracing(options, whole, this.maxBytes);
    const { signal: _, ...rest } = all;
    let length = 1;
    const stream = counted(model.generate(prompt, all), (count) => (length = count));
    const again = (/** @type {Ablation[]} */ ablate) => model.generate(prompt, { ...rest, ablate, maxTokens: length });
    const values = { size: megabytes(size), budget: megabytes(this.maxBytes) };
    const message = whole ? nothing : () => this.#state.t('noPrompt', values);
    return yield* this.#follow(stream, { prompt: tokens, ablate: options.ablate, again }, message);
  }

  /**
   * Shows a stream of tokens that have `attention`, and passes it on. What they have of `lens` and `attribution` is shown as well.
   *
   * @template {TracedToken} T
   * @template [R=unknown]
   * @param {AsyncIterable<T, R>} stream
   * @param {Source} [source]
   * @returns {AsyncGenerator<T, R, void>} ends with what the stream returns
   */
  follow(stream, source = {}) {
    return this.#follow(stream, source, nothing);
  }

  /** Forgets what was shown. */
  clear() {
    this.#again = undefined;
    this.#state.change({ runs: [], shown: 0, message: nothing, busy: false });
  }

  /**
   * @template {TracedToken} T, R
   * @param {AsyncIterable<T, R>} stream
   * @param {Source} source
   * @param {() => string} message
   * @returns {AsyncGenerator<T, R, void>}
   */
  async *#follow(stream, { prompt = [], ablate = [], again }, message) {
    const run = { trace: new Trace(prompt, ablate, this.maxBytes) };
    this.#again = again;
    const state = this.#state;
    state.change({ runs: [run], shown: 0, query: 0, following: true, busy: true, message });
    try {
      return yield* this.#record(stream, run);
    } finally {
      if (run.trace.tokens.length === run.trace.prompt && state.runs.includes(run)) state.change({ runs: [] }); // there is nothing to show
    }
  }

  /**
   * @template {TracedToken} T, R
   * @param {AsyncIterable<T, R>} stream
   * @param {import('./state.js').Run} run
   * @returns {AsyncGenerator<T, R, void>}
   */
  async *#record(stream, run) {
    const state = this.#state;
    const tokens = stream[Symbol.asyncIterator]();
    try {
      let step = await tokens.next();
      for (; !step.done; step = await tokens.next()) {
        run.trace.add(step.value);
        this.#fit(run.trace);
        if (state.trace === run.trace) state.change();
        yield step.value;
      }
      return step.value;
    } finally {
      if (state.runs.includes(run)) state.change({ busy: false });
      await tokens.return?.();
    }
  }

  /**
   * What is picked must be there.
   *
   * @param {Trace} trace
   */
  #fit({ layers, heads }) {
    const { pick } = this.#state;
    if (pick.layer >= layers.length || pick.head >= heads.length) this.#state.pick = { mode: pick.mode, layer: 0, head: 0 };
    const size = megabytes(this.maxBytes);
    if (this.#state.trace?.full) this.#state.message = () => this.#state.t('full', { size });
  }

  /**
   * Writes the text again, with heads off, and shows both.
   *
   * @param {Ablation[]} ablate
   */
  async #rewrite(ablate) {
    const state = this.#state;
    if (!this.#again || state.busy || state.runs.length === 0) return;
    const first = state.runs[0];
    const before = first.trace.ablate;
    if (ablate.length === before.length && ablate.every((one) => before.includes(one))) return state.change({ runs: [first], shown: 0 });
    const run = { trace: new Trace(first.trace.tokens.slice(0, first.trace.prompt), ablate, this.maxBytes) };
    state.change({ runs: [first, run], shown: 1, following: true, busy: true, message: nothing });
    try {
      for await (const _ of this.#record(this.#again(ablate), run)) {
        if (!state.runs.includes(run)) throw AbortSignal.abort().reason; // another text is shown by now, which the model may have to write
      }
      this.dispatchEvent(new CustomEvent('rewrite', { detail: { ablate, text: run.trace.written } }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (state.runs.includes(run)) state.change({ runs: [first], shown: 0, busy: false, message: () => state.t('off.failed', { message }) });
      this.dispatchEvent(new CustomEvent('rewrite', { detail: { ablate, error } }));
    }
  }

  /** Makes all elements, in the language of the page. */
  #build() {
    const state = this.#state;
    const { t } = Object.assign(state, { t: translator(languageOf(this)) });
    const legend = h('div', { class: 'legend' }, h('span', {}, t('scale')), h('span', {}, '0'), h('span', { class: 'scale' }), h('span', {}, '1'),
      ...Array.from({ length: STEPS }, (_, i) => h('i', { class: `stop stop${i}` })));
    const message = h('p', { class: 'message', role: 'status' });
    const says = { element: message, update: () => setText(message, state.message() || (state.trace && state.trace.length === 0 && state.trace.tokens.length > state.trace.prompt ? t('noAttention') : '')) };
    const steps = makeSteps(state), strip = makeStrip(state), heads = makeHeads(state), map = makeMap(state);
    const picker = makePicker(state, (ablate) => this.#rewrite(ablate), () => this.#again !== undefined);
    const compare = makeCompare(state), looksAt = makeLooksAt(state), lens = makeLens(state), parts = makeParts(state);
    const save = makeSave(state, () => this.#look());
    this.#parts = [says, steps, strip, heads, map, picker, compare, looksAt, lens, parts, save];
    const view = h('div', { class: 'view' }, message, steps.element, strip.element, picker.element,
      h('div', { class: 'matrices' }, heads.element, h('div', {}, map.element, legend)), compare.element,
      h('div', { class: 'tables' }, looksAt.element, lens.element), parts.element, save.element);
    this.#root.replaceChildren(h('p', { class: 'empty' }, t('empty')), view);
    this.#sight.disconnect();
    this.#visible.clear();
    for (const { element } of this.#parts) this.#sight.observe(element);
    this.#draw();
  }

  /** Takes the colours of the weights anew, if the page has others by now. */
  #recolor() {
    const colors = Array.from({ length: STEPS }, (_, i) => getComputedStyle(/** @type {Element} */ (this.#root.querySelector(`.stop${i}`))).color);
    if (this.#stops === colors.join()) return;
    this.#stops = colors.join();
    this.#state.colors = ramp(colors.map(parseColor));
  }

  /** The colours of what is saved. */
  #look() {
    const { color, backgroundColor } = getComputedStyle(/** @type {Element} */ (this.#root.querySelector('.view')));
    return { colors: this.#state.colors, ink: color, paper: backgroundColor };
  }

  /** Draws what has changed: at the next frame, but while the model writes, not so often that it takes the processor from it. */
  #draw = () => {
    if (this.#frame) return;
    const wait = this.#state.busy ? this.#drawn + PAUSE - performance.now() : 0;
    if (wait > 0) {
      this.#timer ||= setTimeout(() => this.#update(), wait);
    } else {
      clearTimeout(this.#timer); // what waited while the model wrote need not wait any more
      this.#frame = requestAnimationFrame(() => this.#update());
    }
  };

  #update() {
    this.#frame = 0;
    this.#timer = 0;
    this.#drawn = performance.now();
    if (!this.isConnected) return;
    const state = this.#state;
    this.toggleAttribute('empty', state.runs.length === 0);
    this.ariaBusy = String(state.busy);
    state.follow();
    this.#recolor();
    for (const part of this.#parts) if (!state.busy || part.element.hidden || part.element.matches('[role=status]') || this.#visible.has(part.element)) part.update(); // an empty message can't be seen
  }
}

/**
 * The language that an element is in, also within elements of others.
 *
 * @param {Element | undefined} element
 * @returns {string}
 */
function languageOf(element) {
  if (!element) return '';
  return element.closest('[lang]')?.getAttribute('lang') ?? languageOf(/** @type {ShadowRoot} */ (element.getRootNode()).host);
}

if (!customElements.get('gander-attention')) customElements.define('gander-attention', GanderAttention);
