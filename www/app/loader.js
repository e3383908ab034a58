// The model panel: loads the bundled model or one of the person's own, shows how far it is and what it is.

import { Gander } from '../gander/index.js';
import { byId } from './dom.js';
import { formatBytes, formatCount, nameOf } from './format.js';
import { showKept } from './kept.js';
import { announce, clearNotice, showError } from './notice.js';

/** @typedef {import('../gander/index.js').Model} Model */

const BUNDLED = 'models/stories.gguf';
const ABOUT_BUNDLED =
  'A tiny story writer that this project trained from nothing, on text that a program of its own made up. It only writes simple stories; it cannot chat or answer questions.';
const ABOUT_OWN = 'Your own model. It stays on this machine.';

const loading = byId('loading', HTMLDivElement);
const loadingText = byId('loading-text', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const card = byId('card', HTMLDivElement);
const file = byId('file', HTMLInputElement);
const folder = byId('folder', HTMLInputElement);
const bundled = byId('bundled', HTMLButtonElement);
const workers = byId('workers', HTMLSelectElement);
const drop = byId('drop', HTMLDivElement);

/** @type {AbortController | undefined} The load that is under way. */
let current;

/** @typedef {string | File | File[]} Chosen one file, several that belong together, or an address */

/** @type {Chosen | undefined} Where the model in use came from. */
let used;
let usedName = '';

/**
 * Wires the panel and loads the bundled model.
 *
 * @param {(model: Model) => void} onModel takes each model that was loaded, and closes the one before
 */
export function startLoader(onModel) {
  /**
   * @param {Chosen} source
   * @param {string} name
   */
  const load = async (source, name) => {
    current?.abort(); // the newest choice counts
    const controller = (current = new AbortController());
    clearNotice();
    showProgress(name, 0, 0);
    loading.scrollIntoView({ block: 'nearest' }); // on a phone the panel is far below it
    try {
      const model = await Gander.load(source, {
        workers: workers.value === 'auto' ? 'auto' : Number(workers.value),
        signal: controller.signal,
        onProgress: ({ loaded, total }) => current === controller && showProgress(name, loaded, total),
      });
      const lost = typeof source === 'string' && !model.kept ? ` It is not kept for the next visit: ${model.whyNotKept}.` : '';
      if (source === BUNDLED) showCard(model.info, 'Story writer', ABOUT_BUNDLED);
      else showCard(model.info, name, (model.info.description || ABOUT_OWN) + lost);
      used = source;
      usedName = name;
      announce(`${name} is loaded.`);
      onModel(model);
    } catch (error) {
      if (!controller.signal.aborted) showError(error, `${name} was not loaded.`);
    } finally {
      if (current === controller) {
        current = undefined;
        loading.hidden = true;
        showKept();
        bundled.hidden = used === BUNDLED;
      }
    }
  };
  const loadFiles = (/** @type {File[]} */ files) => {
    if (files.length === 1) load(files[0], files[0].name);
    else if (files.length > 1) load(files, files[0].webkitRelativePath.split('/')[0] || files[0].name);
  };
  const cores = Math.min(navigator.hardwareConcurrency, 16);
  for (let n = 1; n <= cores; n++) workers.append(new Option(String(n)));
  workers.addEventListener('change', () => used && load(used, usedName));
  for (const input of [file, folder]) {
    input.addEventListener('change', () => {
      loadFiles([...(input.files ?? [])]);
      input.value = ''; // so that the same can be picked again
    });
  }
  byId('url-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const url = byId('url', HTMLInputElement).value;
    load(url, nameOf(url));
  });
  byId('cancel', HTMLButtonElement).addEventListener('click', () => current?.abort());
  bundled.addEventListener('click', () => load(BUNDLED, 'The story writer'));
  acceptDrops(loadFiles);
  load(BUNDLED, 'The story writer');
}

/**
 * @param {string} name
 * @param {number} loaded
 * @param {number} total 0 while it is not known
 */
function showProgress(name, loaded, total) {
  loading.hidden = false;
  const amount = total > 0 ? `: ${formatBytes(loaded)} of ${formatBytes(total)}` : loaded > 0 ? `: ${formatBytes(loaded)}` : '';
  loadingText.textContent = `Loading ${name.replace(/^The/, 'the')}${amount}`;
  if (total > 0) bar.value = loaded / total;
  else bar.removeAttribute('value'); // indeterminate
}

/**
 * @param {import('../gander/index.js').ModelInfo} info
 * @param {string} name
 * @param {string} about
 */
function showCard(info, name, about) {
  byId('model-name', HTMLParagraphElement).textContent = name;
  byId('model-about', HTMLParagraphElement).textContent = about;
  byId('model-facts', HTMLParagraphElement).textContent = [
    `${info.architecture}, ${formatCount(info.parameters)} parameters in ${info.numLayers} layers`,
    `${Object.keys(info.types).sort().join(' and ')} weights, ${formatBytes(info.fileSize)}`,
    `context of ${info.contextLength.toLocaleString('en')} tokens`,
    `${formatBytes(info.memory.total)} of memory`,
    info.workers === 1 ? 'one worker' : `${info.workers} workers over ${info.transport === 'shared' ? 'shared memory' : 'message ports'}`,
  ].join(' · ');
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
