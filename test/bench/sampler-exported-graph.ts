// The layout in which exporters write decoders: logits and the whole past go out and come in again at every
// step. The reference implementation of the benchmark needs it, weights inside the file.

import { readFileSync } from 'node:fs';
import { takeApart } from '../../server/sampling/decoder/attention-heads.ts';
import { embed, head, transform } from '../../server/sampling/decoder/decoder-graph.ts';
import type { DecoderModel } from '../../server/sampling/decoder/decoder-model.ts';
import { tensorsOf } from '../../server/sampling/decoder/decoder-weights.ts';
import type { Checkpoint } from '../../server/sampling/model/checkpoint.ts';
import { DATA_TYPE, encodeModel, Graph } from '../../server/sampling/onnx/onnx-graph.ts';

export interface ExportOptions {
  /** Heads of keys and values, each shared by as many heads of queries: right where their weights are the same. */
  readonly nKeyHeads?: number;
  /** What the past and the logits are handed over in. */
  readonly type?: 'float32' | 'float16';
  /** Which sizes of the past and of the logits are told by number. */
  readonly sizes?: 'told' | 'untold';
  /** What a position sees of those that are read with it. */
  readonly sight?: 'behind' | 'all';
  /** A graph that only reads whole texts takes none. */
  readonly past?: 'taken' | 'none';
  /** Whether logits are given of all positions, or of as many last ones as an input says. */
  readonly logits?: 'all' | 'asked';
  /** Whether the rows of a batch share a number, as those do whose activations are rounded on one scale. */
  readonly rows?: 'apart' | 'mixed';
  /** A copy of the one weight file under this name, beside the graph; left out: the graph holds the weights. */
  readonly dataFile?: string;
}

