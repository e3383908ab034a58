// The engine's code, compiled once for all workers of a page, while they start: that takes about as long.

/** Without a byte, after which a download has failed, in ms; as for models (http.js). */
const STALL = 30_000;

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
    return await download(new URL('./gander.wasm', import.meta.url), (response) => WebAssembly.compileStreaming(response));
  } catch {
    code = undefined; // the next model tries again
    return undefined;
  }
}

/**
 * Downloads a file, and breaks off when nothing comes any more. What is watched is a copy: of an answer that a program made, browsers don't
 * keep the compiled code.
 *
 * @template T
 * @param {URL} url
 * @param {(response: Response) => Promise<T>} use uses the answer while it comes
 * @returns {Promise<T>}
 */
export async function download(url, use) {
  const controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {(reason: unknown) => void} */
  let fail = () => {};
  const failed = new Promise((_, reject) => (fail = reject));
  const wait = (/** @type {unknown} */ held) => { // what nothing holds Chromium collects as garbage while a read of it waits
    clearTimeout(timer);
    timer = setTimeout(() => fail(new Error(`nothing came for ${STALL / 1000} seconds`)), STALL, held);
  };
  /** @param {Response} response */
  const watch = async ({ body }) => {
    const reader = body?.getReader();
    do wait(reader);
    while (reader && !(await reader.read()).done);
    clearTimeout(timer);
  };
  wait(undefined);
  try {
    const used = fetch(url, { signal: controller.signal }).then((response) => {
      watch(response.clone()).catch(fail);
      return use(response);
    });
    return await Promise.race([used, /** @type {Promise<never>} */ (failed)]);
  } catch (error) {
    controller.abort(); // what may still come
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
