// The types that the package ships.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../', import.meta.url));

test('the public types have no any', (t) => {
  const folder = mkdtempSync(`${tmpdir()}/gander-types-`);
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync(`${root}node_modules/.bin/tsc`, ['-p', 'tsconfig.types.json', '--outDir', folder], { cwd: root, stdio: 'inherit' });
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.d.ts'));
  assert.ok(files.includes('index.d.ts') && files.includes('view/gander-attention.d.ts'));
  for (const file of files) {
    const code = readFileSync(`${folder}/${file}`, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(code, /\bany\b/, file);
  }
});
