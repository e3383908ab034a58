// Measures in headless Chromium what speculation gains and costs: the same text with and without, in turns, in one page; the best of
// each counts, for other work on the machine only ever slows a run.
// Usage: bench/run.sh speculate.mjs [ROUNDS] [MODEL …], with models of lib/models.mjs or "bundled". Prints Markdown.

import { fileURLToPath } from 'node:url';
import { inBrowser } from './lib/browser.mjs';
import { modelFiles } from './lib/models.mjs';
import { serve } from './lib/server.mjs';

const [rounds = '4', ...names] = process.argv.slice(2);

/** Ways to write: one that repeats itself without end, one that does now and then, and one that doesn't. Random weights write noise. */
const texts = {
  loop: { temperature: 0, frequencyPenalty: -5, penaltyWindow: 8 },
  ordinary: { temperature: 0.8 },
  noise: { temperature: 1, topK: 0, topP: 1, minP: 0 },
};

let path;
const server = await serve(() => path);
console.log('| model | text | without, tokens/s | with, tokens/s | ratio | drafted | accepted |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |');
try {
  for (const name of names.length > 0 ? names : ['smollm2-q8_0', 'smollm2-q4_0', 'bundled']) {
    path = name === 'bundled' ? fileURLToPath(new URL('../www/models/stories.gguf', import.meta.url)) : modelFiles(name, 'gguf')['model.gguf'];
    await inBrowser(async (page) => {
      page.setDefaultTimeout(0);
      await page.goto(`${server.origin}/page/index.html`);
      for (const text of Object.keys(texts).filter((text) => name === 'bundled' || text !== 'ordinary')) {
        const r = await page.evaluate((task) => import('/page/speculate.mjs').then((m) => m.compare(task)), { options: texts[text], rounds: Number(rounds) });
        console.log(`| ${name} | ${text} | ${r.without.toFixed(1)} | ${r.with.toFixed(1)} | ${(r.with / r.without).toFixed(2)} | ${r.drafted} | ${r.accepted} |`);
      }
    });
  }
} finally {
  server.close();
}
