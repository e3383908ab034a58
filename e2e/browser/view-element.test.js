// The view of attention as an element on a page of somebody's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from '../lib/fixture.js';

const fixture = setUp();

test('shows any stream, on a page with a strict policy', () =>
  fixture.onPage('/blank', async (page) => {
    const result = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const model = await Gander.load('/models/stories.gguf');
      const view = document.body.appendChild(new GanderAttention());
      let text = '';
      const stream = view.follow(model.generate('Tom had a dog.', { temperature: 0, maxTokens: 6, attention: true }));
      let step = await stream.next();
      for (; !step.done; step = await stream.next()) text += step.value.text;
      const plain = await model.complete('Tom had a dog.', { temperature: 0, maxTokens: 6 });
      for await (const _ of view.watch(model, 'Tom', { maxTokens: 20 })) break; // leaving the loop ends all
      const whole = await model.complete('Tom', { temperature: 0, maxTokens: 2 });
      model.close();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return { text, plain: plain.text, reason: step.value.finishReason, words: whole.tokens.length, busy: view.ariaBusy, ink: getComputedStyle(view.shadowRoot.querySelector('.tokens')).fontSize, off: view.shadowRoot.querySelector('.offs button').hidden };
    });
    assert.equal(result.text, result.plain);
    assert.deepEqual([result.reason, result.words, result.busy, result.off], ['length', 2, 'false', false]);
    assert.equal(result.ink, '17px', 'the styles are there');
  }));

test('keeps rows within a budget, and says when they are left out', () =>
  fixture.onPage('/blank', async (page) => {
    const messages = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const model = await Gander.load('/models/stories.gguf');
      const view = document.body.appendChild(new GanderAttention());
      const messages = [];
      for (const [maxBytes, length] of [[10_000, 4], [40_000, 40]]) {
        view.maxBytes = maxBytes;
        let count = 0;
        for await (const _ of view.watch(model, 'Tom had a red ball and a dog.', { temperature: 0, maxTokens: length })) {
          if (++count < 40) continue;
          await new Promise((resolve) => setTimeout(resolve, 300));
          messages.push(view.shadowRoot.querySelector('.message').textContent); // while it writes
        }
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        messages.push(view.shadowRoot.querySelector('.message').textContent);
      }
      model.close();
      document.documentElement.lang = 'zh';
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      messages.push(view.shadowRoot.querySelector('.message').textContent);
      return messages;
    });
    assert.match(messages[0], /^The rows of the prompt would take .* MiB, more than the budget of/);
    assert.match(messages[1], /^The budget of .* is used up/);
    assert.equal(messages[2], messages[1]);
    assert.match(messages[3], /预算已用完/);
  }));

test('shows the prompt as long as it turns out to be', () =>
  fixture.onPage('/blank', async (page) => {
    const shown = await page.evaluate(async () => {
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const view = document.body.appendChild(new GanderAttention());
      const drawn = () => new Promise((resolve) => setTimeout(resolve, 300));
      async function* stream() {
        await drawn();
        yield { id: 4, text: 'd', attention: { layers: [0], heads: [0], first: 0, queries: 2, keys: 2, weights: Float32Array.of(1, 0, 0.5, 0.5) } };
      }
      for await (const _ of view.follow(stream(), { prompt: [{ id: 1, text: 'a' }, { id: 2, text: 'b' }, { id: 3, text: 'c' }] }));
      await drawn();
      return [...view.shadowRoot.querySelectorAll('.token')].map((token) => token.textContent).join('');
    });
    assert.equal(shown, 'abd');
  }));

test('a text that is written again ends when another is shown, or none', () =>
  fixture.onPage('/blank', async (page) => {
    const ends = await page.evaluate(async () => {
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const view = document.body.appendChild(new GanderAttention());
      const token = { id: 4, text: 'd', attention: { layers: [0], heads: [0], first: 0, queries: 1, keys: 1, weights: Float32Array.of(1) } };
      const drawn = () => new Promise((resolve) => setTimeout(resolve, 300));
      const ends = [];
      async function* once() {
        yield token;
      }
      async function* again() {
        let n = 0;
        try {
          for (; n < 100; n++) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            yield { id: 5, text: 'e' };
          }
        } finally {
          ends.push(n < 100 ? 'stopped' : 'written to its end');
        }
      }
      const another = async () => {
        for await (const _ of view.follow(once()));
      };
      for (const act of [() => view.clear(), another]) {
        for await (const _ of view.follow(once(), { again }));
        await drawn();
        const told = new Promise((resolve) => view.addEventListener('rewrite', resolve, { once: true }));
        view.shadowRoot.querySelector('.offs button').click();
        await drawn();
        await act();
        ends.push((await told).detail.error?.name);
      }
      return ends;
    });
    assert.deepEqual(ends, ['stopped', 'AbortError', 'stopped', 'AbortError']);
  }));

