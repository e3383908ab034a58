// The choice of what is shown: one head, the mean, the maximum, or the rollout; of which layer; and heads off and on.

import { enable, h, isEnabled } from './dom.js';

/**
 * @param {import('./state.js').State} state
 * @param {(ablate: import('./trace.js').Ablation[]) => void} write writes the text again with these heads off
 * @param {() => boolean} canWrite
 * @returns {import('./dom.js').Part}
 */
export function makePicker(state, write, canWrite) {
  const { t } = state;
  const modes = /** @type {const} */ (['head', 'mean', 'max', 'rollout']);
  const select = (/** @type {(value: string) => void} */ change, /** @type {HTMLOptionElement[]} */ options = []) =>
    h('select', { onchange: (/** @type {Event} */ event) => change(/** @type {HTMLSelectElement} */ (event.target).value) }, ...options);
  const mode = select((value) => state.choose({ mode: modes.find((one) => one === value) ?? 'head' }), modes.map((one) => h('option', { value: one }, t(`mode.${one}`))));
  const layer = select((value) => state.choose({ layer: Number(value) }));
  const head = select((value) => state.choose({ head: Number(value) }));
  const headLabel = h('label', {}, t('head'), head);
  const off = h('button', { type: 'button', title: t('off.hint'), onclick: () => isEnabled(off) && write(toggled()) });
  const restore = () => {
    if (!isEnabled(all)) return;
    (off.hidden ? mode : off).focus(); // the button goes
    state.change({ runs: state.runs.slice(0, 1), shown: 0 });
  };
  const all = h('button', { type: 'button', class: 'quiet', onclick: restore }, t('off.all'));
  let shape = '';

  /** The head that is shown, as the engine numbers it. */
  const shown = () => {
    const { trace, pick } = state;
    return { layer: trace?.layers[Math.max(0, pick.layer)] ?? 0, head: trace?.heads[pick.head] ?? 0 };
  };
  /** What is off in the newest text. */
  const offNow = () => state.runs.at(-1)?.trace.ablate ?? [];
  const same = (/** @type {{layer: number, head: number}} */ a, /** @type {{layer: number, head: number}} */ b) => a.layer === b.layer && a.head === b.head;
  const toggled = () => {
    const one = shown();
    const others = offNow().filter((other) => !same(one, other));
    return others.length === offNow().length ? [...others, one] : others;
  };

  return {
    element: h('div', { class: 'picker' }, h('label', {}, t('show'), mode), h('label', {}, t('layer'), layer), headLabel, h('div', { class: 'offs' }, off, all)),
    update() {
      const { trace, pick } = state;
      if (!trace) return;
      const numbers = `${trace.layers} ${trace.heads} ${pick.mode === 'head'}`;
      if (numbers !== shape) {
        const every = pick.mode === 'head' ? [] : [h('option', { value: '-1' }, t('layer.all'))];
        layer.replaceChildren(...every, ...trace.layers.map((number, i) => h('option', { value: String(i) }, String(number))));
        head.replaceChildren(...trace.heads.map((number, i) => h('option', { value: String(i) }, String(number))));
        shape = numbers;
      }
      mode.value = pick.mode;
      layer.value = String(pick.mode === 'head' ? Math.max(0, pick.layer) : pick.layer);
      head.value = String(pick.head);
      headLabel.hidden = pick.mode !== 'head';
      off.hidden = pick.mode !== 'head' || !canWrite();
      enable(off, !state.busy);
      off.textContent = t(offNow().some((one) => same(one, shown())) ? 'off.on' : 'off');
      all.hidden = state.runs.length < 2;
      enable(all, !state.busy);
    },
  };
}
