// The tools that options are checked with: wrong types and unknown names are a TypeError, numbers out of range a RangeError.

/** @typedef {(name: string, value: unknown) => void} Check throws when value is no good */

/**
 * A number in [min, max]; above min where `exclusive`.
 *
 * @param {number} min
 * @param {number} max
 * @param {{integer?: boolean, exclusive?: boolean}} [kind]
 * @returns {Check}
 */
export function number(min, max, { integer = false, exclusive = false } = {}) {
  return (name, value) => {
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${describe(value)}`);
    const inRange = exclusive ? value > min : value >= min;
    if (inRange && value <= max && (!integer || Number.isInteger(value))) return;
    const bounds = `${exclusive ? 'more than' : 'at least'} ${min}` + (max < Infinity ? ` and at most ${max}` : '');
    throw new RangeError(`${name} must be ${integer ? 'a whole number, ' : ''}${bounds}, not ${value}`);
  };
}

/**
 * A value that `test` accepts.
 *
 * @param {string} what
 * @param {(value: unknown) => boolean} test
 * @returns {Check}
 */
export function be(what, test) {
  return (name, value) => {
    if (!test(value)) throw new TypeError(`${name} must be ${what}, not ${describe(value)}`);
  };
}

export const boolean = be('true or false', (v) => typeof v === 'boolean');

/**
 * The properties of an object that are given: not undefined.
 *
 * @param {object} options
 * @returns {Record<string, unknown>}
 */
export function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * Checks that all options have a check, and pass it.
 *
 * @param {string} where
 * @param {object} options
 * @param {Record<string, Check>} checks
 */
export function check(where, options, checks) {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${where}: options must be an object, not ${describe(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`${where}: unknown option "${name}"; this version knows ${Object.keys(checks).join(', ')}`);
    }
    if (value !== undefined) checks[name](`${where}: ${name}`, value); // undefined means not given, as for any parameter
  }
}

/**
 * A value for the text of an error.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function describe(value) {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? value.slice(0, 40) + '…' : value);
  if (typeof value === 'object') return value.constructor?.name ?? 'an object';
  return String(value);
}