test('what a head adds to the logit, where there are rows of some heads only', () =>
  fixture.onPage('/blank', async (page) => {
    const seen = await page.evaluate(async () => {
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const view = document.body.appendChild(new GanderAttention());
      const attention = { layers: [1], heads: [1], first: 0, queries: 1, keys: 1, weights: Float32Array.of(1) };
      const attribution = { layers: [0, 1], heads: [0, 1], values: Float32Array.of(1, 2, 3, 4), mlp: Float32Array.of(0, 0), embed: 0, bias: 0 };
      async function* stream() {
        yield { id: 5, text: 'b', attention, attribution };
      }
      for await (const _ of view.follow(stream(), { prompt: [{ id: 4, text: 'a' }] }));
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { shadowRoot } = view;
      return [shadowRoot.querySelector('.facts').textContent, [...shadowRoot.querySelectorAll('.parts .picked')].map((cell) => cell.textContent).join()];
    });
    assert.match(seen[0], /\+4\.00/);
    assert.equal(seen[1], '4.00');
  }));

test('heads that were off from the beginning stay off', () =>
  fixture.onPage('/blank', async (page) => {
    const seen = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const model = await Gander.load('/models/stories.gguf');
      const view = document.body.appendChild(new GanderAttention());
      const drawn = () => new Promise((resolve) => setTimeout(resolve, 300));
      const seen = [];
      const look = () => {
        const { shadowRoot } = view;
        const titles = shadowRoot.querySelector('.compare').hidden ? [] : [...shadowRoot.querySelectorAll('.compare h4')].map((title) => title.textContent);
        seen.push({ off: [...shadowRoot.querySelectorAll('.thumb.off')].map((thumb) => thumb.ariaLabel ?? thumb.getAttribute('aria-label')), titles });
      };
      for await (const _ of view.watch(model, 'Tom had a dog.', { temperature: 0, maxTokens: 4, ablate: [{ layer: 0, head: 1 }] }));
      await drawn();
      look();
      const rewritten = new Promise((resolve) => view.addEventListener('rewrite', resolve, { once: true }));
      const toggle = () => view.shadowRoot.querySelector('.offs button').click(); // layer 0, head 0
      toggle();
      const { ablate } = (await rewritten).detail;
      await drawn();
      look();
      toggle();
      await drawn();
      look();
      model.close();
      return { seen, ablate };
    });
    const [one, other] = ['Layer 0, head 1, off', 'Layer 0, head 0, off'];
    assert.deepEqual(seen.ablate, [{ layer: 0, head: 1 }, { layer: 0, head: 0 }]);
    assert.deepEqual(seen.seen, [
      { off: [one], titles: [] },
      { off: [other, one], titles: ['Without layer 0, head 1', 'Without layer 0, head 1, layer 0, head 0'] },
      { off: [one], titles: [] },
    ]);
  }));

test('speaks the language of the page within an element of somebody else', () =>
  fixture.onPage('/blank', async (page) => {
    const empty = await page.evaluate(async () => {
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      document.documentElement.lang = 'zh';
      const root = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
      return root.appendChild(new GanderAttention()).shadowRoot.querySelector('.empty').textContent;
    });
    assert.match(empty, /\p{Script=Han}/u);
  }));

test('what fails leaves nothing behind', () =>
  fixture.onPage('/blank', async (page) => {
    const seen = await page.evaluate(async () => {
      const { Gander } = await import('/gander/index.js');
      const { GanderAttention } = await import('/gander/view/gander-attention.js');
      const model = await Gander.load('/models/stories.gguf');
      const view = document.body.appendChild(new GanderAttention());
      const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const look = () => ({ empty: view.hasAttribute('empty'), busy: view.ariaBusy, thumbs: view.shadowRoot.querySelectorAll('.thumb').length, message: view.shadowRoot.querySelector('.message').textContent });
      const seen = [];
      const write = async (options) => {
        for await (const _ of view.watch(model, 'Tom had a dog.', { temperature: 0, maxTokens: 6, ...options }));
      };
      await write({});
      await write({ stopTokens: ['no'] }).catch(() => {}); // it is refused
      await drawn();
      seen.push(look());

      let fail;
      const failing = new Promise((_, reject) => (fail = reject));
      async function* again() {
        await failing;
      }
      for await (const _ of view.follow(model.generate('Tom', { maxTokens: 3, attention: true }), { again }));
      await drawn();
      const rewritten = new Promise((resolve) => view.addEventListener('rewrite', resolve, { once: true }));
      view.shadowRoot.querySelector('.offs button').click();
      view.clear();
      fail(new Error('the model was closed'));
      await rewritten;
      await drawn();
      seen.push(look());

      for await (const _ of view.follow(model.generate('Tom', { maxTokens: 3 }))); // without attention
      await drawn();
      seen.push(look());
      model.close();
      return seen;
    });
    assert.deepEqual(seen.map(({ empty, busy }) => [empty, busy]), [[true, 'false'], [true, 'false'], [false, 'false']]);
    assert.equal(seen[1].message, '');
    assert.equal(seen[2].thumbs, 0);
  }));
