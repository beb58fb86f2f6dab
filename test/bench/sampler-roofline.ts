// What the runtime's own matrix products reach on this machine: all products of one token's way through the
// model, of the same shapes and weights, and nothing else.

import { Tensor } from 'onnxruntime-node';
import { queryWidth } from '../../server/sampling/decoder/decoder-spec.ts';
import type { Linear } from '../../server/sampling/decoder/decoder-table.ts';
import type { StoredTensor } from '../../server/sampling/decoder/decoder-weights.ts';
import type { Checkpoint } from '../../server/sampling/model/checkpoint.ts';
import { DATA_TYPE, encodeModel, Graph } from '../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../server/sampling/onnx/session.ts';
import { fastestRound } from './fastest-round.ts';
import type { Result } from './sampler-measurement.ts';

/** The best of some rounds of `nRows` tokens that go through together. */
export async function measureRoofline(
  checkpoint: Checkpoint,
  nRows: number,
  nThreads: number,
): Promise<Result> {
  const { weights, weightFolder, config } = checkpoint;
  const graph = new Graph('products');
  // Weights may lie the other way round, which costs the same.
  const product = (input: string, { weight, layout }: Linear<StoredTensor>) => {
    const { bareName, type, byteOffset, nBytes, file, shape } = weight;
    const location = file.slice(weightFolder.length + 1);
    const [first, second] = shape as [number, number];
    const from = layout === 'in-out' ? [first, second] : [second, first];
    graph.weight(bareName, type, from, { location, byteOffset, nBytes });
    const factor = type === 'float32' ? bareName : graph.op('Cast', [bareName], { to: DATA_TYPE.float32 });
    return graph.op('MatMul', [input, factor]);
  };
  const attended = graph.int64([queryWidth(config.attention)]);
  // Layers add to the stream, as they do: what is handed on neither vanishes nor grows beyond measure, and numbers too small
  // for the processor's usual arithmetic would take many times as long.
  const join = (stream: string, added: string) =>
    graph.op('Add', [stream, graph.op('Clip', [added, graph.float32(-1), graph.float32(1)])]);
  let hidden = graph.input('hidden', 'float32', ['rows', config.width]);
  for (const { qkv, output, gate, up, down } of weights.layers) {
    const joint = qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value];
    const products = joint.map((linear) => product(hidden, linear));
    const all = products.length === 1 ? products[0]! : graph.op('Concat', products, { axis: 1 });
    const own = graph.op('Slice', [all, graph.int64([0]), attended, graph.int64([1])]);
    const projected = product(own, output);
    const upper = product(projected, up);
    const inner = gate === null ? upper : graph.op('Mul', [upper, product(projected, gate)]);
    hidden = join(hidden, product(inner, down));
  }
  const logits = product(hidden, weights.head);
  graph.op('ReduceMax', [logits, graph.int64([1])], { keepdims: 1 }, 'highest');
  graph.output('highest', 'float32', ['rows', 1]);
  const session = await openSession(encodeModel(graph), {
    provider: 'cpu',
    nThreads,
    weightFolder: checkpoint.weightFolder,
  });
  const values = Float32Array.from({ length: nRows * config.width }, (_, i) => Math.sin(i));
  const input = { hidden: new Tensor('float32', values, [nRows, config.width]) };
  const { seconds, cpuSeconds } = await fastestRound(() => session.run(input));
  return { seconds, tokensPerSecond: nRows / seconds, tokensPerCpuSecond: nRows / cpuSeconds };
}
