// Measures engines in headless Chromium on the same files, in turns, each run in a fresh browser. Prints a line a run, and writes
// the medians as Markdown and all runs as build/bench.json. `make bench` calls it through run.sh; --help tells the options.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inBrowser } from './lib/browser.mjs';
import { engines } from './lib/engines.mjs';
import { describeMachine, pagePeak, quiet, watchOthers } from './lib/machine.mjs';
import { has, modelFiles, models } from './lib/models.mjs';
import { readOptions, usage, UsageError } from './lib/options.mjs';
import { report } from './lib/report.mjs';
import { add, readResults } from './lib/results.mjs';
import { serve } from './lib/server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One run: what the page has measured, and the state of the machine. */
async function once(origin, task, timeout) {
  return inBrowser(async (page, browser) => {
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(`bench: in the page: ${error.message}`));
    await page.goto(`${origin}/page/index.html`);
    const blank_mb = pagePeak();
    const others = watchOthers();
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`no result within ${timeout} s`)), timeout * 1000)));
    try {
      const result = await Promise.race([page.evaluate((task) => import('/page/measure.mjs').then((m) => m.measure(task)), task), late]);
      return { ...result, peak_mb: pagePeak(), blank_mb, others: others(), browser };
    } finally {
      clearTimeout(timer);
    }
  });
}

/** The first line of an error from a page, without what playwright puts before it. */
const reason = (error) => error.message.split('\n', 1)[0].replace(/^page\.evaluate: /, '').replace(/^(\w*Error: )+/, '');

/** Runs all engines with a model in turns. An engine that fails isn't tried again. */
async function measureModel(model, options, origin, files) {
  const rows = options.engines.filter((engine) => has(model, engines[engine].format)).map((engine) => ({ model, engine, runs: [], error: '' }));
  for (let i = 0; i < options.repeats; i++) {
    for (const row of rows.filter((r) => !r.error)) {
      files.current = modelFiles(model, engines[row.engine].format);
      const { threads, prefill, depths, steps, timeout } = options;
      const task = { engine: row.engine, files: Object.keys(files.current), vocab: models[model].vocab, threads, prefill, depths, steps };
      if (!options.anyway) await quiet();
      try {
        row.runs.push(await once(origin, task, timeout));
      } catch (error) {
        row.error = reason(error);
      }
      console.error(model, row.engine, row.error ? `failed: ${row.error}` : JSON.stringify(row.runs.at(-1)));
    }
  }
  return rows;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  const versions = Object.fromEntries(options.engines.map((engine) => [engine, engines[engine].version()]));
  const results = (rows) => {
    const now = { machine: describeMachine(), versions, options, rows };
    return options.add ? add(readResults(options.add), now) : now;
  };
  results([]); // whether they can be added is better known before
  const files = { current: {} };
  const server = await serve((name) => files.current[name]);
  const rows = [];
  try {
    for (const model of options.models) rows.push(...(await measureModel(model, options, server.origin, files)));
  } finally {
    server.close();
  }
  if (rows.length === 0) throw new UsageError('none of these engines reads one of these models');
  const all = results(rows);
  const path = resolve(root, options.report);
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(join(root, 'build/bench.json'), JSON.stringify(all, null, 2));
  const text = report(all);
  writeFileSync(path, text);
  console.log(text);
  console.error(`bench: written to ${path}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
