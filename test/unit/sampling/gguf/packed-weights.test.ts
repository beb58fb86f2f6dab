// Matrices that a file holds in a few bits, kept so: the same model as with all of it widened, whatever runs beside a row.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../../../server/errors.ts';
import type { DecoderModel } from '../../../../server/sampling/decoder/decoder-model.ts';
import { inFewBits } from '../../../../server/sampling/decoder/packed-weights.ts';
import { mapBatch, openMapper } from '../../../../server/sampling/forms/map/map-batch.ts';
import type { RowResult } from '../../../../server/sampling/forms/rows.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { openSampler } from '../../../../server/sampling/run/open-sampler.ts';
import { keepPacked } from '../../../../server/sampling/run/quantize-model.ts';
import { chooseHeld, floatBytes, packedBytes } from '../../../../server/sampling/run/weights-in-memory.ts';
import {
  BLOCKS,
  isPackedType,
  type PackedType,
} from '../../../../server/sampling/weights/quantized-blocks.ts';
import { llamaMetadata, llamaTensors } from '../../../support/sampling/llama-gguf.ts';
import { type GgufTensorToWrite, writeGguf } from '../../../support/sampling/write-gguf.ts';
import { scratchFolder } from '../../../support/scratch.ts';

process.env.XDG_CACHE_HOME = scratchFolder();

const CONFIG = {
  ...{ model_type: 'llama', num_hidden_layers: 2, hidden_size: 256, intermediate_size: 256, head_dim: 64 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 300, max_position_embeddings: 96 },
  ...{ rms_norm_eps: 0.000001, rope_theta: 10_000, rope_scaling: null, tie_word_embeddings: true },
  ...{ bos_token_id: 299, eos_token_id: 299 },
};
const TYPES = Object.keys(BLOCKS).filter(isPackedType);

interface ScalesOfType {
  readonly scaleAt: number;
  readonly leastAt?: number;
  readonly scale: number;
  readonly least?: number;
}

/** Places of a block’s scales, and scales that make values of about 0.05. */
const SCALES: Readonly<Record<PackedType, ScalesOfType>> = {
  Q4_0: { scaleAt: 0, scale: 0.01 },
  Q4_1: { scaleAt: 0, leastAt: 2, scale: 0.01, least: -0.075 },
  Q5_0: { scaleAt: 0, scale: 0.005 },
  Q5_1: { scaleAt: 0, leastAt: 2, scale: 0.005, least: -0.08 },
  Q8_0: { scaleAt: 0, scale: 0.0008 },
  Q2_K: { scaleAt: 80, leastAt: 82, scale: 0.006, least: 0.009 },
  Q3_K: { scaleAt: 108, scale: 0.001 },
  Q4_K: { scaleAt: 0, leastAt: 2, scale: 0.0003, least: 0.002 },
  Q5_K: { scaleAt: 0, leastAt: 2, scale: 0.00015, least: 0.002 },
  Q6_K: { scaleAt: 208, scale: 0.00004 },
};

/** Matrices by turns in every type, the last of them as it was. */
const tensors = llamaTensors(CONFIG).map((tensor, at, all) =>
  tensor.shape.length < 2 || at === all.length - 1 ? tensor : inBlocks(tensor, TYPES[at % TYPES.length]!),
);
const checkpoint = await openCheckpoint(
  writeGguf(join(scratchFolder(), 'model.gguf'), llamaMetadata(CONFIG, 300), tensors),
);
const kept = await keepPacked(checkpoint, new AbortController().signal);

test('what is kept are matrices of all types, and the head that is the embedding', () => {
  const types = inFewBits(checkpoint.weights).map(({ packed }) => packed.type);
  assert.deepEqual(new Set(types), new Set(TYPES));
  assert.ok(kept.packed!.byName.has(checkpoint.weights.head.weight.bareName));
});

test('it samples what the widened model samples, and rows are their own', async () => {
  const [expected, actual] = [await sample(checkpoint, [0, 1, 2]), await sample(kept, [0, 1, 2])];
  for (const [i, { tokens, logprobs }] of actual.entries()) {
    assert.deepEqual([...tokens], [...expected[i]!.tokens]);
    for (const [j, value] of logprobs.entries())
      assert.ok(Math.abs(value - expected[i]!.logprobs[j]!) < 1e-4);
  }
  for (const one of [0, 1, 2]) assert.deepEqual(await sample(kept, [one]), [actual[one]!]);
});

test('it reads what the widened model reads', async () => {
  const rule = { temperature: 1, topK: 0 };
  const row = {
    ...{ document: 0, start: 1, nKnown: 1 },
    tokens: Int32Array.from({ length: 60 }, (_, i) => (i * 37) % 299),
  };
  const [plain, own] = await Promise.all(
    [checkpoint, kept].map(async (model) => {
      const session = { provider: 'cpu', nThreads: 1, weightFolder: model.weightFolder } as const;
      return (await mapBatch(await openMapper(model, rule, session), rule, [row]))[0]!.plain;
    }),
  );
  for (const [i, value] of plain!.entries()) assert.ok(Math.abs(value - own![i]!) < 1e-4);
});

test('weights are widened where they fit, kept where only that fits, and refused beyond', () => {
  const { weights } = checkpoint;
  assert.ok(packedBytes(weights) < 0.7 * floatBytes(weights));
  assert.equal(chooseHeld(weights, false, floatBytes(weights)), 'floats');
  assert.equal(chooseHeld(weights, false, floatBytes(weights) - 1), 'packed');
  assert.equal(chooseHeld(weights, false, packedBytes(weights)), 'packed');
  assert.throws(() => chooseHeld(weights, false, packedBytes(weights) - 1), EnvironmentError);
});

async function sample(model: DecoderModel, samples: readonly number[]): Promise<readonly RowResult[]> {
  const rule = { topK: 40, topP: 1, greedy: false };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: model.weightFolder } as const;
  const sampler = await openSampler(model, rule, { kind: 'cached' }, session);
  const settings = { seed: 5, maxTokens: 24, schedule: { kind: 'constant', temperature: 1 } } as const;
  const rows = samples.map((sampleId) => ({ sampleId, prompt: sampleId === 1 ? [5, 6, 7] : [299] }));
  return (await sampler(settings, rows, () => false))!;
}

/** Levels at random, about nought; the first block has one value for all. */
function inBlocks({ name, shape, values }: GgufTensorToWrite, type: PackedType): GgufTensorToWrite {
  const { code, nBytes, nValues } = BLOCKS[type];
  const nBlocks = values.length / nValues;
  const bytes = Uint8Array.from(
    { length: nBlocks * nBytes },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255,
  );
  const view = new DataView(bytes.buffer);
  const { scaleAt, leastAt, scale, least = 0 } = SCALES[type];
  for (let block = 0; block < nBlocks; block++) {
    view.setFloat16(block * nBytes + scaleAt, block === 0 ? 0 : scale * (1 + (block % 5) / 10), true);
    if (leastAt !== undefined) view.setFloat16(block * nBytes + leastAt, least, true);
  }
  return { name, shape, values: bytes, type: code };
}
