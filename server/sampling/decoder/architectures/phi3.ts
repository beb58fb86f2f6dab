// Phi-3: M. Abdin et al., "Phi-3 Technical Report" (2024). LLaMA whose projections of one input are one matrix each.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import type { LinearNames } from '../decoder-table.ts';
import { ropeType } from '../read-rotation.ts';
import { llamaNames, outIn } from './llama-names.ts';
import { readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';
import { withinContext } from './windows.ts';

export const phi3: Architecture = {
  modelTypes: ['phi3'],
  prefix: 'model.',
  defaultTokens: { bos: 1, eos: 32_000 },

  read(config) {
    const longRopeFrom = config.size('original_max_position_embeddings', 4096);
    const usual = readLlama(config, {
      ...DEFAULTS,
      rotary: { share: { key: 'partial_rotary_factor', otherwise: 1 }, longRopeFrom },
    });
    // Behind the first context a text's positions would all change, those before as well: it ends there.
    const isLong = ropeType(config) !== 'default';
    const nPositions = isLong ? Math.min(usual.nPositions, longRopeFrom) : usual.nPositions;
    const window = withinContext(config.optionalSize('sliding_window', null), nPositions);
    const spec: DecoderShape = {
      ...usual,
      nPositions,
      attention: changeLayers(usual.attention, () => ({ window })),
    };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },

  names(spec) {
    const names = llamaNames(spec);
    const { innerWidth } = spec.mlp;
    const half = (layer: number, firstRow: number): LinearNames => ({
      ...outIn('', false),
      weight: { name: `layers.${layer}.mlp.gate_up_proj.weight`, firstRow, nRows: 2 * innerWidth },
    });
    return {
      ...names,
      layers: names.layers.map((layer, at) => ({
        ...layer,
        qkv: { kind: 'joint', linear: outIn(`layers.${at}.self_attn.qkv_proj`, false), headOrder: null },
        gate: half(at, 0),
        up: half(at, innerWidth),
      })),
    };
  },
};

const DEFAULTS = {
  vocabularySize: 32_064,
  nPositions: 4096,
  nLayers: 32,
  width: 3072,
  nHeads: 32,
  nKeyHeads: null,
  headWidth: null,
  innerWidth: 8192,
  epsilon: 1e-5,
  head: 'own',
} as const;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'resid_pdrop', 'embd_pdrop']);

/** The code has no such biases. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([['attention_bias', [false]]]);
