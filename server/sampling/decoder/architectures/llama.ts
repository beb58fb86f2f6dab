// LLaMA: H. Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023), with the variations that
// transformers' configuration names.

import { MOST_HEAD_WIDTH, MOST_LAYERS } from '../config-file.ts';
import type { DecoderSpec } from '../decoder-spec.ts';
import type { LinearNames } from '../decoder-table.ts';
import { readRotation } from '../rope-scaling.ts';
import type { Architecture } from './architecture.ts';

export const llama: Architecture = {
  modelTypes: ['llama'],
  prefix: 'model.',

  read(config): DecoderSpec {
    const width = config.size('hidden_size', 4096);
    const nHeads = config.size('num_attention_heads', 32);
    const nKeyHeads = config.size('num_key_value_heads', nHeads);
    if (nHeads % nKeyHeads !== 0) {
      config.fail(
        `"num_attention_heads" (${nHeads}) is not divisible by "num_key_value_heads" (${nKeyHeads})`,
      );
    }
    const headWidth = config.size('head_dim', Math.floor(width / nHeads), MOST_HEAD_WIDTH);
    const nLayers = config.size('num_hidden_layers', 32, MOST_LAYERS);
    const nPositions = config.size('max_position_embeddings', 2048);
    const vocabularySize = config.size('vocab_size', 32_000);
    const rotation = readRotation(config, headWidth, nPositions);
    const isBiased = config.flag('attention_bias', false);
    const [bosToken] = config.tokens('bos_token_id', vocabularySize, 1);
    const spec: DecoderSpec = {
      vocabularySize,
      nPositions,
      bosToken:
        bosToken ?? config.fail('"bos_token_id" is missing, so there is nothing to start a sample from'),
      eosTokens: config.tokens('eos_token_id', vocabularySize, 2),
      nLayers,
      width,
      attention: {
        nHeads,
        nKeyHeads,
        headWidth,
        queryKeyNorm: null,
        layers: Array.from({ length: nLayers }, () => ({
          scale: 1 / Math.sqrt(headWidth),
          rotation,
          window: null,
        })),
      },
      positions: 'none',
      norm: { kind: 'rms', epsilon: config.positive('rms_norm_eps', 1e-6) },
      residual: 'sequential',
      mlp: {
        innerWidth: config.size('intermediate_size', 11_008),
        activation: config.activation('hidden_act', 'silu'),
        gated: true,
      },
      biases: {
        norms: false,
        qkv: isBiased,
        output: isBiased,
        mlp: config.flag('mlp_bias', false),
        head: false,
      },
      head: config.flag('tie_word_embeddings', false) ? 'tied' : 'own',
    };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },

  names({ nLayers, biases }) {
    const norm = (name: string) => ({ scale: `${name}.weight`, shift: null });
    const linear = (name: string, hasBias: boolean): LinearNames => ({
      weight: `${name}.weight`,
      layout: 'out-in',
      bias: hasBias ? `${name}.bias` : null,
    });
    return {
      embedding: 'embed_tokens.weight',
      positions: null,
      layers: Array.from({ length: nLayers }, (_, layer) => {
        const attention = (part: string, hasBias: boolean) =>
          linear(`layers.${layer}.self_attn.${part}_proj`, hasBias);
        const mlp = (part: string) => linear(`layers.${layer}.mlp.${part}_proj`, biases.mlp);
        return {
          attentionNorm: norm(`layers.${layer}.input_layernorm`),
          qkv: {
            kind: 'apart',
            query: attention('q', biases.qkv),
            key: attention('k', biases.qkv),
            value: attention('v', biases.qkv),
          },
          queryNorm: null,
          keyNorm: null,
          output: attention('o', biases.output),
          mlpNorm: norm(`layers.${layer}.post_attention_layernorm`),
          gate: mlp('gate'),
          up: mlp('up'),
          down: mlp('down'),
        };
      }),
      finalNorm: norm('norm'),
      head: linear('lm_head', false),
    };
  },
};

/** Training, how the products were once split over processors, and notes of other programs. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'pretraining_tp', 'transformers.js_config']);

/** Notes of converters about files of other layouts. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['is_llama_config', [true]],
  ['rope_interleaved', [false]],
]);
