// Builds ONNX graphs node by node. A value is its name. Knows ONNX's messages (onnx.proto field numbers are
// given where they are written), and nothing of language models.

import { ProtobufWriter } from './protobuf-writer.ts';

/** The numbers of ONNX's TensorProto.DataType. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
export type DataType = keyof typeof DATA_TYPE;

/** A dimension: a size, a symbol, or null where nothing is known. */
export type Dimension = number | string | null;

/** Bytes of a weight that stay in their file. `location` is relative to the session's weight folder. */
export interface ExternalBytes {
  readonly location: string;
  readonly byteOffset: number;
  readonly nBytes: number;
}

interface TensorValue {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalBytes;
}

/** Numbers are integers; a float attribute is written `{ float }`, since 1 could be either. */
type Attribute = number | string | readonly number[] | { readonly float: number } | Graph | TensorValue;
export type Attributes = Readonly<Record<string, Attribute>>;

interface Node {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

interface ValueInfo {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly Dimension[];
}

/** A graph, or the body of a loop inside one. Constants and weights always land in the outermost graph. */
export class Graph {
  readonly #name: string;
  readonly #root: Graph;
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, TensorValue>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #constantOps = new Set<string>();
  #nNames = 0;

  constructor(name: string, parent?: Graph) {
    this.#name = name;
    this.#root = parent === undefined ? this : parent.#root;
  }

  /** A name that nothing else in this model has. */
  newName(prefix: string): string {
    return `${prefix}_${this.#root.#nNames++}`;
  }

  /** Adds a node with one output. */
  op(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    const name = output ?? this.newName(operator);
    this.node('', operator, inputs, [name], attributes);
    return name;
  }

  /** Adds a node of ONNX Runtime's own operators with one output. */
  contribOp(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.newName(operator);
    this.node('com.microsoft', operator, inputs, [name], attributes);
    return name;
  }

  /** Adds a node with several outputs. */
  ops(operator: string, inputs: readonly string[], nOutputs: number, attributes: Attributes = {}): string[] {
    const outputs = Array.from({ length: nOutputs }, () => this.newName(operator));
    this.node('', operator, inputs, outputs, attributes);
    return outputs;
  }

  /** Adds a node with any inputs and outputs; an empty name is one left out. */
  node(
    domain: '' | 'com.microsoft',
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes = {},
  ): void {
    this.#nodes.push({ domain, operator, inputs, outputs, attributes });
  }

