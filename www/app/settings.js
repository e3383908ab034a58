// The settings form.

import { byId } from './dom.js';
import { t } from './language.js';

/** @typedef {{temperature: number, topK: number, topP: number, seed: number, maxTokens: number}} Settings */

const names = /** @type {const} */ (['temperature', 'topP', 'topK', 'maxTokens', 'seed']);
const inputs = new Map(names.map((name) => [name, byId(name, HTMLInputElement)]));
const freshSeed = byId('fresh-seed', HTMLInputElement);

for (const name of /** @type {const} */ (['temperature', 'topP'])) {
  const input = byId(name, HTMLInputElement);
  const output = byId(`${name}-value`, HTMLOutputElement);
  const show = () => (output.value = Number(input.value).toString());
  input.addEventListener('input', show);
  addEventListener('pageshow', show); // the browser may have restored another value
}

byId('settings', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
byId('seed', HTMLInputElement).addEventListener('input', () => (freshSeed.checked = false)); // who types a seed wants that one

/** A setting that is wrong; `explain` says which, in the language of the page. */
export class Mistake extends Error {
  /** @param {() => string} explain */
  constructor(explain) {
    super(explain());
    this.explain = explain;
  }
}

/**
 * The settings as the form has them, after it drew a new seed if it should. It throws a Mistake that names a field that is wrong.
 *
 * @returns {Settings}
 */
export function readSettings() {
  if (freshSeed.checked) byId('seed', HTMLInputElement).value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
  const entries = [...inputs].map(([name, input]) => {
    if (input.value === '' || !input.checkValidity()) {
      input.focus();
      const key = input.step === '1' ? 'settings.wrongWhole' : 'settings.wrong';
      throw new Mistake(() => t(key, { name: t(name), min: Number(input.min), max: Number(input.max) }));
    }
    return [name, input.valueAsNumber];
  });
  return Object.fromEntries(entries);
}
