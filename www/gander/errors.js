// The one error class of the package and its codes.

/**
 * What went wrong, as a word that a program can act on:
 *
 * - `bad_file`: the model file is broken (wrong magic, cut short, contradicts itself)
 * - `unsupported`: the file is valid, but this version of Gander does not implement what it needs
 * - `context_full`: the prompt does not fit into the context
 * - `bad_option`: the engine refused an option's value, or it contradicts another option
 * - `bad_token`: a token id outside the vocabulary
 * - `template`: the model's chat template is broken, refuses the conversation, or goes over a limit; the message has the line
 * - `aborted`: the engine stopped the call itself (a call stopped by your AbortSignal rejects with the signal's reason instead)
 * - `io`: the file could not be read (for example, it changed on disk while it was open)
 * - `memory`: the model needs more memory than it can have (`memory` holds the numbers), or the engine ran out of it
 * - `network`: a download failed; `status` holds the HTTP status where there was one
 * - `integrity`: a file was downloaded, but its SHA-256 is not the one it must have
 * - `busy`: a kept model cannot be deleted, because it is being downloaded or read
 * - `closed`: the model was closed, before the call or during it
 * - `worker`: the worker could not start, or it died
 * - `internal`: a bug in Gander; please report it
 *
 * @typedef {'bad_file' | 'unsupported' | 'context_full' | 'bad_option' | 'bad_token' | 'template' | 'aborted' | 'io' | 'memory'
 *   | 'network' | 'integrity' | 'busy' | 'closed' | 'worker' | 'internal'} ErrorCode
 */

/**
 * What a model needs, and what it can have, in bytes: its weights, the keys and values of a full context, what a step works in.
 *
 * @typedef {{weights: number, kv: number, activations: number, total: number, limit: number}} MemoryNeeds
 */

/** Every error that Gander reports, except a wrong argument (TypeError, RangeError) and the reason of your own AbortSignal. */
export class GanderError extends Error {
  /**
   * @param {ErrorCode} code what went wrong, for programs
   * @param {string} message what went wrong, for people
   * @param {{status?: number, memory?: MemoryNeeds, cause?: unknown}} [details] the HTTP status of a `network` error; the numbers of a
   *   `memory` error; the error behind this one
   */
  constructor(code, message, { status, memory, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GanderError';
    /** @type {ErrorCode} */
    this.code = code;
    /** @type {number | undefined} The HTTP status, on a `network` error where the server answered. */
    this.status = status;
    /** @type {MemoryNeeds | undefined} On a `memory` error of a model that was refused: what it needs. */
    this.memory = memory;
  }
}

/**
 * Whether a server says that it has no such file any more.
 *
 * @param {unknown} error
 */
export const isGone = (error) => error instanceof GanderError && (error.status === 404 || error.status === 410);

/**
 * Whether a server says that there is no such file, rather than that it can't serve it now. Some say 403 of what was never there.
 *
 * @param {unknown} error
 */
export const isMissing = (error) => isGone(error) || (error instanceof GanderError && error.status === 403);

/**
 * An error in the form in which it crosses from the worker to the page.
 *
 * @typedef {{code: ErrorCode, message: string, status?: number, memory?: MemoryNeeds}} PlainError
 */

/**
 * Turns anything thrown into a PlainError. An object with a string `code` that is no Error comes from the Go half.
 *
 * @param {unknown} thrown
 * @returns {PlainError}
 */
export function toPlain(thrown) {
  if (thrown instanceof GanderError) return { code: thrown.code, message: thrown.message, status: thrown.status, memory: thrown.memory };
  if (thrown instanceof Error) return { code: 'internal', message: thrown.message };
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message, memory } = /** @type {PlainError} */ (thrown);
    return { code, message: String(message), memory };
  }
  return { code: 'internal', message: String(thrown) };
}

/**
 * Waits for a file of Gander that is imported only where it is needed: with fewer files a worker is there sooner.
 *
 * @template T
 * @param {Promise<T>} importing
 * @returns {Promise<T>}
 */
export async function loaded(importing) {
  try {
    return await importing;
  } catch (cause) {
    throw new GanderError('worker', `a file of Gander could not be loaded: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}
