// Looks for heads of a model that do something which has a name, over stories that the bundled model was not trained on.
//
//   node bench/heads.mjs [--model FILE] [--stories N] [--write]
//
// prints, for each pattern, the heads that follow it most; --write puts the table into docs/view.md, between its marks. The stories come
// from train/storygen, by the seeds that training holds out; the weights from `gander attention`.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { patterns, scores } from './lib/heads.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = `${root}docs/view.md`;
const HELD_OUT = 10_000_000; // the first seed that train/data.py holds out
const SHOWN = 3; // heads of each pattern
const CLEAR = 0.2; // weight of a pattern, at least, for its head to be called clear

const { values } = parseArgs({ options: { model: { type: 'string', default: 'www/models/stories.gguf' }, stories: { type: 'string', default: '40' }, write: { type: 'boolean', default: false } } });
const count = Number(values.stories);
const env = { ...process.env, GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? 'go1.27.4' };
const folder = mkdtempSync(`${tmpdir()}/gander-heads-`);
try {
  execFileSync('go', ['build', '-o', `${folder}/gander`, './cmd/gander'], { cwd: root, env, stdio: 'inherit' });
  const gander = (...args) => JSON.parse(execFileSync(`${folder}/gander`, [...args, '-m', values.model, '--json'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 29 }));
  const code = `from storygen import story\nfor seed in range(${HELD_OUT}, ${HELD_OUT + count}): print(story(seed).replace("\\n", " "))`;
  const stories = execFileSync('python3', ['-c', code], { cwd: `${root}train`, encoding: 'utf8' }).trim().split('\n');
  const samples = stories.map((story) => {
    const { tokens } = gander('tokenize', '-p', story);
    return { tokens, weights: gander('attention', '--tokens', tokens.join()).weights };
  });
  const start = samples[0].tokens[0]; // a special token, whose text divides the others'
  const ids = [...new Set(samples.flatMap(({ tokens }) => tokens))].filter((id) => id !== start);
  const mark = gander('detokenize', '--tokens', String(start)).text;
  const texts = gander('detokenize', '--tokens', ids.flatMap((id) => [start, id]).join()).text.split(mark).slice(1);
  const byId = new Map(ids.map((id, i) => [id, texts[i]]));
  const textOf = (id) => byId.get(id) ?? '';
  const found = scores(samples, textOf);
  const lines = ['| pattern | what is measured | evenly spread | heads that follow it most: weight, and how often it is where they look most |', '| --- | --- | --- | --- |'];
  for (const { name, what } of patterns) {
    const { even, heads } = found[name];
    const best = heads.toSorted((a, b) => b.weight - a.weight).slice(0, SHOWN);
    lines.push(`| ${name} | ${what} | ${even.toFixed(3)} | ${best.map(({ layer, head, weight, most }) => `layer ${layer} head ${head}: **${weight.toFixed(2)}**, ${Math.round(most * 100)} %`).join('; ')} |`);
  }
  const all = patterns.flatMap(({ name, what }) => found[name].heads.map((head) => ({ what, even: found[name].even, ...head })));
  const clearest = all.filter(({ weight }) => weight >= CLEAR).sort((a, b) => b.weight / b.even - a.weight / a.even)[0];
  const { layer, head, weight, most, even, what } = clearest ?? {};
  const said = clearest ? `The clearest is **layer ${layer}, head ${head}**. Measured is ${what}: ${weight.toFixed(2)} in the mean, ${(weight / even).toFixed(0)} times what an even spread would give, and in ${Math.round(most * 100)} % of the cases its largest.` : 'No head is clear.';
  const tokens = samples.reduce((sum, sample) => sum + sample.tokens.length, 0);
  const table = `${said}\n\n${lines.join('\n')}\n\n${count} stories, ${tokens} tokens; made by \`node bench/heads.mjs --write\`.`;
  console.log(table);
  if (values.write) writeFileSync(page, readFileSync(page, 'utf8').replace(/(<!-- heads -->\n)[^]*(<!-- end of heads -->)/, (_, from, to) => `${from}${table}\n${to}`));
} finally {
  rmSync(folder, { recursive: true });
}
