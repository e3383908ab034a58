// Measures one model with one worker and with several, over shared memory and over message ports, and the roof that memory sets.
// Usage, after make build: bench/run.sh workers.mjs [model,…] [workers,…] [rounds]

import { inBrowser } from './lib/browser.mjs';
import { describeMachine } from './lib/machine.mjs';
import { modelFiles, modelTitle } from './lib/models.mjs';
import { serve } from './lib/server.mjs';

const [names = 'qwen2.5-0.5b-q4_0,qwen2.5-0.5b-q8_0,qwen2.5-1.5b-q4_0', list = '1,2', rounds = '3'] = process.argv.slice(2);
const counts = list.split(',').map(Number);

console.log(`Machine: ${describeMachine()}. Medians of ${rounds} rounds in turns, one page.\n`);
console.log('| model | transport | workers | load, s | prefill 256, tokens/s | decode, tokens/s | weights read, GB/s | load roof, GB/s | auto takes |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const name of names.split(',')) {
  const files = modelFiles(name, 'gguf');
  for (const isolated of [true, false]) {
    const server = await serve((file) => files[file], { isolated });
    try {
      await inBrowser(async (page) => {
        page.setDefaultTimeout(0);
        await page.goto(`${server.origin}/page/index.html`);
        const { auto, results } = await page.evaluate((task) => import('/page/workers.mjs').then((m) => m.measure(task)), { counts, rounds: Number(rounds), prompt: 256, steps: 32 });
        const alone = results.find(({ workers }) => workers === 1);
        for (const r of results) {
          const times = (key) => (r === alone || !alone ? '' : ` (${(r[key] / alone[key]).toFixed(2)}x)`);
          console.log(`| ${modelTitle(name)} | ${r.transport} | ${r.workers} | ${(r.load / 1000).toFixed(2)} | ${r.prefill.toFixed(1)}${times('prefill')} | ${r.decode.toFixed(1)}${times('decode')} | ${((r.decode * r.weights) / 1e9).toFixed(1)} | ${(r.roof / 1e9).toFixed(1)}${times('roof')} | ${auto} |`);
        }
      });
    } finally {
      server.close();
    }
  }
}
