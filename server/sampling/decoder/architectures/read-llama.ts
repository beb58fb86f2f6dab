// What LLaMA's configuration tells, by the names that most decoders since have kept: RMS norms, rotary positions, key
// heads that serve several queries, a gate. Each architecture says what it means where nothing is said, and what it adds.

import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { type RotaryDefaults, readRotation } from '../read-rotation.ts';
import { type DefaultSizes, readSizes } from './read-sizes.ts';
import { rmsNorm, USUAL, usualSizes } from './usual-spec.ts';

export interface LlamaDefaults extends DefaultSizes {
  readonly innerWidth: number;
  readonly epsilon: number;
  readonly head: DecoderShape['head'];
  /** Biases that these architectures have always, whatever the configuration says. */
  readonly biases?: Partial<DecoderShape['biases']>;
  readonly rotary?: RotaryDefaults;
  readonly activation?: { readonly key: string; readonly name: string };
}

/**
 * All layers see everything before and rotate alike, unless their rotations are read elsewhere. Keys that only some
 * architectures have are left to them.
 */
export function readLlama(
  config: ConfigFile,
  defaults: LlamaDefaults,
  rotations: 'alike' | 'by-layer-type' = 'alike',
): DecoderShape {
  const sizes = readSizes(config, defaults);
  const { activation = { key: 'hidden_act', name: 'silu' } } = defaults;
  const rotation = rotations === 'alike' ? readRotation(config, sizes, defaults.rotary) : null;
  return {
    ...USUAL,
    ...usualSizes(sizes, { rotation }),
    norm: rmsNorm(config.positive('rms_norm_eps', defaults.epsilon)),
    mlp: {
      innerWidth: config.size('intermediate_size', defaults.innerWidth),
      activation: config.activation(activation.key, activation.name),
      gated: true,
    },
    biases: { norms: false, qkv: false, output: false, mlp: false, head: false, ...defaults.biases },
    head: readHead(config, defaults.head),
  };
}

export const readHead = (config: ConfigFile, otherwise: DecoderShape['head']): DecoderShape['head'] =>
  config.flag('tie_word_embeddings', otherwise === 'tied') ? 'tied' : 'own';

/** The flag that gives queries, keys, values and attention's output a bias. */
export function readAttentionBias(
  config: ConfigFile,
  otherwise = false,
): Pick<DecoderShape['biases'], 'qkv' | 'output'> {
  const isBiased = config.flag('attention_bias', otherwise);
  return { qkv: isBiased, output: isBiased };
}
