// Measures engines in headless Chromium on the same files, in turns, each run in
// a fresh browser. Prints a line a run and a table of medians.
//
// usage: node bench.mjs [--engines gander,wllama2,wllama] [--models FILE,…]
//        [--repeat 3] [--out FILE.json] [--anyway]
//
// Times are the page's own, messages to the worker included. A run waits until
// the processors are idle; --anyway doesn't.

import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { basename, extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    engines: { type: 'string', default: 'gander,wllama2,wllama' },
    models: { type: 'string', default: ['q8_0', 'q4_0'].map((t) => join(root, `build/models/smollm2-135m-${t}.gguf`)).join() },
    repeat: { type: 'string', default: '3' },
    out: { type: 'string', default: join(root, 'build/bench.json') },
    anyway: { type: 'boolean', default: false },
  },
});

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const folders = { '/gander/': 'www/gander/', '/modules/': 'bench/node_modules/', '/page/': 'bench/page/' };

/** Serves the engines, the pages and the model, cross-origin isolated. */
async function serve(model) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const prefix = Object.keys(folders).find((p) => path.startsWith(p));
    const file = path === '/model' ? model() : prefix && join(root, folders[prefix], path.slice(prefix.length));
    const info = file && statSync(file, { throwIfNoEntry: false });
    if (!info?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-length': info.size,
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Waits, two minutes at most, until less than 5 % of the processors' time is used. */
async function quiet() {
  const times = () => cpus().reduce((sum, { times: t }) => ({ idle: sum.idle + t.idle, all: sum.all + Object.values(t).reduce((a, b) => a + b) }), { idle: 0, all: 0 });
  for (let i = 0; i < 80 && !options.anyway; i++) {
    const before = times();
    await sleep(1500);
    const now = times();
    if ((now.idle - before.idle) / (now.all - before.all) > 0.95) return;
  }
}

/** The largest resident size so far, in MB, of this process's descendants of type renderer. */
function rendererPeak() {
  let peak = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
    } catch {} // it has ended
  }
  return Math.round(peak);
}

async function once(engine, port) {
  await quiet();
  const profile = mkdtempSync(join(tmpdir(), 'gander-bench-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(error.message));
    await page.goto(`http://127.0.0.1:${port}/page/index.html`);
    const result = await page.evaluate((name) => import('/page/measure.mjs').then((m) => m.measure(name)), engine);
    return { ...result, peak_mb: rendererPeak() };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

let model = '';
const server = await serve(() => model);
const columns = ['load_ms', 'prefill_128', 'prefill_512', 'decode_64', 'peak_mb'];
const results = [];
for (model of options.models.split(',')) {
  const runs = {};
  for (let i = 0; i < Number(options.repeat); i++) {
    for (const engine of options.engines.split(',')) {
      const run = await once(engine, server.address().port);
      (runs[engine] ??= []).push(run);
      console.error(basename(model), engine, JSON.stringify(run));
    }
  }
  for (const [engine, list] of Object.entries(runs)) {
    results.push({ model: basename(model), engine, runs: list, ...Object.fromEntries(columns.map((c) => [c, median(list.map((r) => r[c]))])) });
  }
}
server.close();
writeFileSync(options.out, JSON.stringify({ cpu: cpus()[0].model, date: new Date().toISOString(), results }, null, 2));
console.log('| file | engine | load ms | prefill 128 tok/s | prefill 512 tok/s | decode tok/s | page MB |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |');
for (const r of results) console.log(`| ${r.model} | ${r.engine} | ${columns.map((c) => r[c].toFixed(r[c] < 100 ? 1 : 0)).join(' | ')} |`);
process.exit(0);
