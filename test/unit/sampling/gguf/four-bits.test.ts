// Matrices that a file holds in 4 bits, kept so: the same model as with all of it widened, whatever runs beside a row.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../../../server/errors.ts';
import { openCheckpoint } from '../../../../server/sampling/checkpoint.ts';
import type { DecoderModel } from '../../../../server/sampling/decoder/decoder-model.ts';
import { inFourBits } from '../../../../server/sampling/decoder/four-bit-weights.ts';
import { mapBatch, openMapper } from '../../../../server/sampling/forms/map/map-batch.ts';
import type { RowResult } from '../../../../server/sampling/forms/rows.ts';
import { openSampler } from '../../../../server/sampling/run/open-sampler.ts';
import { keepFourBits } from '../../../../server/sampling/run/quantize-model.ts';
import { chooseHeld, floatBytes, fourBitBytes } from '../../../../server/sampling/run/weights-in-memory.ts';
import { llamaMetadata, llamaTensors } from '../../../support/sampling/llama-gguf.ts';
import { type GgufTensorToWrite, writeGguf } from '../../../support/sampling/write-gguf.ts';
import { scratchFolder } from '../../../support/scratch.ts';

process.env.XDG_CACHE_HOME = scratchFolder();

const CONFIG = {
  ...{ model_type: 'llama', num_hidden_layers: 2, hidden_size: 64, intermediate_size: 96, head_dim: 16 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 300, max_position_embeddings: 96 },
  ...{ rms_norm_eps: 0.000001, rope_theta: 10_000, rope_scaling: null, tie_word_embeddings: true },
  ...{ bos_token_id: 299, eos_token_id: 299 },
};
const Q4_0 = 2;
const Q4_1 = 3;

/** Matrices by turns in both types, the last of them as it was. */
const tensors = llamaTensors(CONFIG).map((tensor, at, all) =>
  tensor.shape.length < 2 || at === all.length - 1 ? tensor : quantized(tensor, at % 2 === 0 ? Q4_0 : Q4_1),
);
const checkpoint = await openCheckpoint(
  writeGguf(join(scratchFolder(), 'model.gguf'), llamaMetadata(CONFIG, 300), tensors),
);
const kept = await keepFourBits(checkpoint, new AbortController().signal);

test('what is kept are matrices of both types, and the head that is the embedding', () => {
  const types = inFourBits(checkpoint.weights).map(({ packed }) => packed.type);
  assert.deepEqual(new Set(types), new Set(['Q4_0', 'Q4_1']));
  assert.ok(kept.fourBit!.byName.has(checkpoint.weights.head.weight.bareName));
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
  assert.ok(fourBitBytes(weights) < 0.7 * floatBytes(weights));
  assert.equal(chooseHeld(weights, false, floatBytes(weights)), 'floats');
  assert.equal(chooseHeld(weights, false, floatBytes(weights) - 1), '4-bit');
  assert.equal(chooseHeld(weights, false, fourBitBytes(weights)), '4-bit');
  assert.throws(() => chooseHeld(weights, false, fourBitBytes(weights) - 1), EnvironmentError);
});

async function sample(model: DecoderModel, samples: readonly number[]): Promise<readonly RowResult[]> {
  const rule = { topK: 40, topP: 1, greedy: false };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: model.weightFolder } as const;
  const sampler = await openSampler(model, rule, { kind: 'cached' }, session);
  const settings = { seed: 5, maxTokens: 24, schedule: { kind: 'constant', temperature: 1 } } as const;
  const rows = samples.map((sampleId) => ({ sampleId, prompt: sampleId === 1 ? [5, 6, 7] : [299] }));
  return (await sampler(settings, rows, () => false))!;
}

/** Its first block has one value for all. */
function quantized({ name, shape, values }: GgufTensorToWrite, type: number): GgufTensorToWrite {
  const head = type === Q4_0 ? 2 : 4;
  const nBlocks = values.length / 32;
  const bytes = new Uint8Array(nBlocks * (head + 16));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < nBlocks; block++) {
    const own = [...values.subarray(32 * block, 32 * (block + 1))];
    const at = block * (head + 16);
    const [least, most] = [Math.min(...own), Math.max(...own)];
    const scale = block === 0 ? 0 : type === Q4_0 ? Math.max(-least, most) / 7 : (most - least) / 15;
    const base = type === Q4_0 ? -8 * scale : least;
    view.setFloat16(at, scale, true);
    if (type === Q4_1) view.setFloat16(at + 2, least, true);
    const level = (i: number) =>
      scale === 0 ? 9 : Math.max(0, Math.min(15, Math.round((own[i]! - base) / scale)));
    for (let i = 0; i < 16; i++) bytes[at + head + i] = level(i) | (level(i + 16) << 4);
  }
  return { name, shape, values: bytes, type };
}
