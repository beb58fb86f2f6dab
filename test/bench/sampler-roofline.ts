// What the runtime's own matrix products reach on this machine: all products of one token's way through the
// model, of the same shapes and weights, and nothing else.

import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../server/sampling/checkpoint.ts';
import { DATA_TYPE, encodeModel, Graph } from '../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../server/sampling/onnx/session.ts';
import type { Result } from './sampler-measurement.ts';

/** The best of some rounds of `nRows` tokens that go through together. */
export async function measureRoofline(
  checkpoint: Checkpoint,
  nRows: number,
  nThreads: number,
): Promise<Result> {
  const { width, innerWidth, nLayers, vocabularySize } = checkpoint.config;
  const graph = new Graph('products');
  const product = (input: string, name: string, shape: readonly [number, number]) => {
    const { type, byteOffset, nBytes, file } = checkpoint.weights.get(name)!;
    const location = file.slice(checkpoint.weightFolder.length + 1);
    graph.weight(name, type, shape, { location, byteOffset, nBytes });
    const factor = type === 'float32' ? name : graph.op('Cast', [name], { to: DATA_TYPE.float32 });
    return graph.op('MatMul', [input, factor]);
  };
  let hidden = graph.input('hidden', 'float32', ['rows', width]);
  for (let layer = 0; layer < nLayers; layer++) {
    const joint = product(hidden, `h.${layer}.attn.c_attn.weight`, [width, 3 * width]);
    const third = graph.op('Slice', [joint, graph.int64([0]), graph.int64([width]), graph.int64([1])]);
    const projected = product(third, `h.${layer}.attn.c_proj.weight`, [width, width]);
    const inner = product(projected, `h.${layer}.mlp.c_fc.weight`, [width, innerWidth]);
    hidden = product(inner, `h.${layer}.mlp.c_proj.weight`, [innerWidth, width]);
  }
  // Read the other way round, which costs the same.
  const logits = product(hidden, 'wte.weight', [width, vocabularySize]);
  graph.op('ReduceMax', [logits, graph.int64([1])], { keepdims: 1 }, 'highest');
  graph.output('highest', 'float32', ['rows', 1]);
  const session = await openSession(encodeModel(graph), {
    provider: 'cpu',
    nThreads,
    weightFolder: checkpoint.weightFolder,
  });
  // Small enough that nothing overflows: what is not finite can be slower.
  const input = { hidden: new Tensor('float32', new Float32Array(nRows * width).fill(1e-6), [nRows, width]) };
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
