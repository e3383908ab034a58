// Runs the Go program /model/test.wasm with the arguments of the one message that it gets. What the program prints goes to the console,
// a line at a time, and its exit code is the answer.
import '/gander/wasm_exec.js';

const decoder = new TextDecoder();
let line = '';
globalThis.fs.writeSync = (_, bytes) => {
  const lines = (line + decoder.decode(bytes, { stream: true })).split('\n');
  line = lines.pop();
  for (const text of lines) console.log(text);
  return bytes.length;
};

onmessage = async ({ data }) => {
  const go = new Go();
  go.argv = data;
  const exited = new Promise((resolve) => (go.exit = resolve));
  const { instance } = await WebAssembly.instantiateStreaming(fetch('/model/test.wasm'), go.importObject);
  await go.run(instance);
  postMessage(await exited);
};
