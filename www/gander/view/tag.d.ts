// Tells TypeScript what document.querySelector('gander-attention') gives.

import type { GanderAttention } from './gander-attention.js';

export type Tag = 'gander-attention';

declare global {
  interface HTMLElementTagNameMap {
    'gander-attention': GanderAttention;
  }
}
