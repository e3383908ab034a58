// Prints where the time of a decoding step goes, in headless Chromium, with an engine that is built for it (docs/profile.md).
// Usage: make profile, or bench/run.sh profile.mjs [MODEL …] with models of lib/models.mjs.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inBrowser } from './lib/browser.mjs';
import { describeMachine } from './lib/machine.mjs';
import { modelFiles, models } from './lib/models.mjs';
import { serve } from './lib/server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = process.argv.length > 2 ? process.argv.slice(2) : ['smollm2-q8_0', 'smollm2-q4_0'];
const folder = mkdtempSync(join(tmpdir(), 'gander-profile-'));
const engine = join(folder, 'gander.wasm');
execFileSync('go', ['build', '-tags=profile', '-trimpath', '-o', engine, './cmd/wasm'], { cwd: root, stdio: 'inherit', env: { GOTOOLCHAIN: 'go1.27.4', ...process.env, GOOS: 'js', GOARCH: 'wasm' } });
let path;
const server = await serve(() => path, { engine });
console.log(`${describeMachine()}\n`);
try {
  for (const name of names) {
    path = modelFiles(name, 'gguf')['model.gguf'];
    await inBrowser(async (page, browser) => {
      page.setDefaultTimeout(0);
      const tables = [];
      page.on('console', (message) => message.text().includes('µs a step') && tables.push(message.text()));
      await page.goto(`${server.origin}/page/index.html`);
      // The first runs are slower, until the browser has compiled all, and other work on the machine slows any: the fastest counts. The
      // default options sample, which is work as well.
      const times = await page.evaluate(async (vocab) => {
        const { Gander } = await import('/gander/index.js');
        const model = await Gander.load(await (await fetch('/model/model.gguf')).blob(), { contextLength: 512, workers: 1 });
        const write = async (salt) => {
          const ids = Int32Array.from({ length: 128 }, (_, i) => 300 + ((i * 7919 + salt * 104729) % (vocab - 600)));
          let first = 0;
          for await (const _ of model.generate(ids, { maxTokens: 65, seed: 1, ignoreEOS: true })) first ||= performance.now();
          return (performance.now() - first) / 64;
        };
        const times = [];
        for (let salt = 1; salt <= 10; salt++) times.push(await write(salt));
        return times;
      }, models[name].vocab);
      await page.waitForTimeout(100);
      const ms = Math.min(...times);
      console.log(`${name}, Chromium ${browser}, 64 steps from position 128 on, the fastest of ${times.length} runs; seen from the page, a step took ${(1000 * ms).toFixed(0)} µs:\n`);
      console.log(tables[times.indexOf(ms)]);
    });
  }
} finally {
  server.close();
  rmSync(folder, { recursive: true });
}
