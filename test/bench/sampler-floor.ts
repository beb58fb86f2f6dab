// What no sampler on the runtime's own kernels gets below: a step's matrix products at their full speed, and keys and
// values of all earlier positions read once, at the speed of the runtime's products of single rows.

import { Tensor } from 'onnxruntime-node';
import { encodeModel, Graph } from '../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../server/sampling/onnx/session.ts';
import type { Result } from './sampler-measurement.ts';

/** A layer's keys of a batch, 32 MiB, and as many such as no processor holds itself: read in turns. */
const N_MATRICES = 2048;
const WIDTH = 64;
const N_LAYERS = 16;
const LEAST_MS = 2000;

/** Seconds that reading a byte of the cache takes: the best of some rounds. */
export async function measureCacheReading(nThreads: number): Promise<number> {
  const graph = new Graph('reading');
  graph.input('rows', 'float32', [N_MATRICES, 1, WIDTH]);
  graph.input('matrices', 'float32', [N_MATRICES, WIDTH, WIDTH]);
  const products = graph.op('MatMul', ['rows', 'matrices']);
  graph.op('ReduceMax', [products, graph.int64([0])], { keepdims: 0 }, 'highest');
  graph.output('highest', 'float32', [1, WIDTH]);
  const session = await openSession(encodeModel(graph), { provider: 'cpu', nThreads, weightFolder: '.' });
  const rows = new Tensor('float32', new Float32Array(N_MATRICES * WIDTH).fill(0.5), [N_MATRICES, 1, WIDTH]);
  const size = N_MATRICES * WIDTH * WIDTH;
  const layers = Array.from({ length: N_LAYERS }, () => {
    const keys = new Float32Array(size).fill(0.5);
    return { rows, matrices: new Tensor('float32', keys, [N_MATRICES, WIDTH, WIDTH]) };
  });
  let best = Infinity;
  const until = performance.now() + LEAST_MS;
  while (performance.now() < until) {
    for (const layer of layers) {
      const startedAt = performance.now();
      await session.run(layer);
      best = Math.min(best, (performance.now() - startedAt) / 1000);
    }
  }
  return best / (4 * size);
}

/** Tokens a second of `batch` rows from their first to their last of `tokens`. */
export function floorOf(
  products: Result,
  secondsPerByte: number,
  cacheBytesPerPosition: number,
  tokens: number,
): number {
  const perToken = 1 / products.tokensPerSecond + (tokens / 2) * cacheBytesPerPosition * secondsPerByte;
  return 1 / perToken;
}

/** What a bench says of it: the share that is reached, and the ratio to a reference at the floor itself. */
export function againstFloor(
  { floorTokensPerSecond = Number.NaN }: Result,
  own: Result,
  reference: Result,
): Readonly<Record<'floor' | 'ofFloor' | 'speedUpAtFloor', number>> {
  return {
    floor: floorTokensPerSecond,
    ofFloor: own.tokensPerSecond / floorTokensPerSecond,
    speedUpAtFloor: floorTokensPerSecond / reference.tokensPerSecond,
  };
}
