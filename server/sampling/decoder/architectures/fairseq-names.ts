// What decoders of fairseq have in common, OPT's and XGLM's: names of tensors, and keys that say nothing of the model.

import type { DecoderShape } from '../decoder-spec.ts';
import { ONE_FEED_FORWARD, type TensorNames } from '../decoder-table.ts';
import { normNames, outIn } from './llama-names.ts';

/** Without positions. */
export function decoderNames(
  { nLayers, biases, lastNorm }: DecoderShape,
  nameOfLastNorm: string,
): TensorNames {
  const norm = (name: string) => normNames(name, true);
  return {
    embedding: 'embed_tokens.weight',
    embeddingProjection: null,
    positions: null,
    layers: Array.from({ length: nLayers }, (_, at) => {
      const own = (part: string) => `layers.${at}.${part}`;
      const heads = (part: string) => outIn(own(`self_attn.${part}_proj`), biases.qkv);
      return {
        attentionNorm: norm(own('self_attn_layer_norm')),
        qkv: { kind: 'apart', query: heads('q'), key: heads('k'), value: heads('v') },
        queryNorm: null,
        keyNorm: null,
        output: outIn(own('self_attn.out_proj'), biases.output),
        attentionEndNorm: null,
        mlpNorm: norm(own('final_layer_norm')),
        ...ONE_FEED_FORWARD,
        gate: null,
        up: outIn(own('fc1'), biases.mlp),
        down: outIn(own('fc2'), biases.mlp),
        mlpEndNorm: null,
      };
    }),
    finalNorm: lastNorm === 'none' ? null : norm(nameOfLastNorm),
    headProjection: null,
    head: outIn('lm_head', false),
  };
}

/** Keys of configurations that only training takes. */
export const FAIRSEQ_TRAINING: ReadonlySet<string> = new Set([
  'dropout',
  'attention_dropout',
  'activation_dropout',
  'layerdrop',
  'init_std',
]);
