// The panel of kept models: what is on this machine, how large it is, and a way to delete it.

import { Gander } from '../gander/index.js';
import { byId } from './dom.js';
import { formatBytes, nameOf } from './format.js';
import { announce, showError } from './notice.js';

const list = byId('kept-list', HTMLUListElement);
const about = byId('kept-about', HTMLParagraphElement);
const persist = byId('kept-persist', HTMLButtonElement);

/** Wires the panel and fills it. */
export function startKept() {
  persist.addEventListener('click', async () => {
    const agreed = await Gander.cache.persist();
    announce(agreed ? 'The browser will not delete the kept models by itself.' : 'The browser did not agree. It may later, when you visit more often.');
    await showKept();
    if (!agreed) about.textContent += ' The browser did not agree to keep them for good; it may later, when you visit more often.';
  });
  showKept();
}

/** Shows what is kept now. */
export async function showKept() {
  try {
    if (!(await Gander.cache.available())) {
      about.textContent = 'This browser does not let the page keep models (perhaps this is a private window). Each visit downloads them again.';
      persist.hidden = true;
      return;
    }
    const [files, { models, usage, quota, persisted }] = await Promise.all([Gander.cache.list(), Gander.cache.estimate()]);
    list.replaceChildren(...files.map(item));
    about.textContent = files.length === 0
      ? 'Models from the web are kept here, so that the next visit downloads nothing.'
      : `${formatBytes(models)} on this machine; the browser offers ${formatBytes(quota - usage)} more. ${persisted ? 'It keeps them until you delete them.' : 'It may delete them when the disk runs short.'}`;
    persist.hidden = persisted || files.length === 0;
  } catch (error) {
    showError(error, 'The kept models could not be listed.');
  }
}

/** @param {import('../gander/index.js').KeptFile} file */
function item({ url, size, held, complete }) {
  const name = nameOf(url);
  const row = document.createElement('li');
  const text = document.createElement('p');
  const facts = document.createElement('span');
  const remove = document.createElement('button');
  text.textContent = name;
  text.title = url;
  facts.textContent = complete ? formatBytes(held) : `${formatBytes(held)}${size ? ` of ${formatBytes(size)}` : ''}, not complete; loading it goes on`;
  remove.type = 'button';
  remove.className = 'quiet';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${name} from this machine`);
  remove.addEventListener('click', async () => {
    try {
      await Gander.cache.delete(url);
      announce(`${name} is deleted.`);
    } catch (error) {
      showError(error, `${name} was not deleted.`);
    }
    await showKept();
    byId('kept-summary', HTMLElement).focus(); // the button is gone
  });
  text.append(facts);
  row.append(text, remove);
  return row;
}
