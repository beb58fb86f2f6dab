// What the runtime's own matrix products reach on this machine: all products of one token's way through the
// model, of the same shapes and weights, and nothing else.

import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../server/sampling/checkpoint.ts';
import { queryWidth } from '../../server/sampling/decoder/decoder-spec.ts';
import type { Linear } from '../../server/sampling/decoder/decoder-table.ts';
import type { StoredTensor } from '../../server/sampling/decoder/decoder-weights.ts';
import { DATA_TYPE, encodeModel, Graph } from '../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../server/sampling/onnx/session.ts';
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
  let hidden = graph.input('hidden', 'float32', ['rows', config.width]);
  for (const { qkv, output, gate, up, down } of weights.layers) {
    const joint = qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value];
    const [queries] = joint.map((linear) => product(hidden, linear));
    const own = graph.op('Slice', [queries!, graph.int64([0]), attended, graph.int64([1])]);
    const projected = product(own, output);
    const upper = product(projected, up);
    hidden = product(gate === null ? upper : graph.op('Mul', [upper, product(projected, gate)]), down);
  }
  const logits = product(hidden, weights.head);
  graph.op('ReduceMax', [logits, graph.int64([1])], { keepdims: 1 }, 'highest');
  graph.output('highest', 'float32', ['rows', 1]);
  const session = await openSession(encodeModel(graph), {
    provider: 'cpu',
    nThreads,
    weightFolder: checkpoint.weightFolder,
  });
  // Small enough that nothing overflows: what is not finite can be slower.
  const input = {
    hidden: new Tensor('float32', new Float32Array(nRows * config.width).fill(1e-6), [nRows, config.width]),
  };
  let seconds = Infinity;
  let cpuSeconds = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await session.run(input);
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (performance.now() - startedAt) / 1000);
    cpuSeconds = Math.min(cpuSeconds, (user + system) / 1e6);
  }
  return { seconds, tokensPerSecond: nRows / seconds, tokensPerCpuSecond: nRows / cpuSeconds };
}

const ROUNDS = 20;
