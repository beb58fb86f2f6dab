// Names of tensors as LLaMA's code has them, and that of most decoders since.

import type { DecoderShape } from '../decoder-spec.ts';
import {
  type FeedForward,
  type LinearNames,
  type NormNames,
  ONE_FEED_FORWARD,
  type TensorName,
  type TensorNames,
} from '../decoder-table.ts';

interface NormsOfLayer {
  readonly attention: string;
  readonly attentionEnd?: string;
  readonly mlp: string;
  readonly mlpEnd?: string;
}

const BEFORE: NormsOfLayer = { attention: 'input_layernorm', mlp: 'post_attention_layernorm' };

export function llamaNames(
  { nLayers, attention, biases, mlp }: DecoderShape,
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
      const linear = (name: string) => outIn(own(name), biases.mlp);
      const feedForward = (name: string): FeedForward<TensorName> => ({
        gate: linear(`${name}.gate_proj`),
        up: linear(`${name}.up_proj`),
        down: linear(`${name}.down_proj`),
      });
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
        ...(mlp.experts === undefined
          ? { ...ONE_FEED_FORWARD, ...feedForward('mlp') }
          : mixtureOf(
              Array.from({ length: mlp.experts.n }, (_, expert) => feedForward(`mlp.experts.${expert}`)),
              own,
            )),
        mlpEndNorm: norms.mlpEnd === undefined ? null : norm(own(norms.mlpEnd)),
      };
    }),
    finalNorm: norm('norm'),
    headProjection: null,
    head: outIn('lm_head', biases.head),
  };
}

/** A router has no bias. */
function mixtureOf(experts: readonly FeedForward<TensorName>[], own: (part: string) => string) {
  const [first, ...otherExperts] = experts;
  return { ...first!, router: outIn(own('mlp.gate'), false), otherExperts };
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
