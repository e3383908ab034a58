// The view of the attention, when it is wanted: until then, nothing of it is loaded, and nothing is traced.

import { byId } from './dom.js';
import { t } from './language.js';
import { showError } from './notice.js';

/** @typedef {import('../gander/index.js').Model} Model */
/** @typedef {import('../gander/view/gander-attention.js').GanderAttention} GanderAttention */

const wanted = byId('see', HTMLInputElement);
const panel = byId('seen', HTMLElement);

/** @type {GanderAttention | undefined} */
let view;

/** Settles when what the switch asks for is there; never rejects. */
let shown = Promise.resolve();

/** Wires the switch. */
export function startAttention() {
  const start = () => {
    shown = show();
  };
  wanted.addEventListener('change', start);
  addEventListener('pageshow', start); // the browser may have restored it
}

async function show() {
  panel.hidden = !wanted.checked;
  if (!wanted.checked) {
    view?.clear(); // nor is a text written on that is only for it
    view?.remove();
    view = undefined;
    return;
  }
  try {
    const { GanderAttention } = await import('../gander/view/gander-attention.js');
    if (!wanted.checked || view) return; // it was switched meanwhile
    view = new GanderAttention();
    byId('view', HTMLDivElement).append(view);
  } catch (error) {
    wanted.checked = false;
    panel.hidden = true;
    showError(error, () => t('see.failed'));
  }
}

/**
 * Has the model write, and shows the attention if that is wanted.
 *
 * @param {Model} model
 * @param {string} prompt
 * @param {import('../gander/index.js').GenerateOptions} options
 */
export async function* generate(model, prompt, options) {
  await shown; // a view that was just switched on may still be loading
  return yield* view ? view.watch(model, prompt, options) : model.generate(prompt, options);
}

/** Empties the view: another model is there. */
export function forgetAttention() {
  view?.clear();
}
