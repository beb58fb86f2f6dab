// Names of tensors as GPT-2's code has them, and GPTBigCode's after it.

import type { DecoderShape } from '../decoder-spec.ts';
import { type LinearNames, ONE_FEED_FORWARD, type TensorNames } from '../decoder-table.ts';
import { normNames, outIn } from './llama-names.ts';

/** GPT-2 keeps its matrices as its own `Conv1D` does, [in, out]. `headOrder` is that of the fused projection. */
export function gptNames(
  { nLayers, biases }: DecoderShape,
  layout: LinearNames['layout'],
  headOrder: readonly number[] | null,
): TensorNames {
  const norm = (name: string) => normNames(name, biases.norms);
  const linear = (name: string): LinearNames => ({ ...outIn(name, biases.mlp), layout });
  return {
    embedding: 'wte.weight',
    embeddingProjection: null,
    positions: 'wpe.weight',
    layers: Array.from({ length: nLayers }, (_, layer) => ({
      attentionNorm: norm(`h.${layer}.ln_1`),
      qkv: { kind: 'joint', linear: linear(`h.${layer}.attn.c_attn`), headOrder },
      queryNorm: null,
      keyNorm: null,
      output: linear(`h.${layer}.attn.c_proj`),
      attentionEndNorm: null,
      mlpNorm: norm(`h.${layer}.ln_2`),
      ...ONE_FEED_FORWARD,
      gate: null,
      up: linear(`h.${layer}.mlp.c_fc`),
      down: linear(`h.${layer}.mlp.c_proj`),
      mlpEndNorm: null,
    })),
    finalNorm: norm('ln_f'),
    headProjection: null,
    head: outIn('lm_head', false),
  };
}
