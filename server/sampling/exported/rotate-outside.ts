// Attention that rotates queries and keys itself is refused by the runtime for heads whose width is no multiple of 16. Such a graph is given
// the same rotation as nodes of its own, before the attention: the file stays as it is, and its weights where they are. Knows ONNX's
// messages (onnx.proto field numbers are given where they are read or written).

import { readFileSync, statSync } from 'node:fs';
import { type Attributes, Graph } from '../onnx/onnx-graph.ts';
import { type Field, type FileBytes, Malformed, readMessage } from '../onnx/protobuf-reader.ts';
import { ProtobufWriter } from '../onnx/protobuf-writer.ts';
import type { ExportedDecoder } from './exported-decoder.ts';

/** The multiple that the runtime asks for. */
const HEAD_UNIT = 16;
/** Small heads are of small models; a larger file is left to the runtime. */
const MOST_BYTES = 1 << 30;

/** The graph as it can be run; null where it can be run as it is. */
export function rotateOutside({ path, past }: Pick<ExportedDecoder, 'path' | 'past'>): Uint8Array | null {
  const widths = new Map(past.map(({ input, shape }) => [input, shape.at(-1)]));
  if ([...widths.values()].every(isRotatedThere) || statSync(path).size > MOST_BYTES) return null;
  return readMessage(path, 'ONNX model', (bytes) => {
    const file = readFileSync(path);
    const whole = [...bytes.fields(0, bytes.size)];
    const graph = whole.find(({ field }) => field === GRAPH);
    if (!graph) throw new Malformed();
    const parts = [...bytes.fields(graph.start, graph.end)];
    const caches = cacheWidths(bytes, parts);
    let nRotated = 0;
    const rewritten = new ProtobufWriter();
    for (const part of parts) {
      const node = part.field === NODE ? readNode(bytes, part) : undefined;
      const width = node && needsRotation(node, widths);
      if (node && width)
        rotate(rewritten, file, node, {
          width,
          rotated: caches.get(node.inputs[7]!) ?? width,
          nth: nRotated++,
        });
      else rewritten.bytes(part.field, file.subarray(part.start, part.end));
    }
    if (nRotated === 0) return null;
    const model = new ProtobufWriter();
    for (const part of whole) {
      if (part.field === GRAPH) model.message(GRAPH, rewritten);
      else if (NUMBERS.has(part.field)) model.int(part.field, part.value);
      else model.bytes(part.field, file.subarray(part.start, part.end));
    }
    return model.finish();
  });
}

/** ModelProto: graph 7; its numbers are ir_version 1 and model_version 5. */
const GRAPH = 7;
const NUMBERS: ReadonlySet<number> = new Set([1, 5]);
/** GraphProto: node 1, initializer 5. */
const NODE = 1;

interface ForeignNode {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly operator: string;
  /** Whole numbers, by their names. */
  readonly numbers: ReadonlyMap<string, number>;
  /** All but `do_rotary`, as they stand in the file. */
  readonly attributes: readonly Field[];
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. AttributeProto: name 1, i 3. */
function readNode(bytes: FileBytes, { start, end }: Field): ForeignNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const numbers = new Map<string, number>();
  const attributes: Field[] = [];
  let operator = '';
  for (const part of bytes.fields(start, end)) {
    if (part.field === 1) inputs.push(bytes.text(part));
    if (part.field === 2) outputs.push(bytes.text(part));
    if (part.field === 4) operator = bytes.text(part);
    if (part.field !== 5) continue;
    let name = '';
    let value: number | undefined;
    for (const fact of bytes.fields(part.start, part.end)) {
      if (fact.field === 1) name = bytes.text(fact);
      if (fact.field === 3) value = fact.value;
    }
    if (value !== undefined) numbers.set(name, value);
    if (name !== 'do_rotary') attributes.push(part);
  }
  return { inputs, outputs, operator, numbers, attributes };
}

const isRotatedThere = (width: unknown): boolean => typeof width !== 'number' || width % HEAD_UNIT === 0;

/** The width of a head that the runtime would refuse; undefined where it would not. */
function needsRotation(
  { operator, inputs, numbers }: ForeignNode,
  widths: ReadonlyMap<string, unknown>,
): number | undefined {
  if (operator !== 'GroupQueryAttention' || numbers.get('do_rotary') !== 1 || !inputs[7]) return undefined;
  const width = widths.get(inputs[3] ?? '');
  return typeof width === 'number' && !isRotatedThere(width) ? width : undefined;
}

