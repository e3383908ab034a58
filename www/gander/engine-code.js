// The engine's code, compiled once for all workers of a page, while they start: that takes about as long.

/** @type {Promise<WebAssembly.Module | undefined> | undefined} */
let code;

/**
 * Gives the code, or undefined where the page can't have it: a worker then fetches it itself, and its error says what is wrong. (A page's
 * content security policy can forbid it what its workers may do; a server can give the file a wrong MIME type.)
 *
 * @returns {Promise<WebAssembly.Module | undefined>}
 */
export function engineCode() {
  return (code ??= compile());
}

async function compile() {
  try {
    return await WebAssembly.compileStreaming(fetch(new URL('./gander.wasm', import.meta.url)));
  } catch {
    code = undefined; // the next model tries again
    return undefined;
  }
}