/** Only for checkpoints in 32 bits and below 2 GB, the most that one such file can hold. */
export function buildExportedGraph(checkpoint: Checkpoint, options: ExportOptions = {}): Uint8Array {
  const {
    nKeyHeads,
    type = 'float32',
    sizes = 'told',
    sight = 'behind',
    past = 'taken',
    logits = 'all',
    rows: mixing = 'apart',
    dataFile,
  } = options;
  const { width, vocabularySize, nLayers, attention } = checkpoint.config;
  const { nHeads, headWidth, layers } = attention;
  const graph = new Graph('exported');
  graph.input('input_ids', 'int64', ['batch', 'new']);
  graph.input('attention_mask', 'int64', ['batch', 'all']);
  graph.input('position_ids', 'int64', ['batch', 'new']);
  const model: DecoderModel = checkpoint;
  const nNew = graph.op('Squeeze', [graph.op('Shape', ['input_ids'], { start: 1, end: 2 })]);
  const nAll = graph.op('Squeeze', [graph.op('Shape', ['attention_mask'], { start: 1, end: 2 })]);
  const range = (end: string) => graph.op('Range', [graph.int64(0), end, graph.int64(1)]);
  const places = graph.op('Add', [range(nNew), graph.op('Sub', [nAll, nNew])]);
  const isPast = graph.op('LessOrEqual', [range(nAll), graph.op('Unsqueeze', [places, graph.int64([1])])]);
  const masked = graph.float32(sight === 'all' ? 0 : -60000);
  const mask = graph.op('Where', [isPast, graph.float32(0), masked]);
  const split = (part: string, n: number) =>
    graph.op('Transpose', [graph.op('Reshape', [part, graph.int64([0, 0, n, headWidth])])], {
      perm: [0, 2, 1, 3],
    });
  const nOwn = attention.nKeyHeads;
  const nShared = nKeyHeads ?? nOwn;
  const heads = (input: string, ids: readonly number[], nHere: number) =>
    ids.length === nHere ? input : graph.op('Gather', [input, graph.int64(ids)], { axis: 1 });
  const join = (layer: number, part: string, added: string): string => {
    // The first head of each group is kept, and stands for all of it.
    const firsts = Array.from({ length: nShared }, (_, i) => (i * nOwn) / nShared);
    const narrow = graph.op('Cast', [heads(added, firsts, nOwn)], { to: DATA_TYPE[type] });
    const parts = past === 'none' ? [narrow] : [`past_key_values.${layer}.${part}`, narrow];
    const joined = graph.op('Concat', parts, { axis: 2 }, `present.${layer}.${part}`);
    const groups = Array.from({ length: nHeads }, (_, i) => Math.floor((i * nShared) / nHeads));
    return heads(graph.op('Cast', [joined], { to: DATA_TYPE.float32 }), groups, nShared);
  };
  const embedded = embed(graph, model, 'input_ids', 'position_ids', 'stored');
  const hidden = transform(graph, model, embedded, 'position_ids', {
    nAxesBefore: 2,
    rotates: () => 'before-computed',
    attend: (_, heads, layer) => {
      const { query, key, value } = takeApart(graph, attention, heads, 2);
      const keys = join(layer, 'key', split(key, nOwn));
      const values = join(layer, 'value', split(value, nOwn));
      const transposed = graph.op('Transpose', [keys], { perm: [0, 1, 3, 2] });
      const scaled = graph.op('Mul', [split(query, nHeads), graph.float32(layers[layer]!.scale)]);
      const scores = graph.op('Add', [graph.op('MatMul', [scaled, transposed]), mask]);
      const mixed = graph.op('MatMul', [graph.op('Softmax', [scores], { axis: -1 }), values]);
      const merged = graph.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
      return graph.op('Reshape', [merged, graph.int64([0, 0, width])]);
    },
  });
  for (let layer = 0; layer < nLayers; layer++) {
    for (const part of ['key', 'value']) {
      const shape = (positions: string) =>
        sizes === 'told' ? ['batch', nShared, positions, headWidth] : ['batch', 'heads', positions, 'width'];
      if (past === 'taken') graph.input(`past_key_values.${layer}.${part}`, type, shape('past'));
      graph.output(`present.${layer}.${part}`, type, shape('all'));
    }
  }
  const shared = mixing === 'apart' ? hidden : mixRows(graph, hidden);
  const wanted = logits === 'all' ? shared : keepLast(graph, shared);
  const rows = graph.op('Reshape', [wanted, graph.int64([-1, width])]);
  const nRows = graph.op('Shape', ['input_ids'], { start: 0, end: 1 });
  const shape = graph.op('Concat', [nRows, graph.int64([-1, vocabularySize])], { axis: 0 });
  graph.op(
    'Cast',
    [graph.op('Reshape', [head(graph, model, rows), shape])],
    { to: DATA_TYPE[type] },
    'logits',
  );
  graph.output('logits', type, ['batch', 'new', sizes === 'told' ? vocabularySize : 'vocabulary']);
  const files = new Map<string, Uint8Array>();
  for (const { bareName, type: stored, shape, file, byteOffset, nBytes } of tensorsOf(checkpoint.weights)) {
    const bytes = files.get(file) ?? readFileSync(file);
    files.set(file, bytes);
    const data = bytes.subarray(byteOffset, byteOffset + nBytes);
    graph.weight(bareName, stored, shape, dataFile ? { location: dataFile, byteOffset, nBytes } : data);
  }
  return encodeModel(graph);
}

/** Rounds values to steps of which the largest one of the batch has 100. */
function mixRows(graph: Graph, hidden: string): string {
  const largest = graph.op('ReduceMax', [graph.op('Abs', [hidden])], { keepdims: 0 });
  const step = graph.op('Div', [largest, graph.float32(100)]);
  return graph.op('Mul', [graph.op('Round', [graph.op('Div', [hidden, step])]), step]);
}

/** Keeps the last positions like newer exporters: from minus the number on, so that 0 keeps all. */
function keepLast(graph: Graph, hidden: string): string {
  graph.input('num_logits_to_keep', 'int64', []);
  const start = graph.op('Reshape', [graph.op('Neg', ['num_logits_to_keep']), graph.int64([1])]);
  return graph.op('Slice', [hidden, start, graph.int64([2 ** 31]), graph.int64([1])]);
}
