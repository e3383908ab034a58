// Measures in headless Chromium what a trace costs: the same text without and with each kind of it, in turns, in one page; the best of
// each counts, for other work on the machine only ever slows a run.
// Usage: bench/run.sh trace.mjs [ROUNDS] [DEPTH] [MODEL …], with models of lib/models.mjs or "bundled". Prints Markdown.

import { fileURLToPath } from 'node:url';
import { inBrowser } from './lib/browser.mjs';
import { modelFiles } from './lib/models.mjs';
import { serve } from './lib/server.mjs';

const [rounds = '4', depth = '512', ...names] = process.argv.slice(2);

let path;
const server = await serve(() => path);
console.log('| model | behind | reported | tokens/s | of none |\n| --- | ---: | --- | ---: | ---: |');
try {
  for (const name of names.length > 0 ? names : ['smollm2-q8_0', 'smollm2-q4_0']) {
    path = name === 'bundled' ? fileURLToPath(new URL('../www/models/stories.gguf', import.meta.url)) : modelFiles(name, 'gguf')['model.gguf'];
    await inBrowser(async (page) => {
      page.setDefaultTimeout(0);
      await page.goto(`${server.origin}/page/index.html`);
      const best = await page.evaluate((task) => import('/page/trace.mjs').then((m) => m.compare(task)), { depth: Number(depth), rounds: Number(rounds), workers: 1 });
      for (const [kind, rate] of Object.entries(best)) console.log(`| ${name} | ${depth} | ${kind} | ${rate.toFixed(1)} | ${(rate / best.none).toFixed(2)} |`);
    });
  }
} finally {
  server.close();
}