/** How much of a head each table of cosines rotates. TensorProto: dims 1, name 8. */
function cacheWidths(bytes: FileBytes, parts: readonly Field[]): ReadonlyMap<string, number> {
  const widths = new Map<string, number>();
  for (const part of parts) {
    if (part.field !== 5) continue;
    const sizes: number[] = [];
    let name = '';
    for (const fact of bytes.fields(part.start, part.end)) {
      if (fact.field === 1) sizes.push(fact.value);
      if (fact.field === 8) name = bytes.text(fact);
    }
    if (sizes.length === 2) widths.set(name, 2 * sizes[1]!);
  }
  return widths;
}

/** Writes the node with others before it, which split what it takes and rotate queries and keys. */
function rotate(
  writer: ProtobufWriter,
  file: Uint8Array,
  { inputs, outputs, numbers, attributes }: ForeignNode,
  { width, rotated, nth }: { readonly width: number; readonly rotated: number; readonly nth: number },
): void {
  const [query = '', key = '', value = '', pastKey = '', pastValue = '', lengths = '', total = ''] = inputs;
  const [, , , , , , , cosines = '', sines = '', positions = '', ...more] = inputs;
  const name = (what: string) => `verbatim/rotation/${nth}/${what}`;
  const graph = new Graph('');
  const add = (operator: string, from: readonly string[], to: string, more: Attributes = {}) => {
    graph.node('', operator, from, [name(to)], more);
    return name(to);
  };
  const int64 = (to: string, ...values: readonly number[]) => {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return add('Constant', [], to, { value: { type: 'int64', shape: [values.length], data } });
  };
  const nHeads = numbers.get('num_heads') ?? 0;
  const nKeyHeads = numbers.get('kv_num_heads') ?? 0;
  let parts = [query, key, value];
  if (key === '') {
    parts = ['query', 'key', 'value'].map(name);
    const sizes = int64('sizes', nHeads * width, nKeyHeads * width, nKeyHeads * width);
    graph.node('', 'Split', [query, sizes], parts, { axis: -1 });
  }
  const at = positions === '' ? positionsOf() : positions;
  const turn = (from: string, to: string, heads: number) => {
    const isPart = rotated < width;
    graph.node('com.microsoft', 'RotaryEmbedding', [from, at, cosines, sines], [name(to)], {
      interleaved: numbers.get('rotary_interleaved') ?? 0,
      num_heads: heads,
      ...(isPart ? { rotary_embedding_dim: rotated } : {}),
    });
    return name(to);
  };
  const turned = [
    turn(parts[0]!, 'turned-query', nHeads),
    turn(parts[1]!, 'turned-key', nKeyHeads),
    parts[2]!,
  ];
  // What a message holds may stand in several pieces: these are nodes of the graph that is written.
  writer.raw(graph.encode());
  const node = new ProtobufWriter();
  for (const input of [...turned, pastKey, pastValue, lengths, total, '', '', '', ...more])
    node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, name('attention')).string(4, 'GroupQueryAttention').string(7, 'com.microsoft');
  for (const { start, end } of attributes) node.bytes(5, file.subarray(start, end));
  writer.message(NODE, node);

  /** A row's last position is its length less one, which the attention is given: its tokens end there. */
  function positionsOf(): string {
    const nTokens = add('Shape', [query], 'tokens', { start: 1, end: 2 });
    const scalar = int64('scalar', 0);
    const end = add('Squeeze', [nTokens, scalar], 'end');
    const zero = add('Squeeze', [int64('zero', 0), scalar], 'begin');
    const one = add('Squeeze', [int64('one', 1), scalar], 'step');
    const steps = add('Range', [zero, end, one], 'steps');
    const last = add('Cast', [lengths], 'last', { to: INT64 });
    const column = add('Reshape', [last, int64('column', -1, 1)], 'rows');
    const first = add('Sub', [add('Add', [column, one], 'lengths'), nTokens], 'first');
    return add('Add', [first, steps], 'positions');
  }
}

/** TensorProto.DataType. */
const INT64 = 7;
