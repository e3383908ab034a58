// One run of one engine, in the page: load from Blobs in memory, warm up, then prompts of the lengths and depths that are asked for.
// An engine is a file here that exports
//   open(files, { threads, context, vocab }) -> { run(ids, steps) -> { promptMs, stepsMs } }
// with files by name as Blobs. run computes a prompt that shares nothing with the one before, and decodes `steps` further tokens after
// the one that follows from the prompt.

/** n ids of ordinary tokens; salt varies all of them. */
const prompt = (n, vocab, salt) => Array.from({ length: n }, (_, i) => 300 + ((i * 7919 + salt * 104729) % (vocab - 600)));

export async function measure({ engine: name, files, vocab, threads, prefill, depths, steps }) {
  const { open } = await import(`./${name}.mjs`);
  const blobs = {};
  for (const file of files) {
    const response = await fetch(`/model/${file}`);
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    blobs[file] = await response.blob();
  }
  const context = Math.ceil((Math.max(...prefill, ...depths, 64) + steps + 2) / 256) * 256;
  const start = performance.now();
  const engine = await open(blobs, { threads, context, vocab });
  const result = { load_ms: performance.now() - start, prefill: {}, decode: {} };
  await engine.run(prompt(32, vocab, 0), 16);
  for (const [i, n] of [...new Set([...prefill, ...depths])].entries()) {
    const decodes = depths.includes(n);
    const { promptMs, stepsMs } = await engine.run(prompt(Math.max(1, n), vocab, i + 1), decodes ? steps : 0);
    if (prefill.includes(n)) result.prefill[n] = (n * 1000) / promptMs;
    if (decodes) result.decode[n] = (steps * 1000) / stepsMs;
  }
  return result;
}
