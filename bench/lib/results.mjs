// The runs of several calls in one report.

import { readFileSync } from 'node:fs';
import { engines } from './engines.mjs';
import { models } from './models.mjs';
import { UsageError } from './options.mjs';

/** Reads the results that bench.mjs wrote. */
export function readResults(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`--add: ${path}: ${error.message}`);
  }
}

/** What must be the same for runs to stand in one table. */
const alike = (results) => ({ machine: results.machine, threads: results.options.threads, steps: results.options.steps });

/**
 * Adds the runs of a call to those of earlier ones.
 *
 * @param earlier {machine, versions, options, rows}, as bench.mjs writes it
 * @param now the same
 */
export function add(earlier, now) {
  const [a, b] = [alike(earlier), alike(now)];
  for (const key of Object.keys(a)) {
    if (a[key] !== b[key]) throw new UsageError(`--add: the runs there are of another ${key}: ${a[key]}, not ${b[key]}`);
  }
  for (const [engine, version] of Object.entries(now.versions)) {
    const other = earlier.versions[engine] ?? version;
    if (other !== version) throw new UsageError(`--add: the runs there are of ${engine} ${other}, not ${version}`);
  }
  const rows = earlier.rows.map((row) => ({ ...row }));
  for (const row of now.rows) {
    const same = rows.find(({ model, engine }) => model === row.model && engine === row.engine);
    if (same) Object.assign(same, { runs: [...same.runs, ...row.runs], error: row.error });
    else rows.push(row);
  }
  const union = (key) => [...new Set([...earlier.options[key], ...now.options[key]])].sort((x, y) => x - y);
  return {
    machine: now.machine,
    versions: { ...earlier.versions, ...now.versions },
    options: { ...now.options, prefill: union('prefill'), depths: union('depths') },
    rows: rows.toSorted((x, y) => place(models, x.model, y.model) || place(engines, x.engine, y.engine)),
  };
}

const place = (known, a, b) => Object.keys(known).indexOf(a) - Object.keys(known).indexOf(b);
