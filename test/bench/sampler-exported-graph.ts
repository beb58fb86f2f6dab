// The layout in which exporters write decoders: logits and the whole past go out and come in again at every
// step. The reference implementation of the benchmark needs it, weights inside the file.

import { readFileSync } from 'node:fs';
import type { Checkpoint } from '../../server/sampling/checkpoint.ts';
import { embed, type Gpt2Model, head, transform } from '../../server/sampling/gpt2-graph.ts';
import { encodeModel, Graph } from '../../server/sampling/onnx-graph.ts';

/** Only for checkpoints in 32 bits and below 2 GB, the most that one such file can hold. */
export function buildExportedGraph(checkpoint: Checkpoint): Uint8Array {
  const { nHeads, headWidth, width, vocabularySize, attentionScales, nLayers } = checkpoint.config;
  const graph = new Graph('exported');
  graph.input('input_ids', 'int64', ['batch', 'new']);
  graph.input('attention_mask', 'int64', ['batch', 'all']);
  graph.input('position_ids', 'int64', ['batch', 'new']);
  const model: Gpt2Model = checkpoint;
  const nNew = graph.op('Squeeze', [graph.op('Shape', ['input_ids'], { start: 1, end: 2 })]);
  const nAll = graph.op('Squeeze', [graph.op('Shape', ['attention_mask'], { start: 1, end: 2 })]);
  const range = (end: string) => graph.op('Range', [graph.int64(0), end, graph.int64(1)]);
  const places = graph.op('Add', [range(nNew), graph.op('Sub', [nAll, nNew])]);
  const isPast = graph.op('LessOrEqual', [range(nAll), graph.op('Unsqueeze', [places, graph.int64([1])])]);
  const mask = graph.op('Where', [isPast, graph.float32(0), graph.float32(-60000)]);
  const toHeads = graph.int64([0, 0, nHeads, headWidth]);
  const split = (part: string) =>
    graph.op('Transpose', [graph.op('Reshape', [part, toHeads])], { perm: [0, 2, 1, 3] });
  const hidden = transform(
    graph,
    model,
    embed(graph, model, 'input_ids', 'position_ids'),
    (_, qkv, layer) => {
      const [query, key, value] = graph.ops('Split', [qkv], 3, { axis: 2, num_outputs: 3 }).map(split);
      const keys = graph.op(
        'Concat',
        [`past_key_values.${layer}.key`, key!],
        { axis: 2 },
        `present.${layer}.key`,
      );
      const values = graph.op(
        'Concat',
        [`past_key_values.${layer}.value`, value!],
        { axis: 2 },
        `present.${layer}.value`,
      );
      const transposed = graph.op('Transpose', [keys], { perm: [0, 1, 3, 2] });
      const scaled = graph.op('Mul', [query!, graph.float32(attentionScales[layer]!)]);
      const scores = graph.op('Add', [graph.op('MatMul', [scaled, transposed]), mask]);
      const mixed = graph.op('MatMul', [graph.op('Softmax', [scores], { axis: -1 }), values]);
      const merged = graph.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
      return graph.op('Reshape', [merged, graph.int64([0, 0, width])]);
    },
  );
  for (let layer = 0; layer < nLayers; layer++) {
    for (const part of ['key', 'value']) {
      graph.input(`past_key_values.${layer}.${part}`, 'float32', ['batch', nHeads, 'past', headWidth]);
      graph.output(`present.${layer}.${part}`, 'float32', ['batch', nHeads, 'all', headWidth]);
    }
  }
  const rows = graph.op('Reshape', [hidden, graph.int64([-1, width])]);
  const shape = graph.op('Concat', [graph.op('Shape', ['input_ids']), graph.int64([vocabularySize])], {
    axis: 0,
  });
  graph.op('Reshape', [head(graph, model, rows), shape], {}, 'logits');
  graph.output('logits', 'float32', ['batch', 'new', vocabularySize]);
  const files = new Map<string, Uint8Array>();
  for (const { name, type, shape, file, byteOffset, nBytes } of checkpoint.weights.values()) {
    const bytes = files.get(file) ?? readFileSync(file);
    files.set(file, bytes);
    const bare = name.replace(/^transformer\./, '');
    graph.weight(bare, type, shape, bytes.subarray(byteOffset, byteOffset + nBytes));
  }
  return encodeModel(graph);
}
