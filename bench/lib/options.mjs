// The command line of bench.mjs.

import { parseArgs } from 'node:util';
import { engines } from './engines.mjs';
import { models } from './models.mjs';

export const usage = `usage: make bench BENCH="[options]"

Without options it takes about two hours on a machine with two cores.

  --models LIST     of ${Object.keys(models).join(', ')}; default: those of docs/benchmarks.md
  --engines LIST    of ${Object.keys(engines).join(', ')}; default: all
  --repeats N       runs of each engine with each model, of which the median counts; default 3
  --threads N       workers or threads of each engine; default 1
  --prefill LIST    lengths of prompts, in tokens; default 128,512
  --depths LIST     tokens in the context before decoding begins; default 0,512,2048
  --steps N         tokens to decode; default 64
  --timeout N       seconds that a run may take; default 3600
  --report FILE     where the tables go; default: docs/benchmarks.md if no option narrows the run, else build/benchmarks.md
  --add FILE        adds these runs to those in FILE, a build/bench.json of this machine; the report has all
  --anyway          doesn't wait for idle processors before each run
  --help            prints this`;

/** A mistake of the person who called. */
export class UsageError extends Error {}

const list = (known) => (name, text) => {
  const names = text.split(',');
  const unknown = names.find((n) => !Object.hasOwn(known, n));
  if (unknown !== undefined) throw new UsageError(`--${name}: there is no "${unknown}"; there is ${Object.keys(known).join(', ')}`);
  return [...new Set(names)];
};

const whole = (min) => (name, text) => {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < min || n > 1e6) throw new UsageError(`--${name}: "${text}" is no whole number from ${min} on`);
  return n;
};

const wholes = (min) => (name, text) => [...new Set(text.split(',').map((part) => whole(min)(name, part)))].sort((a, b) => a - b);

const table = {
  models: { read: list(models), default: Object.keys(models).filter((name) => !models[name].workers).join() },
  engines: { read: list(engines), default: Object.keys(engines).join() },
  repeats: { read: whole(1), default: '3' },
  threads: { read: whole(1), default: '1' },
  prefill: { read: wholes(1), default: '128,512' },
  depths: { read: wholes(0), default: '0,512,2048' },
  steps: { read: whole(1), default: '64' },
  timeout: { read: whole(1), default: '3600' },
};

/** Reads the arguments, or throws a UsageError. `full` says whether nothing narrows the run. */
export function readOptions(args) {
  let values;
  try {
    const flags = { report: { type: 'string' }, add: { type: 'string' }, anyway: { type: 'boolean' }, help: { type: 'boolean' } };
    for (const name of Object.keys(table)) flags[name] = { type: 'string' };
    ({ values } = parseArgs({ args, options: flags }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const options = { anyway: values.anyway ?? false, help: values.help ?? false, add: values.add };
  for (const [name, { read, default: usual }] of Object.entries(table)) options[name] = read(name, values[name] ?? usual);
  options.full = Object.keys(table).every((name) => ['repeats', 'timeout'].includes(name) || String(options[name]) === String(table[name].read(name, table[name].default)));
  options.report = values.report ?? (options.full ? 'docs/benchmarks.md' : 'build/benchmarks.md');
  return options;
}
