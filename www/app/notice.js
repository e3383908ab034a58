// What the page tells the person: errors in a box, and short words for screen readers.

import { GanderError } from '../gander/index.js';
import { byId } from './dom.js';

const notice = byId('notice', HTMLDivElement);
const text = byId('notice-text', HTMLParagraphElement);
const detail = byId('notice-detail', HTMLParagraphElement);
const status = byId('status', HTMLParagraphElement);

byId('notice-close', HTMLButtonElement).addEventListener('click', clearNotice);

/** @type {Partial<Record<import('../gander/index.js').ErrorCode, string>>} */
const meanings = {
  bad_file: 'This file is not a working GGUF model. It may be cut short or damaged.',
  unsupported: 'Gander cannot run this model yet.',
  context_full: 'The beginning is longer than this model can read. Make it shorter.',
  network: 'The model could not be downloaded.',
  integrity: 'The model arrived damaged, or it is another file than it should be. It was not kept; try again.',
  busy: 'The model is in use, perhaps in another tab. Try again when it is loaded.',
  io: 'The file could not be read.',
  memory: 'This model needs more memory than the browser gives to one tab.',
  worker: 'The engine stopped.',
  internal: 'Gander has a bug. Please report it with the message below.',
};

/**
 * Shows an error.
 *
 * @param {unknown} error
 * @param {string} [what] what the person tried
 */
export function showError(error, what = '') {
  const message = error instanceof Error ? error.message : String(error);
  const meaning = (error instanceof GanderError && meanings[error.code]) || '';
  text.textContent = [what, meaning || message].filter(Boolean).join(' ');
  detail.textContent = meaning ? message : '';
  notice.hidden = false;
  notice.scrollIntoView({ block: 'nearest' });
}

export function clearNotice() {
  notice.hidden = true;
  text.textContent = detail.textContent = '';
}

/**
 * Says something to screen readers, when they have time.
 *
 * @param {string} message
 */
export function announce(message) {
  status.textContent = message;
}