  input(name: string, type: DataType, shape: readonly Dimension[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  output(name: string, type: DataType, shape: readonly Dimension[]): void {
    this.#outputs.push({ name, type, shape });
  }

  /** Adds a weight under its own name; one that is there already is replaced. */
  weight(name: string, type: DataType, shape: readonly number[], data: ExternalBytes | Uint8Array): string {
    this.#root.#initializers.set(name, { type, shape, data });
    return name;
  }

  /** A node over constants only, in the outermost graph and once under this name. */
  constantOp(name: string, operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    if (this.#root.#constantOps.has(name)) return name;
    this.#root.#constantOps.add(name);
    return this.#root.op(operator, inputs, attributes, name);
  }

  int64(value: number | readonly number[]): string {
    const values = typeof value === 'number' ? [value] : value;
    return this.#constant('int64', value, BigInt64Array.from(values, BigInt));
  }

  int32(value: number | readonly number[]): string {
    return this.#constant('int32', value, Int32Array.from(typeof value === 'number' ? [value] : value));
  }

  float32(value: number | readonly number[]): string {
    return this.#constant('float32', value, Float32Array.from(typeof value === 'number' ? [value] : value));
  }

  float64(value: number | readonly number[]): string {
    return this.#constant('float64', value, Float64Array.from(typeof value === 'number' ? [value] : value));
  }

  true(): string {
    return this.#constant('bool', 1, Uint8Array.of(1));
  }

  /** Zeros of a shape that is known only at run time; one of its sizes may be 0. */
  zeros(shape: string, type: 'float32' | 'float16' = 'float32'): string {
    const data = new Uint8Array(type === 'float32' ? 4 : 2);
    return this.op('ConstantOfShape', [shape], { value: { type, shape: [1], data } });
  }

  /**
   * Memory of a 16-bit shape that a node will write in place. The runtime takes nodes that compute the same for one
   * node, and one buffer for all layers' caches; so each is filled with another tiny number, which nobody reads.
   */
  buffer(shape: string, type: 'float32' | 'float16', index: number): string {
    const data = new Uint8Array(type === 'float32' ? 4 : 2);
    data[0] = index + 1;
    return this.op('ConstantOfShape', [shape], { value: { type, shape: [1], data } });
  }

  /** A scalar that differs from others of its kind, for the reason that `buffer` gives. */
  almostZero(type: 'float32' | 'float16', index: number): string {
    const name = `${type}:almost-zero-${index}`;
    const data = new Uint8Array(type === 'float32' ? 4 : 2);
    data[0] = index;
    this.#root.#initializers.set(name, { type, shape: [], data });
    return name;
  }

  /** A constant of this very graph: a loop's body reads it where it lies, and no copy is made an iteration. */
  localInt32(values: readonly number[]): string {
    const data = new Uint8Array(Int32Array.from(values).buffer);
    return this.op('Constant', [], { value: { type: 'int32', shape: [values.length], data } });
  }

  #constant(type: DataType, value: number | readonly number[], data: NodeJS.ArrayBufferView): string {
    const name = `${type}:${typeof value === 'number' ? value : `[${value.join()}]`}`;
    this.#root.#initializers.set(name, {
      type,
      shape: typeof value === 'number' ? [] : [value.length],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  /** The graph as a GraphProto. */
  encode(): ProtobufWriter {
    const writer = new ProtobufWriter();
    for (const node of this.#nodes) writer.message(1, encodeNode(node));
    writer.string(2, this.#name);
    for (const [name, tensor] of this.#initializers) writer.message(5, encodeTensor(tensor, name));
    for (const value of this.#inputs) writer.message(11, encodeValueInfo(value));
    for (const value of this.#outputs) writer.message(12, encodeValueInfo(value));
    return writer;
  }
}

const IR_VERSION = 10;
const OPSET = 21;

/** ModelProto around a finished graph. */
export function encodeModel(graph: Graph): Uint8Array {
  const opset = (domain: string, version: number) => new ProtobufWriter().string(1, domain).int(2, version);
  return new ProtobufWriter()
    .int(1, IR_VERSION)
    .string(2, 'verbatim')
    .message(7, graph.encode())
    .message(8, opset('', OPSET))
    .message(8, opset('com.microsoft', 1))
    .finish();
}

function encodeNode(node: Node): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.outputs.find((name) => name !== '') ?? node.operator).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes))
    writer.message(5, encodeAttribute(name, value));
  if (node.domain !== '') writer.string(7, node.domain);
  return writer;
}

/** AttributeProto; field 20 is its type. */
function encodeAttribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return writer.int(3, value).int(20, 2);
  if (typeof value === 'string') return writer.string(4, value).int(20, 3);
  if (value instanceof Graph) return writer.message(6, value.encode()).int(20, 5);
  if ('float' in value) return writer.float(2, value.float).int(20, 1);
  if ('data' in value) return writer.message(5, encodeTensor(value, '')).int(20, 4);
  for (const item of value) writer.int(8, item);
  return writer.int(20, 7);
}

/** TensorProto, its bytes either here (field 9) or in another file (fields 13 and 14). */
function encodeTensor(tensor: TensorValue, name: string): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const size of tensor.shape) writer.int(1, size);
  writer.int(2, DATA_TYPE[tensor.type]);
  if (name !== '') writer.string(8, name);
  if (tensor.data instanceof Uint8Array) return writer.bytes(9, tensor.data);
  const { location, byteOffset, nBytes } = tensor.data;
  const entry = (key: string, value: string) =>
    writer.message(13, new ProtobufWriter().string(1, key).string(2, value));
  entry('location', location);
  entry('offset', String(byteOffset));
  entry('length', String(nBytes));
  return writer.int(14, 1);
}

function encodeValueInfo({ name, type, shape }: ValueInfo): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    if (typeof size === 'number') dimension.int(1, size);
    else if (size !== null) dimension.string(2, size);
    dimensions.message(1, dimension);
  }
  const tensorType = new ProtobufWriter().int(1, DATA_TYPE[type]).message(2, dimensions);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}
