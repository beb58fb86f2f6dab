// Names of tensors as LLaMA's code has them, and that of most decoders since.

import type { DecoderShape } from '../decoder-spec.ts';
import type { LinearNames, NormNames, TensorNames } from '../decoder-table.ts';

interface NormsOfLayer {
  readonly attention: string;
  readonly attentionEnd?: string;
  readonly mlp: string;
  readonly mlpEnd?: string;
}

const BEFORE: NormsOfLayer = { attention: 'input_layernorm', mlp: 'post_attention_layernorm' };

export function llamaNames(
  { nLayers, attention, biases }: DecoderShape,
  norms: NormsOfLayer = BEFORE,
): TensorNames {
  const norm = (name: string) => normNames(name, biases.norms);
  return {
    embedding: 'embed_tokens.weight',
    embeddingProjection: null,
    positions: null,
    layers: Array.from({ length: nLayers }, (_, at) => {
      const own = (part: string) => `layers.${at}.${part}`;
      const heads = (part: string, hasBias: boolean) => outIn(own(`self_attn.${part}_proj`), hasBias);
      const mlp = (part: string) => outIn(own(`mlp.${part}_proj`), biases.mlp);
      const hasNorms = attention.queryKeyNorm !== null;
      return {
        attentionNorm: norm(own(norms.attention)),
        qkv: {
          kind: 'apart',
          query: heads('q', biases.qkv),
          key: heads('k', biases.qkv),
          value: heads('v', biases.qkv),
        },
        queryNorm: hasNorms ? norm(own('self_attn.q_norm')) : null,
        keyNorm: hasNorms ? norm(own('self_attn.k_norm')) : null,
        output: heads('o', biases.output),
        attentionEndNorm: norms.attentionEnd === undefined ? null : norm(own(norms.attentionEnd)),
        mlpNorm: norm(own(norms.mlp)),
        gate: mlp('gate'),
        up: mlp('up'),
        down: mlp('down'),
        mlpEndNorm: norms.mlpEnd === undefined ? null : norm(own(norms.mlpEnd)),
      };
    }),
    finalNorm: norm('norm'),
    headProjection: null,
    head: outIn('lm_head', biases.head),
  };
}

/** A matrix as PyTorch's `Linear` keeps it. */
export const outIn = (name: string, hasBias: boolean): LinearNames => ({
  weight: `${name}.weight`,
  layout: 'out-in',
  bias: hasBias ? `${name}.bias` : null,
});

export const normNames = (name: string, hasShift: boolean): NormNames => ({
  scale: `${name}.weight`,
  shift: hasShift ? `${name}.bias` : null,
});
