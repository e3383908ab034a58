// The command line and the report of bench/.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, UsageError } from '../../bench/lib/options.mjs';
import { median, report, table } from '../../bench/lib/report.mjs';

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
