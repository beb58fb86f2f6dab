// The models that shaders are measured with, and their random weights: speed does not depend on values.

import { BENCH_MODELS } from './gpu-models.ts';
import type { ShaderDevice } from './shaders-device.ts';
import type { FloatTile, MatrixTile } from './shaders-products.ts';
import { RandomValues } from './shaders-random.ts';
import type { GpuBuffer } from './shaders-webgpu.ts';

export interface ShaderModel {
  readonly name: string;
  /** For the product's own forms. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly nLayers: number;
  /** Heads have 64 values. */
  readonly width: number;
  readonly vocabulary: number;
  /** Positions that are sampled, and places of the cache. */
  readonly nPositions: number;
  readonly rows: readonly number[];
  /** Ways to cut products; what does not divide one is passed over, and the fastest is taken. */
  readonly floatTiles: readonly FloatTile[];
  readonly matrixTiles: readonly MatrixTile[];
  /** Repetitions while one operation is timed. */
  readonly repetitions: number;
}

const config = BENCH_MODELS.find(({ name }) => name === 'GPT-2 110M')!.config;

const NAMED: readonly ShaderModel[] = [
  {
    ...{ name: 'GPT-2 110M', config, nLayers: 12, width: 768, vocabulary: 32768, nPositions: 512 },
    rows: [1024, 256, 64],
    floatTiles: [
      { BM: 64, BN: 64, BK: 16, TM: 8, TN: 4 },
      { BM: 64, BN: 64, BK: 32, TM: 4, TN: 4 },
      { BM: 64, BN: 128, BK: 16, TM: 8, TN: 8 },
    ],
    matrixTiles: [
      { SM: 2, SN: 2, FM: 2, FN: 2, BK: 32 },
      { SM: 2, SN: 2, FM: 2, FN: 2, BK: 64 },
      { SM: 2, SN: 2, FM: 2, FN: 4, BK: 32 },
      { SM: 2, SN: 2, FM: 2, FN: 4, BK: 64 },
    ],
    repetitions: 200,
  },
  {
    // Whatever a driver in software runs and compiles in seconds: it shows that all is right, and nothing of speed.
    ...{ name: 'tiny', nLayers: 2, width: 128, vocabulary: 512, nPositions: 16 },
    config: { ...config, n_layer: 2, n_embd: 128, n_head: 2, vocab_size: 512 },
    rows: [64],
    floatTiles: [{ BM: 32, BN: 32, BK: 16, TM: 8, TN: 4 }],
    matrixTiles: [{ SM: 2, SN: 2, FM: 2, FN: 2, BK: 32 }],
    repetitions: 2,
  },
];

/** Models by words of their names, separated by commas: without any, all but the tiny one. */
export function chooseModels(words: string | undefined): readonly ShaderModel[] {
  const wanted = words?.split(',') ?? [NAMED[0]!.name];
  return NAMED.filter(({ name }) => wanted.some((word) => name.includes(word)));
}

export interface ModelBuffers {
  readonly layers: readonly Readonly<Record<'qkv' | 'output' | 'up' | 'down', GpuBuffer>>[];
  /** The embedding of tokens, and the product with the vocabulary. */
  readonly tokens: GpuBuffer;
  readonly positions: GpuBuffer;
  readonly scale: GpuBuffer;
  readonly shift: GpuBuffer;
  readonly bias: GpuBuffer;
}

export function uploadModel(device: ShaderDevice, model: ShaderModel): ModelBuffers {
  const { width, vocabulary, nLayers, nPositions } = model;
  const random = new RandomValues();
  const halves = (n: number, scale: number) => device.upload(random.halves(n, scale));
  return {
    layers: Array.from({ length: nLayers }, () => ({
      qkv: halves(width * 3 * width, 0.02),
      output: halves(width * width, 0.02),
      up: halves(width * 4 * width, 0.02),
      down: halves(4 * width * width, 0.02),
    })),
    tokens: halves(vocabulary * width, 0.04),
    positions: halves(nPositions * width, 0.04),
    scale: device.upload(random.floats(width, 0.5, 1)),
    shift: device.upload(random.floats(width, 0.5)),
    // Long enough for every product.
    bias: device.upload(random.floats(Math.max(4 * width, vocabulary), 0.02)),
  };
}
