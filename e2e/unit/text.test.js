// The texts of the site: the same in both languages, all used, and nowhere else.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { en as pageEn } from '../../www/app/text/en.js';
import { zh as pageZh } from '../../www/app/text/zh.js';
import { en as viewEn } from '../../www/gander/view/text-en.js';
import { zh as viewZh } from '../../www/gander/view/text-zh.js';

const www = fileURLToPath(new URL('../../www/', import.meta.url));
const read = (path) => readFileSync(www + path, 'utf8');
const scripts = (folder) => readdirSync(www + folder).filter((name) => name.endsWith('.js')).map((name) => folder + name);

const catalogues = [
  { name: 'the page', en: pageEn, zh: pageZh, users: [...scripts('app/'), 'index.html', 'bench.html'] },
  { name: 'the view', en: viewEn, zh: viewZh, users: scripts('gander/view/').filter((name) => !/\/(text-\w+|style)\.js$/.test(name)) },
];

for (const { name, en, zh, users } of catalogues) {
  test(`${name}: both languages have the same keys and values`, () => {
    assert.deepEqual(Object.keys(zh), Object.keys(en));
    const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, text] of Object.entries(en)) {
      assert.ok(text.trim() && zh[key].trim(), key);
      assert.deepEqual(values(zh[key]), values(text), key);
      const same = zh[key] === text && /[a-z]{3}/.test(text.replace(/\{\w+\}/g, ''));
      assert.ok(!same, `${key} is not translated: ${text}`);
      assert.doesNotMatch(zh[key].replace(/\{\w+\}/g, ''), /[a-z]{3,} [a-z]{3,} [a-z]{3,}/, key);
      assert.doesNotMatch(text, /\p{Script=Han}/u, key);
    }
  });

  test(`${name}: every text is used, and every text that is used is there`, () => {
    const code = users.map(read).join('\n');
    const used = new Set([...code.matchAll(/['"]([a-zA-Z_]+(?:\.[a-zA-Z_]+)*)['"]/g)].map((match) => match[1]));
    const families = [...code.matchAll(/`(\w+\.)\$\{\w+\}`/g)].map((match) => match[1]);
    assert.deepEqual(Object.keys(en).filter((key) => !used.has(key) && !families.some((family) => key.startsWith(family))), []);
    const asked = [...code.matchAll(/(?:data-(?:text|aria-label|placeholder|content)="|\bt\(')([^'"]+)['"]/g)].map((match) => match[1]);
    assert.ok(asked.length > 20);
    assert.deepEqual(asked.filter((key) => !Object.hasOwn(en, key)), []);
  });
}

test('no words in the HTML', () => {
  for (const page of ['index.html', 'bench.html']) {
    const html = read(page)
      .replace(/<!--[^]*?-->/g, '')
      .replace(/<(\w+)[^>]*\slang="[^>]*>[^<]*<\/\1>/g, '') // says which language it is in
      .replace(/<kbd>\w+<\/kbd>/g, '') // what is printed on a key
      .replace(/<output[^>]*>[\d.]+<\/output>/g, '');
    const texts = html.split(/<[^>]*>/).map((text) => text.replace(/&\w+;|\s+/g, ' ').trim()).filter((text) => /\p{L}/u.test(text));
    assert.deepEqual([...new Set(texts)], ['Gander'], page);
    const named = [...html.matchAll(/\s(?:aria-label|title|placeholder|alt)="([^"]+)"/g)].map((match) => match[1]);
    assert.deepEqual(named.filter((text) => !text.startsWith('https://')), [], page);
  }
});

/** The strings of a script, without comments and without what is put into a template: that is looked at by itself. */
function strings(code) {
  const found = [];
  let i = 0;
  const quoted = (quote) => {
    let text = '';
    for (; code[i] !== quote; i++) {
      if (code[i] === '\\') i++;
      else if (quote === '`' && code.startsWith('${', i)) {
        i += 2;
        script('}');
        text += '·';
      } else text += code[i];
    }
    i++;
    found.push(text);
  };
  const script = (end) => {
    for (let depth = 0; i < code.length; ) {
      if (code.startsWith('//', i)) i = (code.indexOf('\n', i) + 1 || code.length + 1) - 1;
      else if (code.startsWith('/*', i)) i = code.indexOf('*/', i) + 2;
      else if (code[i] === '/' && /[(,=:[!&|?{};]\s*$/.test(code.slice(Math.max(0, i - 9), i))) i += /\/(?:\\.|\[(?:\\.|[^\]])*\]|[^/\n])+\//y.exec(code.slice(i)).at(0).length;
      else if (/['"`]/.test(code[i])) quoted(code[i++]);
      else if (code[i] === end && depth === 0) return;
      else depth += { '{': 1, '}': -1 }[code[i++]] ?? 0;
    }
  };
  script();
  return found;
}

/** Whether somebody could read it as words: two of them, or one with a capital that isn't the name of a key. */
const isWords = (text) => /[A-Za-z]{2,}[,.:;]? [a-z]{2,}/.test(text) || (/^[A-Z][a-z]+[.:…]?$/.test(text) && !/^(Enter|Escape|Home|End)$/.test(text));

test('no words in the scripts', () => {
  assert.deepEqual(strings("a('two words') // 'not this one'\nb(`${c ? `${d('x')}` : ''} or e`)").sort(), ['', 'two words', 'x', '·', '· or e']);
  const names = ['sheet result', 'stop stop·', 'Files', '(prefers-color-scheme: dark)']; // of classes, types and media
  for (const script of catalogues.flatMap(({ users }) => users).filter((name) => /\.js$/.test(name))) {
    const code = read(script).replace(/new \w*Error\((?:[^()]|\([^()]*\))*\)|console\.\w+\(.*\)/g, ''); // for developers
    assert.deepEqual(strings(code).map((text) => text.replace(/<[^>]*>|\S+, sans-serif/g, '')).filter((text) => isWords(text) && !names.includes(text)), [], script);
  }
});
