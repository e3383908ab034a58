// Writes ONNX files: as much of the format as a decoder needs.
// Format: onnx/onnx.proto (the numbers of fields are from there), in the protocol buffers' wire format.

/** Element types of tensors, TensorProto.DataType. */
export const FLOAT = 1, INT8 = 3, INT32 = 6, INT64 = 7;

/** Integer as varint: seven bits a byte, the lowest first. Negative ones are 64-bit two's complement. */
function varint(n) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(n));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const integer = (field, n) => Buffer.concat([varint(field << 3), varint(n)]);
const float = (field, x) => Buffer.concat([varint((field << 3) | 5), Buffer.from(Float32Array.of(x).buffer)]);
const message = (field, ...parts) => bytes(field, Buffer.concat(parts.flat(Infinity)));
function bytes(field, data) {
  const buffer = typeof data === 'string' ? Buffer.from(data) : data;
  return Buffer.concat([varint((field << 3) | 2), varint(buffer.length), buffer]);
}

/** A number with a fraction, as an attribute; plain numbers are integers. */
export class Float {
  constructor(value) {
    this.value = value;
  }
}

// AttributeProto: name 1, f 2, i 3, type 20 (1 is FLOAT, 2 INT).
const attribute = ([name, value]) =>
  value instanceof Float ? message(5, bytes(1, name), float(2, value.value), integer(20, 1)) : message(5, bytes(1, name), integer(3, value), integer(20, 2));

/** A graph in the making. Values are known by name; methods return the name of what they add. */
export class Graph {
  #nodes = [];
  #tensors = [];
  #inputs = [];
  #outputs = [];

  /** An operator of the ONNX domain, or of another; `outputs` are names, of which the first is returned. */
  node(operator, inputs, outputs, attributes = {}, domain = '') {
    const names = [outputs].flat();
    const parts = [inputs.map((name) => bytes(1, name)), names.map((name) => bytes(2, name)), bytes(4, operator), Object.entries(attributes).map(attribute)];
    this.#nodes.push(message(1, parts, domain ? bytes(7, domain) : [])); // NodeProto
    return names[0];
  }

  /** A constant: a typed array with its shape. */
  tensor(name, type, shape, data) {
    const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#tensors.push(message(5, shape.map((n) => integer(1, n)), integer(2, type), bytes(8, name), bytes(9, raw))); // TensorProto
    return name;
  }

  /** An input of the graph; sizes that vary have names. */
  input(name, type, shape) {
    this.#inputs.push(message(11, this.#value(name, type, shape)));
    return name;
  }

  output(name, type, shape) {
    this.#outputs.push(message(12, this.#value(name, type, shape)));
  }

  // ValueInfoProto, with TypeProto.Tensor and TensorShapeProto.
  #value(name, type, shape) {
    const sizes = shape.map((n) => message(1, typeof n === 'string' ? bytes(2, n) : integer(1, n)));
    return [bytes(1, name), message(2, message(1, integer(1, type), message(2, sizes)))];
  }

  /** The file: ModelProto of IR version 8, operator set 17, and com.microsoft's. */
  encode() {
    const graph = message(7, this.#nodes, bytes(2, 'decoder'), this.#tensors, this.#inputs, this.#outputs);
    const sets = [message(8, bytes(1, ''), integer(2, 17)), message(8, bytes(1, 'com.microsoft'), integer(2, 1))];
    return Buffer.concat([integer(1, 8), bytes(2, 'gander-bench'), graph, ...sets]);
  }
}
