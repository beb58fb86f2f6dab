// What a GGUF file calls a decoder's tensors: the same for all architectures.

import type { DecoderShape } from '../decoder/decoder-spec.ts';
import {
  type Linear,
  type Norm,
  ONE_FEED_FORWARD,
  type TensorName,
  type TensorNames,
} from '../decoder/decoder-table.ts';

/** `joinsGate`: whether the gate is the first half of what goes up. `has`: whether the file holds a tensor. */
export function ggufNames(
  spec: DecoderShape,
  joinsGate: boolean,
  has: (name: string) => boolean,
): TensorNames {
  const norm = (name: string): Norm<string> => ({
    scale: `${name}.weight`,
    shift: spec.biases.norms ? `${name}.bias` : null,
  });
  const linear = (name: string, hasBias: boolean): Linear<string> => ({
    weight: `${name}.weight`,
    layout: 'out-in',
    bias: hasBias ? `${name}.bias` : null,
  });
  const { biases, attention, mlp, residual } = spec;
  const isAfter = residual === 'norm-after';
  const isAround = residual === 'norm-around';
  const joint = (layer: number, firstRow: number): Linear<TensorName> => ({
    weight: { name: `blk.${layer}.ffn_up.weight`, firstRow, nRows: 2 * mlp.innerWidth },
    layout: 'out-in',
    bias: null,
  });
  return {
    embedding: 'token_embd.weight',
    embeddingProjection: null,
    positions: spec.positions === 'learned' ? 'position_embd.weight' : null,
    layers: Array.from({ length: spec.nLayers }, (_, layer) => {
      const name = (part: string) => `blk.${layer}.${part}`;
      return {
        attentionNorm: norm(name(isAfter ? 'post_attention_norm' : 'attn_norm')),
        qkv: has(name('attn_qkv.weight'))
          ? { kind: 'joint' as const, linear: linear(name('attn_qkv'), biases.qkv), headOrder: null }
          : {
              kind: 'apart' as const,
              query: linear(name('attn_q'), biases.qkv),
              key: linear(name('attn_k'), biases.qkv),
              value: linear(name('attn_v'), biases.qkv),
            },
        queryNorm:
          attention.queryKeyNorm === null ? null : { scale: name('attn_q_norm.weight'), shift: null },
        keyNorm: attention.queryKeyNorm === null ? null : { scale: name('attn_k_norm.weight'), shift: null },
        output: linear(name('attn_output'), biases.output),
        attentionEndNorm: isAround ? norm(name('post_attention_norm')) : null,
        mlpNorm: residual === 'parallel-one-norm' ? null : norm(name(isAfter ? 'post_ffw_norm' : 'ffn_norm')),
        ...ONE_FEED_FORWARD,
        gate: joinsGate ? joint(layer, 0) : mlp.gated ? linear(name('ffn_gate'), biases.mlp) : null,
        up: joinsGate ? joint(layer, mlp.innerWidth) : linear(name('ffn_up'), biases.mlp),
        down: linear(name('ffn_down'), biases.mlp),
        mlpEndNorm: isAround ? norm(name('post_ffw_norm')) : null,
      };
    }),
    finalNorm: norm('output_norm'),
    headProjection: null,
    head: linear('output', biases.head),
  };
}
