// Models of several files with names: a folder of Hugging Face's (config.json, tokenizer files, safetensors), or a model of llama2.c with
// its tokenizer. The engine finds its way in them by the names, so that all that is done here is to gather the files that it may ask for.

import { GanderError, isMissing } from './errors.js';

const CONFIG = 'config.json';
const INDEX = 'model.safetensors.index.json';

/** The files of which one says where the weights are. Of a folder on a server they are the last to be asked for. */
export const WEIGHTS = ['model.safetensors', INDEX];

/** What makes one vector of a text, in folders of models that embed: a list of modules, and what those have in folders within. */
const MODULES = 'modules.json';
const MODULE = /^\d+_(?:Pooling|Dense)$/;
const POOLING_FILES = ['config.json'];
const DENSE_FILES = ['config.json', 'model.safetensors'];

/** The small files of a Hugging Face folder, of which only the first must be there. */
const SMALL = [CONFIG, 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja', MODULES];

/** Other files that the engine may ask for, by their names: vocabulary and weights. */
const LARGE = /^(?:tokenizer\.model|[^/]*\.safetensors|model\.safetensors\.index\.json|(?!pytorch_model)[^/]*\.bin)$/;

/**
 * The files of a module that the engine may ask for.
 *
 * @param {string} folder its name
 */
const moduleFiles = (folder) => (!MODULE.test(folder) ? [] : folder.endsWith('Dense') ? DENSE_FILES : POOLING_FILES).map((name) => `${folder}/${name}`);

/** @param {string} name of a file, from the folder on */
const isWanted = (name) => SMALL.includes(name) || LARGE.test(name) || moduleFiles(name.split('/')[0]).includes(name);

/**
 * Says whether files are a model together because of their names, and not parts of a GGUF file.
 *
 * @param {string[]} names
 */
export function areFolder(names) {
  return names.some((name) => name === CONFIG || /\.(?:bin|safetensors)$/.test(name));
}

/**
 * The files of a folder that was picked, without those in folders within it that nobody wants.
 *
 * @param {File[]} files
 * @returns {import('./source.js').SourceSpec | undefined} undefined if they are no folder
 */
export function folderOfFiles(files) {
  /** @type {[string, File][]} by their names from the folder on */
  const named = files.map((file) => [file.webkitRelativePath?.replace(/^[^/]*\//, '') || file.name, file]);
  return areFolder(named.map(([name]) => name).filter((name) => !name.includes('/'))) ? folderSpec(named) : undefined;
}

/** @param {[string, File][]} files */
function folderSpec(files) {
  const wanted = files.filter(([name]) => isWanted(name));
  return { kind: /** @type {const} */ ('parts'), parts: wanted.map(([, blob]) => ({ kind: /** @type {const} */ ('blob'), blob })), names: wanted.map(([name]) => name) };
}

/**
 * The files of a folder that the page was given a handle of.
 *
 * @param {FileSystemDirectoryHandle} handle
 */
export async function folderOfHandle(handle) {
  /** @type {[string, File][]} */
  const files = [];
  try {
    for await (const [name, entry] of walk(handle, '')) files.push([name, await entry.getFile()]);
  } catch (cause) { // the folder went away, or may not be read any more
    throw new GanderError('io', `the folder ${handle.name} cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  return folderSpec(files);
}

/**
 * The files of a folder that are wanted, also of those within it that have one.
 *
 * @param {FileSystemDirectoryHandle} handle
 * @param {string} path of the folder, empty or with a slash behind
 * @returns {AsyncGenerator<[string, FileSystemFileHandle]>}
 */
async function* walk(handle, path) {
  const { entries } = /** @type {{entries: () => AsyncIterable<[string, FileSystemHandle]>}} */ (/** @type {unknown} */ (handle));
  for await (const [name, entry] of entries.call(handle)) {
    if (entry.kind === 'directory') {
      if (!path && MODULE.test(name)) yield* walk(/** @type {FileSystemDirectoryHandle} */ (entry), `${path}${name}/`);
    } else if (isWanted(path + name)) {
      yield [path + name, /** @type {FileSystemFileHandle} */ (entry)];
    }
  }
}

/**
 * Gets at the files of a Hugging Face folder on a server, which can't list them: the weights are those that the index names.
 *
 * @template T
 * @param {string} base URL that ends in a slash
 * @param {(href: string, needed: boolean) => Promise<T | undefined>} get makes one file ready, if there is such a file
 * @param {(file: T) => Promise<Uint8Array>} bytes reads a small one
 * @returns {Promise<{names: string[], files: T[]}>}
 */
export async function folderOfURL(base, get, bytes) {
  /** @type {Map<string, T>} */
  const found = new Map();
  const add = async (/** @type {string} */ name, /** @type {boolean} */ needed) => {
    try {
      const file = await get(at(base, name), needed);
      if (file) found.set(name, file);
      return file !== undefined;
    } catch (error) {
      if (needed || !isMissing(error)) throw error;
      return false;
    }
  };
  for (const name of SMALL) await add(name, name === CONFIG);
  if (found.has(MODULES)) {
    for (const folder of modules(await bytes(/** @type {T} */ (found.get(MODULES))))) {
      for (const name of moduleFiles(folder)) await add(name, false);
    }
  }
  if (!found.has('tokenizer.json')) await add('tokenizer.model', false);
  if (!(await add(WEIGHTS[0], false))) {
    await add(INDEX, true);
    for (const shard of shards(await bytes(/** @type {T} */ (found.get(INDEX))), at(base, INDEX))) await add(shard, true);
  }
  return { names: [...found.keys()], files: [...found.values()] };
}

/**
 * @param {string} base
 * @param {string} name
 */
export function at(base, name) {
  const url = new URL(base);
  url.pathname += name.split('/').map(encodeURIComponent).join('/'); // before a query, with which some sites let in
  return url.href;
}

/**
 * The folders that modules.json names. What is wrong with it is for the engine to say.
 *
 * @param {Uint8Array} list
 * @returns {string[]}
 */
function modules(list) {
  try {
    const all = JSON.parse(new TextDecoder().decode(list));
    return all.map((/** @type {{path?: unknown}} */ module) => String(module.path));
  } catch {
    return [];
  }
}

/**
 * The names of shards in an index.
 *
 * @param {Uint8Array} index
 * @param {string} href of the index, for errors
 */
function shards(index, href) {
  /** @type {unknown} */
  let map;
  try {
    map = JSON.parse(new TextDecoder().decode(index)).weight_map;
  } catch (cause) {
    throw new GanderError('bad_file', `${href}: no index of shards: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  const names = new Set(typeof map === 'object' && map !== null ? Object.values(map) : []);
  for (const name of names) {
    if (typeof name !== 'string' || !/^[\w.-]+\.safetensors$/.test(name)) throw new GanderError('bad_file', `${href}: ${JSON.stringify(name)} is no name of a shard`);
  }
  if (names.size === 0) throw new GanderError('bad_file', `${href}: an index of no shards`);
  return [...names].sort();
}
