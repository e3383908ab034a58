// How fast a worker can load memory and do nothing else with it: the roof of a decode step, which reads all weights. The loop is a
// WebAssembly module of its own, written here in bytes: eight 16-byte loads a turn, added up.

const uleb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...uleb(n >> 7)]);
const section = (id, body) => [id, ...uleb(body.length), ...body];
const get = (i) => [0x20, i], set = (i) => [0x21, i], i32 = 0x7f, v128 = 0x7b;

/** (func (param $at i32) (param $end i32) (result i32)): sums the memory from $at to $end, a multiple of 128 bytes. */
function moduleBytes(pages) {
  const add = [0xfd, ...uleb(0xae)]; // i32x4.add
  const loads = Array.from({ length: 8 }, (_, i) => [...get(2 + i), ...get(0), 0xfd, 0x00, 4, ...uleb(16 * i), ...add, ...set(2 + i)]).flat();
  const turn = [...loads, ...get(0), 0x41, 0x80, 0x01, 0x6a, 0x22, 0, ...get(1), 0x49, 0x0d, 0]; // at += 128; br_if at < end
  const sum = [...get(2), ...Array.from({ length: 7 }, (_, i) => [...get(3 + i), ...add]).flat(), 0xfd, 0x1b, 0]; // lane 0
  const code = [1, 8, v128, 0x03, 0x40, ...turn, 0x0b, ...sum, 0x0b];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 2, i32, i32, 1, i32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...uleb(pages)]),
    ...section(7, [2, 3, 0x6d, 0x65, 0x6d, 2, 0, 3, 0x72, 0x75, 0x6e, 0, 0]), // "mem", "run"
    ...section(10, [1, ...uleb(code.length), ...code]),
  ]);
}

/** Bytes a second that this thread loads, of `megabytes` of memory, over about `ms`. */
export async function measureRoof(megabytes, ms) {
  const bytes = megabytes << 20;
  const { instance } = await WebAssembly.instantiate(moduleBytes(bytes >> 16));
  const { mem, run } = instance.exports;
  new Uint8Array(mem.buffer).fill(1); // pages that were never written are all the same one
  for (let i = 0; i < 3; i++) run(0, bytes);
  const start = performance.now();
  let passes = 0, now;
  do {
    run(0, bytes);
    passes++;
    now = performance.now();
  } while (now - start < ms);
  return (passes * bytes * 1000) / (now - start);
}

// As a worker: measures when told.
if (globalThis.WorkerGlobalScope) {
  addEventListener('message', async ({ data }) => postMessage(await measureRoof(data.megabytes, data.ms)));
}

/** Bytes a second that so many workers load together. */
export async function roofOfWorkers(count, megabytes, ms) {
  const workers = Array.from({ length: count }, () => new Worker(new URL(import.meta.url), { type: 'module' }));
  try {
    const rates = workers.map((worker) => new Promise((resolve, reject) => Object.assign(worker, { onmessage: ({ data }) => resolve(data), onerror: reject })));
    for (const worker of workers) worker.postMessage({ megabytes, ms });
    return (await Promise.all(rates)).reduce((a, b) => a + b);
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
