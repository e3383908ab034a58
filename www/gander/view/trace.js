// What was recorded while a text was written: its tokens, and for each position what every head looked at.

/** @typedef {import('../trace.js').Attention} Attention */
/** @typedef {import('../trace.js').Attribution} Attribution */
/** @typedef {import('../trace.js').LensLayer} LensLayer */
/** @typedef {import('../trace.js').Ablation} Ablation */

/** @typedef {{id: number, text: string} & import('../trace.js').Trace} TracedToken as `generate` yields it */

/** @typedef {{id: number, text: string}} TraceToken */

export class Trace {
  /** @type {TraceToken[]} The prompt's, then those that were written. */
  tokens;
  /** How many tokens the prompt has. */
  prompt;
  /** @type {number[]} The layers that have rows, by their numbers in the model. */
  layers = [];
  /** @type {number[]} */
  heads = [];
  /** @type {Ablation[]} */
  ablate;
  /** Bytes of the rows. */
  bytes = 0;
  /** Whether rows were left out, as the budget was used up. */
  full = false;
  /** @type {(Attention | undefined)[]} By position. */
  #blocks = [];
  /** @type {({lens?: LensLayer[], attribution?: Attribution} | undefined)[]} By the position from which a token was predicted. */
  #steps = [];
  #budget;

  /**
   * @param {TraceToken[]} prompt
   * @param {Ablation[]} [ablate]
   * @param {number} [budget] bytes that the rows may take
   */
  constructor(prompt, ablate = [], budget = Infinity) {
    this.tokens = [...prompt];
    this.prompt = prompt.length;
    this.ablate = ablate;
    this.#budget = budget;
  }

  /**
   * Takes a token that was written.
   *
   * @param {TracedToken} token
   */
  add({ id, text, attention, lens, attribution }) {
    if (attention && this.tokens.length === this.prompt) this.#fitPrompt(attention.keys);
    if (attention) this.#keep(attention);
    this.#steps[this.tokens.length - 1] = { lens, attribution };
    this.tokens.push({ id, text });
  }

  /**
   * The prompt's texts come from the caller; how long it was, the engine knows best.
   *
   * @param {number} length
   */
  #fitPrompt(length) {
    const missing = Math.max(0, length - this.prompt);
    this.tokens = [...Array.from({ length: missing }, () => ({ id: -1, text: '' })), ...this.tokens].slice(0, length);
    this.prompt = length;
  }

  /** @param {Attention} attention of which what looks at a source text is not shown, and would not be counted */
  #keep({ cross: _, ...block }) {
    const size = block.weights.byteLength + (block.positions?.byteLength ?? 0) + (block.norms?.byteLength ?? 0);
    if (this.full || this.bytes + size > this.#budget) {
      this.full = true;
      return;
    }
    this.bytes += size;
    this.layers = block.layers;
    this.heads = block.heads;
    for (let i = 0; i < block.queries; i++) this.#blocks[block.first + i] = block;
  }

  /** One more than the last position that has rows. */
  get length() {
    return this.#blocks.length;
  }

  /** The first position that has rows. */
  get first() {
    return Math.max(0, this.#blocks.findIndex((block) => block !== undefined));
  }

  /**
   * What a head looked at from a position: the weight of each position up to itself.
   *
   * @param {number} layer index into `layers`
   * @param {number} head index into `heads`
   * @param {number} position
   * @returns {Float32Array | undefined} undefined where it was not recorded
   */
  row(layer, head, position) {
    const block = this.#blocks[position];
    if (!block) return undefined;
    const { weights, positions, queries, first, keys } = block;
    const index = (layer * block.heads.length + head) * queries + position - first;
    if (!positions) return weights.subarray(index * keys, index * keys + position + 1);
    const row = new Float32Array(position + 1);
    const width = positions.length / (block.layers.length * block.heads.length * queries);
    for (let i = index * width; i < (index + 1) * width; i++) if (positions[i] >= 0) row[positions[i]] = weights[i];
    return row;
  }

  /**
   * How long the output of a head was at a position (L2 norm).
   *
   * @param {number} layer index into `layers`
   * @param {number} head index into `heads`
   * @param {number} position
   * @returns {number | undefined}
   */
  norm(layer, head, position) {
    const block = this.#blocks[position];
    return block?.norms?.[(layer * block.heads.length + head) * block.queries + position - block.first];
  }

  /**
   * What the layers would have said at a position, and what made up the logit of the token that was said.
   *
   * @param {number} position
   */
  step(position) {
    return this.#steps[position] ?? {};
  }

  /** The text that was written. */
  get written() {
    return this.tokens.slice(this.prompt).map(({ text }) => text).join('');
  }
}
