// Runs as Markdown.

import { engines } from './engines.mjs';
import { modelTitle } from './models.mjs';

/** The middle value; the mean of the two middle ones of an even number. Undefined if one is, or there is none. */
export function median(values) {
  if (values.length === 0 || values.includes(undefined)) return undefined;
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const number = (x) => (x === undefined ? '' : x.toFixed(x < 10 ? 2 : x < 100 ? 1 : 0));
const cell = (text) => text.replace(/[\n\r]+/g, ' ').replaceAll('|', '\\|');
const title = (engine, versions) => `${engines[engine].title} ${versions[engine].split(/[ ,]/, 1)[0]}`;

/** The columns of a table: a heading, and the value in a run. */
function columns({ prefill, depths }) {
  return [
    { heading: 'load, s', value: (run) => run.load_ms / 1000 },
    ...prefill.map((n) => ({ heading: `prefill ${n}, tokens/s`, value: (run) => run.prefill[n] })),
    ...depths.map((n) => ({ heading: `decode at ${n}, tokens/s`, value: (run) => run.decode[n] })),
    { heading: 'page, MB', value: (run) => run.peak_mb },
  ];
}

/** What was measured of a column. */
const figures = ({ runs }, { value }) => runs.map(value).filter((x) => x !== undefined);

/** The medians of a row in each column, undefined where nothing was measured. */
const medians = (row, cols) => cols.map((c) => median(figures(row, c)));

/** Those columns in which some row has a figure. */
const measured = (rows, cols) => cols.filter((c) => rows.some((row) => figures(row, c).length > 0));

const markdown = (headings, lines) => [headings, headings.map((_, i) => (i === 0 ? '---' : '---:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The table of one model. An engine that failed has its error instead of numbers. How many runs there were is told where it differs. */
export function table(rows, options, versions) {
  const cols = measured(rows, columns(options));
  const differ = new Set(rows.filter(({ error }) => !error).map(({ runs }) => runs.length)).size > 1;
  const lines = rows.map(({ engine, runs, error }) => [
    title(engine, versions),
    ...(error ? [`fails: ${cell(error)}`, ...cols.slice(1).map(() => '')] : medians({ runs }, cols).map(number)),
    ...(differ ? [error ? '' : runs.length] : []),
  ]);
  return markdown(['engine', ...cols.map((c) => c.heading), ...(differ ? ['runs'] : [])], lines);
}

/** How many times as fast as the others Gander is, in all tables; empty if there is nothing to compare. */
export function ratios(rows, options, versions) {
  const cols = measured(rows, columns(options).filter((c) => c.heading.endsWith('tokens/s')));
  const lines = [];
  for (const { model, engine, runs, error } of rows) {
    const ours = rows.find((row) => row.model === model && row.engine === 'gander' && !row.error);
    if (engine === 'gander' || error || !ours) continue;
    const theirs = medians({ runs }, cols);
    lines.push([`${modelTitle(model)}, ${title(engine, versions)}`, ...medians(ours, cols).map((x, i) => (x === undefined || theirs[i] === undefined ? '' : `${(x / theirs[i]).toFixed(2)}x`))]);
  }
  return lines.length === 0 ? '' : markdown(['', ...cols.map((c) => c.heading.replace(', tokens/s', ''))], lines);
}

/** How far the figures of one engine with one model are apart at most: the largest over the smallest, less 1. */
function scatter(rows, cols) {
  const apart = rows.flatMap((row) => cols.map((c) => figures(row, c))).map((values) => Math.max(...values) / Math.min(...values) - 1);
  return Math.max(0, ...apart.filter(Number.isFinite));
}

/** The whole page. */
export function report({ options, versions, machine, rows }) {
  const runs = rows.flatMap((row) => row.runs);
  const others = Math.max(0, ...runs.map((run) => run.others ?? 0));
  const blank = median(runs.map((run) => run.blank_mb));
  const browsers = [...new Set(runs.map((run) => run.browser))].join(', ');
  const counts = rows.filter(({ error }) => !error).map((row) => row.runs.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const compared = ratios(rows, options, versions);
  const plural = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;
  const sections = [...new Set(rows.map((row) => row.model))].map(
    (model) => `## ${modelTitle(model)}\n\n${table(rows.filter((row) => row.model === model), options, versions)}\n`,
  );
  return `# Benchmarks

<!-- Written by bench/bench.mjs; \`make bench\` writes it again. -->

Gander beside its peers: the same files, the same browser, ${plural(options.threads, 'thread')}, in turns, each run in a fresh browser; medians of ${least < most ? `${least} to ` : ''}${plural(counts.length ? most : 0, 'run')}.

${sections.join('\n')}
${compared && `## How many times as fast as the others\n\n${compared}\n\n`}## What was measured

- Machine: ${machine}. While an engine ran, others used at most ${Math.round(others * 100)} % of the processors' time${others > 0.05 ? ', **so the figures are unreliable**' : ''}.${most > 1 ? ` From run to run, a figure of the same engine with the same model differed by up to ${Math.round(scatter(rows, columns(options)) * 100)} %.` : ''}
- Browser: Chromium ${browsers || '(no run succeeded)'}, headless, pages cross-origin isolated, no GPU.
${[...new Set(rows.map((row) => row.engine))].map((engine) => `- ${engines[engine].title} ${versions[engine]}: ${engines[engine].note}.`).join('\n')}

The models have the shapes of the published ones and random weights, with the types of tensors that llama-quantize chooses (\`bench/genmodel\`): speed doesn't depend on the values.

- *load*: from a Blob in memory to a model that can be prompted, the engine's own start included.
- *prefill n*: tokens of a prompt of n tokens a second.
- *decode at n*: tokens a second of ${options.steps} tokens, greedy, end tokens ignored, after a prompt of n tokens (of one where n is 0).
- *page*: the largest resident memory of the page's process. The Blob is not in it: it is the browser process's.${blank === undefined ? '' : ` Of an empty page it is ${Math.round(blank)} MB, most of which is the browser's own code.`}

Each run begins with 32 tokens in and 16 out, which count nowhere: the browser compiles the hot code meanwhile. Times are the page's, messages to the worker included, unless said otherwise.
`;
}
