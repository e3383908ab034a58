// The model panel: loads the bundled model or one of the person's own, shows how far it is and what it is.

import { Gander } from '../gander/index.js';
import { byId } from './dom.js';
import { formatBytes, formatCount, formatTypes, nameOf } from './format.js';
import { showKept } from './kept.js';
import { say, t } from './language.js';
import { announce, clearNotice, showError } from './notice.js';

/** @typedef {import('../gander/index.js').Model} Model */

const BUNDLED = 'models/stories.gguf';

const loading = byId('loading', HTMLDivElement);
const loadingText = byId('loading-text', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const cancel = byId('cancel', HTMLButtonElement);
const generate = byId('generate', HTMLButtonElement);
const card = byId('card', HTMLDivElement);
const own = byId('open-own', HTMLDetailsElement);
const ownSummary = byId('own-summary', HTMLElement);
const file = byId('file', HTMLInputElement);
const folder = byId('folder', HTMLInputElement);
const bundled = byId('bundled', HTMLButtonElement);
const workers = byId('workers', HTMLSelectElement);
const drop = byId('drop', HTMLDivElement);

/** @typedef {string | File | File[]} Chosen one file, several that belong together, or an address */

/** @typedef {{source: Chosen, name: () => string, controller: AbortController}} Load */

/** @type {Load | undefined} The load that is under way. */
let current;

/** @type {Load | undefined} The one that the model in use came from. */
let used;

/**
 * Wires the panel and loads the bundled model.
 *
 * @param {(model: Model) => void} onModel takes each model that was loaded, and closes the one before
 */
export function startLoader(onModel) {
  /**
   * @param {Chosen} source
   * @param {() => string} name
   */
  const load = async (source, name) => {
    current?.controller.abort(); // the newest choice counts
    const controller = new AbortController();
    const mine = (current = { source, name, controller });
    clearNotice();
    showProgress(name, 0, 0);
    loading.scrollIntoView({ block: 'nearest' }); // on a phone the panel is far below it
    try {
      const model = await Gander.load(source, {
        workers: workers.value === 'auto' ? 'auto' : Number(workers.value),
        signal: controller.signal,
        onProgress: ({ loaded, total }) => current === mine && showProgress(name, loaded, total),
      });
      const { kept, whyNotKept, info } = model;
      showCard(info, source === BUNDLED ? () => t('model.writer') : name, () => {
        const about = source === BUNDLED ? t('model.aboutBundled') : info.description || t('model.aboutOwn');
        return typeof source === 'string' && !kept ? t('model.notKept', { about, reason: whyNotKept ?? '' }) : about;
      });
      used = mine;
      announce(t('model.loaded', { name: name() }));
      onModel(model);
    } catch (error) {
      if (!controller.signal.aborted) showError(error, () => t('model.notLoaded', { name: name() }));
    } finally {
      if (current === mine) {
        current = undefined;
        if (!used) {
          own.open = true; // the way on
          if (controller.signal.aborted) announce(t('model.none'));
        }
        if (document.activeElement === cancel) (generate.disabled ? ownSummary : generate).focus({ preventScroll: true }); // it goes
        loading.hidden = true;
        showKept();
        bundled.hidden = used?.source === BUNDLED;
      }
    }
  };
  const loadFiles = (/** @type {File[]} */ files) => {
    if (files.length === 1) load(files[0], ownName(files[0].name));
    else if (files.length > 1) load(files, ownName(files[0].webkitRelativePath.split('/')[0] || files[0].name));
  };
  const cores = Math.min(navigator.hardwareConcurrency, 16);
  for (let n = 1; n <= cores; n++) workers.append(new Option(String(n)));
  workers.addEventListener('change', () => {
    const again = current ?? used;
    if (again) load(again.source, again.name);
  });
  for (const input of [file, folder]) {
    input.addEventListener('change', () => {
      loadFiles([...(input.files ?? [])]);
      input.value = ''; // so that the same can be picked again
    });
  }
  byId('url-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const url = byId('url', HTMLInputElement).value;
    load(url, ownName(nameOf(url)));
  });
  cancel.addEventListener('click', () => current?.controller.abort());
  bundled.addEventListener('click', () => {
    load(BUNDLED, bundledName);
    cancel.focus(); // the button goes when it is loaded
  });
  acceptDrops(loadFiles);
  load(BUNDLED, bundledName);
}

const bundledName = () => t('model.bundled');

/**
 * The name of something of the person's own, which is the same in all languages.
 *
 * @param {string} name
 * @returns {() => string}
 */
function ownName(name) {
  return () => name;
}

/**
 * @param {() => string} name
 * @param {number} loaded
 * @param {number} total 0 while it is not known
 */
function showProgress(name, loaded, total) {
  loading.hidden = false;
  say(loadingText, () => {
    const values = { name: name === bundledName ? t('model.bundledWithin') : name(), loaded: formatBytes(loaded), total: formatBytes(total) };
    return t(total > 0 ? 'model.loadingOf' : loaded > 0 ? 'model.loadingSome' : 'model.loading', values);
  });
  if (total > 0) bar.value = loaded / total;
  else bar.removeAttribute('value'); // indeterminate
}

/**
 * @param {import('../gander/index.js').ModelInfo} info
 * @param {() => string} name
 * @param {() => string} about
 */
function showCard(info, name, about) {
  say(byId('model-name', HTMLParagraphElement), name);
  say(byId('model-about', HTMLParagraphElement), about);
  say(byId('model-facts', HTMLParagraphElement), () => [
    t('model.parameters', { architecture: info.architecture, parameters: formatCount(info.parameters), layers: info.numLayers }),
    t('model.weights', { types: formatTypes(info.types), size: formatBytes(info.fileSize) }),
    t('model.context', { n: info.contextLength }),
    t('model.memory', { size: formatBytes(info.memory.total) }),
    info.workers === 1 ? t('model.oneWorker') : t(info.transport === 'shared' ? 'model.sharedMemory' : 'model.ports', { n: info.workers }),
  ].join(' · '));
  card.hidden = false;
}

/**
 * Lets the person drop files anywhere on the page.
 *
 * @param {(files: File[]) => void} onFiles
 */
function acceptDrops(onFiles) {
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault(); // without this the browser would open the file instead of the page
    drop.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) drop.hidden = true; // it left the window
  });
  addEventListener('drop', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    drop.hidden = true;
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}
