// Runs the tests or benchmarks of a Go package in headless Chromium, whose compiler makes faster code of SIMD than Node's of the same
// day may. Usage: bench/run.sh gotest.mjs ./core/kernel [-tags=TAG] [FLAGS], with flags of the test binary such as -test.bench=Batch.
// The program has no files; it needs www/gander/wasm_exec.js, which scripts/build-wasm.sh puts there.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inBrowser } from './lib/browser.mjs';
import { serve } from './lib/server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...flags] = process.argv.slice(2);
const forBuild = flags.filter((flag) => flag.startsWith('-tags='));
const folder = mkdtempSync(join(tmpdir(), 'gander-gotest-'));
const program = join(folder, 'test.wasm');
execFileSync('go', ['test', '-c', ...forBuild, '-o', program, name], { cwd: root, stdio: 'inherit', env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' } });
const server = await serve(() => program);
try {
  process.exitCode = await inBrowser(async (page) => {
    page.on('console', (message) => console.log(message.text()));
    await page.goto(`${server.origin}/page/index.html`);
    return page.evaluate(
      (args) =>
        new Promise((resolve, reject) => {
          const worker = new Worker('/page/go-worker.mjs', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(args);
        }),
      ['test', ...flags.filter((flag) => !forBuild.includes(flag))],
    );
  });
} finally {
  server.close();
  rmSync(folder, { recursive: true });
}
