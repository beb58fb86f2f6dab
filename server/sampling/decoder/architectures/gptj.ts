// GPT-J: B. Wang and A. Komatsuzaki, "GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model" (2021), and CodeGen:
// E. Nijkamp et al., "CodeGen: An Open Large Language Model for Code" (2022), which differ in how their heads lie.

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { type LinearNames, ONE_FEED_FORWARD, type TensorNames } from '../decoder-table.ts';
import { fixedRotation } from '../read-rotation.ts';
import { byShare } from './head-orders.ts';
import { normNames, outIn } from './llama-names.ts';
import { readHead } from './read-llama.ts';
import { readGptSizes } from './read-sizes.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';

export const gptJ: Architecture = {
  modelTypes: ['gptj'],
  prefix: 'transformer.',
  defaultTokens: { bos: 50_256, eos: 50_256 },
  read: readGptJ,
  names: (spec) =>
    namesOf(spec, (layer) => {
      const part = (name: string): LinearNames => outIn(`h.${layer}.attn.${name}_proj`, false);
      return { kind: 'apart', query: part('q'), key: part('k'), value: part('v') };
    }),
};

/** Processors that CodeGen was trained on: its heads lie in so many shares, in every model that was published. */
const N_SHARES = 4;

export const codeGen: Architecture = {
  modelTypes: ['codegen'],
  prefix: 'transformer.',
  defaultTokens: { bos: 50_256, eos: 50_256 },
  read(config) {
    const spec = readGptJ(config);
    const { nHeads } = spec.attention;
    if (nHeads % N_SHARES !== 0) config.fail(`"n_head" (${nHeads}) is not divisible by ${N_SHARES}`);
    return spec;
  },
  names(spec) {
    const headOrder = byShare(spec.attention.nHeads, N_SHARES);
    return namesOf(spec, (layer) => ({
      kind: 'joint',
      linear: outIn(`h.${layer}.attn.qkv_proj`, false),
      headOrder,
    }));
  },
};

function readGptJ(config: ConfigFile): DecoderShape {
  const sizes = readGptSizes(config, DEFAULTS);
  const width = config.optionalSize('rotary_dim', 64) ?? config.fail('"rotary_dim" is not a number');
  if (width > sizes.headWidth || width % 2 !== 0)
    config.fail(`"rotary_dim" (${width}) is no even part of a head of ${sizes.headWidth} values`);
  const spec: DecoderShape = {
    ...USUAL,
    ...usualSizes(sizes, { rotation: fixedRotation(width, 'neighbours') }),
    norm: layerNorm(config.positive('layer_norm_epsilon', 1e-5)),
    residual: 'parallel-one-norm',
    mlp: {
      innerWidth: config.size('n_inner', 4 * sizes.width),
      activation: config.activation('activation_function', 'gelu_new'),
      gated: false,
    },
    biases: { norms: true, qkv: false, output: false, mlp: true, head: true },
    head: readHead(config, 'own'),
  };
  config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
  return spec;
}

function namesOf(
  { nLayers }: DecoderShape,
  qkv: (layer: number) => TensorNames['layers'][number]['qkv'],
): TensorNames {
  const norm = (name: string) => normNames(name, true);
  return {
    embedding: 'wte.weight',
    embeddingProjection: null,
    positions: null,
    layers: Array.from({ length: nLayers }, (_, layer) => ({
      attentionNorm: norm(`h.${layer}.ln_1`),
      qkv: qkv(layer),
      queryNorm: null,
      keyNorm: null,
      output: outIn(`h.${layer}.attn.out_proj`, false),
      attentionEndNorm: null,
      mlpNorm: null,
      ...ONE_FEED_FORWARD,
      gate: null,
      up: outIn(`h.${layer}.mlp.fc_in`, true),
      down: outIn(`h.${layer}.mlp.fc_out`, true),
      mlpEndNorm: null,
    })),
    finalNorm: norm('ln_f'),
    headProjection: null,
    head: outIn('lm_head', true),
  };
}

const DEFAULTS = { vocabularySize: 50_400, nPositions: 2048, nLayers: 28, width: 4096, nHeads: 16 };

/** Training, and heads for other tasks. */
const WITHOUT_EFFECT = new Set(
  `attn_pdrop embd_pdrop resid_pdrop n_ctx
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj`.split(/\s+/),
);

/** What the code does whatever these say. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['rotary', [true]],
  ['scale_attn_weights', [true]],
]);
