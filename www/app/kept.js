// The panel of kept models: what is on this machine, how large it is, and a way to delete it.

import { Gander } from '../gander/index.js';
import { byId } from './dom.js';
import { formatBytes, nameOf } from './format.js';
import { say, t } from './language.js';
import { announce, showError } from './notice.js';

const list = byId('kept-list', HTMLUListElement);
const about = byId('kept-about', HTMLParagraphElement);
const persist = byId('kept-persist', HTMLButtonElement);

/** Wires the panel and fills it. */
export function startKept() {
  persist.addEventListener('click', async () => {
    const agreed = await Gander.cache.persist();
    announce(t(agreed ? 'kept.agreed' : 'kept.refused'));
    await showKept(!agreed);
  });
  showKept();
}

/**
 * Shows what is kept now.
 *
 * @param {boolean} [refused] whether the browser was asked to keep it for good and did not agree
 */
export async function showKept(refused = false) {
  try {
    if (!(await Gander.cache.available())) {
      say(about, () => t('kept.unavailable'));
      persist.hidden = true;
      return;
    }
    const [files, { models, usage, quota, persisted }] = await Promise.all([Gander.cache.list(), Gander.cache.estimate()]);
    list.replaceChildren(...files.map(item));
    say(about, () => {
      if (files.length === 0) return t('kept.none');
      const room = t('kept.room', { models: formatBytes(models), room: formatBytes(quota - usage) });
      return [room, t(persisted ? 'kept.forGood' : 'kept.forNow'), refused ? t('kept.refused') : ''].filter(Boolean).join(' ');
    });
    persist.hidden = persisted || files.length === 0;
  } catch (error) {
    showError(error, () => t('kept.notListed'));
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
  say(facts, () => {
    if (complete) return formatBytes(held);
    return size ? t('kept.partOf', { held: formatBytes(held), size: formatBytes(size) }) : t('kept.part', { held: formatBytes(held) });
  });
  remove.type = 'button';
  remove.className = 'quiet';
  say(remove, () => t('kept.delete'));
  say(remove, () => t('kept.deleteLabel', { name }), 'aria-label');
  remove.addEventListener('click', async () => {
    try {
      await Gander.cache.delete(url);
      announce(t('kept.deleted', { name }));
    } catch (error) {
      showError(error, () => t('kept.notDeleted', { name }));
    }
    await showKept();
    byId('kept-summary', HTMLElement).focus(); // the button is gone
  });
  text.append(facts);
  row.append(text, remove);
  return row;
}
