// One run of one engine, in the page: load from a Blob, warm up, then a prompt of
// 128 tokens with 64 decoded after it, and one of 512. An engine is a file here that exports
// open(blob) -> { vocab, run(ids, steps) -> { promptMs, stepsMs } }.

const ids = (n, vocab, salt) => Array.from({ length: n }, (_, i) => 300 + ((i * 7919 + salt * 104729) % (vocab - 600)));

export async function measure(name) {
  const { open } = await import(`./${name}.mjs`);
  const blob = await (await fetch('/model')).blob();
  const start = performance.now();
  const engine = await open(blob);
  const load_ms = performance.now() - start;
  await engine.run(ids(32, engine.vocab, 0), 16);
  const a = await engine.run(ids(128, engine.vocab, 1), 64);
  const b = await engine.run(ids(512, engine.vocab, 2), 0);
  return { load_ms, prefill_128: 128e3 / a.promptMs, prefill_512: 512e3 / b.promptMs, decode_64: 64e3 / a.stepsMs };
}
