// A model that no single WebAssembly memory can hold answers in Chromium: read by HTTP Range from a loopback server, by as many workers as
// it needs.  usage: bench/run.sh large.mjs [model] [workers]; the default is a 7B shape in Q8_0, more than 7 GB in one file.

import { sendFile, serve } from '../e2e/lib/server.js';
import { inBrowser } from './lib/browser.mjs';
import { describeMachine, pagePeak } from './lib/machine.mjs';
import { modelFiles, modelTitle } from './lib/models.mjs';

const [name = 'llama2-7b-q8_0', workers = 'auto'] = process.argv.slice(2);
const path = modelFiles(name, 'gguf')['model.gguf'];
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const server = await serve({
  '/blank': (_, response) => response.writeHead(200, { 'content-type': 'text/html', ...isolation }).end('<!doctype html><title>blank</title>'),
  '/model.gguf': (request, response) => sendFile(path, request, response, isolation),
}, isolation);
try {
  await inBrowser(async (page) => {
    page.setDefaultTimeout(0);
    page.on('console', (message) => console.error(message.text()));
    await page.goto(`${server.origin}/blank`);
    const result = await page.evaluate(async (workers) => {
      const { Gander } = await import('/gander/index.js');
      const start = performance.now();
      const model = await Gander.load('/model.gguf', { workers, contextLength: 512, cache: false });
      const loaded = performance.now();
      let first, last, tokens = [];
      for await (const { id } of model.generate(Int32Array.from({ length: 16 }, (_, i) => 65 + i), { maxTokens: 9, temperature: 0, ignoreEOS: true })) {
        last = performance.now();
        first ??= last;
        tokens.push(id);
      }
      const { info } = model;
      return { workers: info.workers, transport: info.transport, fileSize: info.fileSize, memory: info.memory, workerMemory: info.workerMemory.map(({ total }) => total), loadSeconds: (loaded - start) / 1000, firstTokenSeconds: (first - loaded) / 1000, decode: ((tokens.length - 1) * 1000) / (last - first), tokens };
    }, workers === 'auto' ? workers : Number(workers));
    console.log(modelTitle(name), JSON.stringify(result, null, 1));
    console.log(`peak resident memory of the page's process: ${pagePeak()} MB; ${describeMachine()}`);
  });
} finally {
  server.close();
}
