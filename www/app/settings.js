// The settings form.

import { byId } from './dom.js';

/** @typedef {{temperature: number, topK: number, topP: number, seed: number, maxTokens: number}} Settings */

const names = /** @type {const} */ (['temperature', 'topP', 'topK', 'maxTokens', 'seed']);
const inputs = new Map(names.map((name) => [name, byId(name, HTMLInputElement)]));
const freshSeed = byId('fresh-seed', HTMLInputElement);

for (const name of /** @type {const} */ (['temperature', 'topP'])) {
  const input = byId(name, HTMLInputElement);
  const output = byId(`${name}-value`, HTMLOutputElement);
  const show = () => (output.value = Number(input.value).toString());
  input.addEventListener('input', show);
  show(); // the browser may have restored another value
}

byId('settings', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
byId('seed', HTMLInputElement).addEventListener('input', () => (freshSeed.checked = false)); // who types a seed wants that one

/**
 * The settings as the form has them, after it drew a new seed if it should. It throws a RangeError that names a field that is wrong.
 *
 * @returns {Settings}
 */
export function readSettings() {
  if (freshSeed.checked) byId('seed', HTMLInputElement).value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
  const entries = [...inputs].map(([name, input]) => {
    if (input.value === '' || !input.checkValidity()) {
      input.focus();
      throw new RangeError(`${input.labels?.[0].textContent}: enter a whole number from ${input.min} to ${Number(input.max).toLocaleString('en')}.`);
    }
    return [name, input.valueAsNumber];
  });
  return Object.fromEntries(entries);
}
