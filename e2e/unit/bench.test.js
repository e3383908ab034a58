// The command line and the report of bench/.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, UsageError } from '../../bench/lib/options.mjs';
import { median, ratios, report, table } from '../../bench/lib/report.mjs';
import { add } from '../../bench/lib/results.mjs';

const read = (line) => readOptions(line.split(' ').filter(Boolean));

test('bench options', () => {
  const all = read('');
  assert.deepEqual([all.repeats, all.prefill, all.depths, all.steps, all.full, all.report], [3, [128, 512], [0, 512, 2048], 64, true, 'docs/benchmarks.md']);
  assert.equal(read('--repeats 5').full, true, 'more runs are still all of it');
  const some = read('--models smollm2-q8_0 --engines gander,wllama2 --depths 512,0 --anyway');
  assert.deepEqual([some.models, some.engines, some.depths, some.anyway, some.full, some.report], [['smollm2-q8_0'], ['gander', 'wllama2'], [0, 512], true, false, 'build/benchmarks.md']);
});

test('bench refuses what it does not know', () => {
  for (const line of ['--model smollm2-q8_0', '--models x', '--models constructor', '--engines gander,', '--repeats 0', '--repeats 1.5', '--steps 1e3', '--prefill 0', '--depths=-1', 'smollm2-q8_0', '--report']) {
    assert.throws(() => read(line), UsageError, line);
  }
});

test('median', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([1, undefined]), undefined);
});

const run = (load_ms, prefill, decode, peak_mb, others = 0.01) => ({ load_ms, prefill: { 128: prefill }, decode: { 0: decode }, peak_mb, blank_mb: 131, others, browser: '1.2' });
const options = { prefill: [128], depths: [0], engines: ['gander', 'wllama2'], repeats: 3, threads: 1, steps: 64 };
const versions = { gander: '0.1.0, commit abc', wllama2: '2.3.1' };
const rows = [
  { model: 'smollm2-q8_0', engine: 'gander', runs: [run(1000, 300, 99.9, 400), run(3000, 100, 9, 402), run(2000, 200, 50, 401)], error: '' },
  { model: 'smollm2-q8_0', engine: 'wllama2', runs: [run(1, 1, 1, 1)], error: 'unknown model | architecture' },
];

test('the table has medians, and errors instead of numbers', () => {
  assert.equal(table(rows, options, versions), [
    '| engine | load, s | prefill 128, tokens/s | decode at 0, tokens/s | page, MB |',
    '| --- | ---: | ---: | ---: | ---: |',
    '| Gander 0.1.0 | 2.00 | 200 | 50.0 | 401 |',
    '| wllama 2.3.1 | fails: unknown model \\| architecture |  |  |  |',
  ].join('\n'));
});

test('the report says when other programs were at work', () => {
  assert.doesNotMatch(report({ options, versions, machine: 'a machine', rows }), /unreliable/);
  rows[0].runs[1].others = 0.3;
  const text = report({ options, versions, machine: 'a machine', rows });
  assert.match(text, /others used at most 30 % .*unreliable/);
  assert.match(text, /## SmolLM2-135M Q8_0\n/);
  assert.match(text, /Of an empty page it is 131 MB/);
  assert.doesNotMatch(text, /undefined|NaN/);
});

const results = (more) => ({ machine: 'a machine', versions, options, rows: [], ...more });
const rowOf = (engine, ...runs) => ({ model: 'smollm2-q8_0', engine, runs, error: '' });

test('runs of several calls stand in one report', () => {
  const deep = { load_ms: 1000, prefill: {}, decode: { 0: 60, 512: 30 }, peak_mb: 400, blank_mb: 131, others: 0, browser: '1.2' };
  const all = add(
    results({ rows: [rowOf('wllama2', run(500, 50, 20, 300)), { model: 'qwen3-q8_0', engine: 'gander', runs: [deep], error: '' }] }),
    results({ rows: [rowOf('gander', run(1000, 300, 50, 400), deep), rowOf('wllama2', run(700, 70, 24, 302))], options: { ...options, prefill: [], depths: [0, 512] } }),
  );
  assert.deepEqual(all.rows.map(({ model, engine, runs }) => [model, engine, runs.length]), [['smollm2-q8_0', 'gander', 2], ['smollm2-q8_0', 'wllama2', 2], ['qwen3-q8_0', 'gander', 1]]);
  assert.deepEqual([all.options.prefill, all.options.depths], [[128], [0, 512]]);
  const ours = all.rows.filter(({ model }) => model === 'smollm2-q8_0');
  assert.equal(table(ours, all.options, versions), [
    '| engine | load, s | prefill 128, tokens/s | decode at 0, tokens/s | decode at 512, tokens/s | page, MB |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| Gander 0.1.0 | 1.00 | 300 | 55.0 | 30.0 | 400 |',
    '| wllama 2.3.1 | 0.60 | 60.0 | 22.0 |  | 301 |',
  ].join('\n'));
  assert.equal(ratios(all.rows, all.options, versions), [
    '|  | prefill 128 | decode at 0 | decode at 512 |',
    '| --- | ---: | ---: | ---: |',
    '| SmolLM2-135M Q8_0, wllama 2.3.1 | 5.00x | 2.50x |  |',
  ].join('\n'));
  const text = report(all);
  assert.match(text, /medians of 1 to 2 runs/);
  assert.match(text, /differed by up to 40 %/, 'wllama took 0.5 and 0.7 s to load, and prefilled 50 and 70 tokens a second');
  assert.doesNotMatch(text, /undefined|NaN/);
});

test('a table tells how many runs an engine had where that differs', () => {
  const text = table([rowOf('gander', run(1000, 300, 50, 400), run(2000, 300, 50, 400)), rowOf('wllama2', run(500, 50, 20, 300))], options, versions);
  assert.match(text, /page, MB \| runs \|/);
  assert.match(text, /400 \| 2 \|\n.*300 \| 1 \|$/);
});

test('with nothing to compare there are no ratios', () => {
  const text = report(results({ rows: [rowOf('gander', run(1000, 300, 50, 400))] }));
  assert.doesNotMatch(text, /as fast as the others/);
  assert.match(text, /\n\n## What was measured/);
});

test('runs of another machine, version or length are not mixed', () => {
  for (const other of [{ machine: 'another' }, { versions: { gander: '0.2.0' } }, { options: { ...options, threads: 2 } }, { options: { ...options, steps: 8 } }]) {
    assert.throws(() => add(results(other), results()), UsageError);
  }
});
