// What the page tells the person: errors in a box, and short words for screen readers.

import { GanderError } from '../gander/index.js';
import { byId } from './dom.js';
import { say, t } from './language.js';

const notice = byId('notice', HTMLDivElement);
const text = byId('notice-text', HTMLParagraphElement);
const detail = byId('notice-detail', HTMLParagraphElement);
const status = byId('status', HTMLParagraphElement);

byId('notice-close', HTMLButtonElement).addEventListener('click', () => {
  clearNotice();
  notice.closest('section')?.focus({ preventScroll: true }); // the button is gone
});

/** The errors that have a text of their own. @type {Partial<Record<import('../gander/index.js').ErrorCode, import('./language.js').Key>>} */
const meanings = {
  bad_file: 'error.bad_file',
  unsupported: 'error.unsupported',
  context_full: 'error.context_full',
  network: 'error.network',
  integrity: 'error.integrity',
  busy: 'error.busy',
  io: 'error.io',
  memory: 'error.memory',
  worker: 'error.worker',
  internal: 'error.internal',
};

/**
 * Shows an error. What the engine says is English; it comes below.
 *
 * @param {unknown} error
 * @param {() => string} [what] what the person tried, and that it failed
 */
export function showError(error, what) {
  const message = error instanceof Error ? error.message : String(error);
  const meaning = error instanceof GanderError ? meanings[error.code] : undefined;
  say(text, () => [what?.(), meaning ? t(meaning) : what ? '' : t('error.other')].filter(Boolean).join(' '));
  detail.textContent = message;
  notice.hidden = false;
  notice.scrollIntoView({ block: 'nearest' });
}

/**
 * Says what is wrong with what the person put in.
 *
 * @param {() => string} what
 */
export function showMistake(what) {
  say(text, what);
  detail.textContent = '';
  notice.hidden = false;
  notice.scrollIntoView({ block: 'nearest' });
}

export function clearNotice() {
  notice.hidden = true;
  say(text, () => '');
  detail.textContent = '';
}

/**
 * Says something to screen readers, when they have time.
 *
 * @param {string} message
 */
export function announce(message) {
  let now = message;
  say(status, () => [now, (now = '')][0]); // it is not said again in another language
}
