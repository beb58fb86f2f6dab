// Ways to stretch the context that a rotary model was first trained on, as configurations of transformers tell them.
// Gives the frequencies that come of each, in 32-bit steps as PyTorch computes them.

import type { ConfigFile } from './config-file.ts';
import type { Rotation } from './decoder-spec.ts';

export type Scaled = Pick<Rotation, 'frequencies' | 'factor'>;

export interface RotaryContext {
  readonly base: number;
  /** Values of a head that are rotated; where they are odd, one more is. */
  readonly width: number;
  /** What the configuration says the context is: stretched already. */
  readonly nPositions: number;
}

/** Scalings by the name of their type; each reads all that it knows of its section. */
export const SCALINGS: ReadonlyMap<unknown, (section: ConfigFile, context: RotaryContext) => Scaled> =
  new Map([
    ['default', (_: ConfigFile, { base, width }: RotaryContext) => scale(plain(base, width), 1)],
    // Frequencies change only beyond the context, where nothing is sampled.
    [
      'dynamic',
      (section: ConfigFile, { base, width }: RotaryContext) => {
        section.positive('factor');
        section.value('original_max_position_embeddings');
        return scale(plain(base, width), 1);
      },
    ],
    [
      'linear',
      (section: ConfigFile, { base, width }: RotaryContext) =>
        scale(plain(base, width), section.positive('factor')),
    ],
    ['llama3', readLlama3],
    ['yarn', readYarn],
  ]);

/** J. Su et al., "RoFormer" (2021), 3.2.2. */
export function plain(base: number, width: number): readonly number[] {
  return powers(base, width).map((power) => Math.fround(1 / power));
}

const powers = (base: number, width: number) =>
  Array.from({ length: Math.ceil(width / 2) }, (_, i) => Math.fround(base ** Math.fround((2 * i) / width)));

/** S. Chen et al., "Extending Context Window of Large Language Models via Positional Interpolation" (2023). */
function scale(frequencies: readonly number[], factor: number): Scaled {
  return { frequencies: frequencies.map((frequency) => Math.fround(frequency / factor)), factor: 1 };
}

/** Long waves are stretched, short ones are not, and those between are mixed: Llama 3.1's published code. */
function readLlama3(section: ConfigFile, { base, width, nPositions }: RotaryContext): Scaled {
  const factor = section.positive('factor');
  const low = section.positive('low_freq_factor');
  const high = section.positive('high_freq_factor');
  const before = section.size('original_max_position_embeddings', nPositions);
  const frequencies = plain(base, width).map((frequency) => {
    const nWaves = (before * frequency) / (2 * Math.PI);
    if (nWaves > high) return frequency;
    if (nWaves < low) return Math.fround(frequency / factor);
    const share = (nWaves - low) / (high - low);
    return Math.fround(((1 - share) * frequency) / factor + share * frequency);
  });
  return { frequencies, factor: 1 };
}

/** B. Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models" (2023), 3.2 and 3.4. */
function readYarn(section: ConfigFile, { base, width, nPositions }: RotaryContext): Scaled {
  const before = section.size('original_max_position_embeddings', nPositions);
  const factor = section.positive('factor', nPositions / before);
  const isWhole = section.flag('truncate', true);
  const pairOf = (nWaves: number) =>
    (width * Math.log(before / (nWaves * 2 * Math.PI))) / (2 * Math.log(base));
  const bound = (key: string, fallback: number, round: (x: number) => number) => {
    const pair = pairOf(section.positive(key, fallback));
    return isWhole ? round(pair) : pair;
  };
  const first = Math.max(bound('beta_fast', 32, Math.floor), 0);
  const last = Math.min(bound('beta_slow', 1, Math.ceil), width - 1);
  const frequencies = plain(base, width).map((frequency, pair) => {
    const stretched = clamp((pair - first) / (last === first ? 0.001 : last - first));
    return Math.fround((frequency / factor) * stretched + frequency * (1 - stretched));
  });
  const growth = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const [one, all] = ['mscale', 'mscale_all_dim'].map((key) => section.value(key));
  const hasBoth = Boolean(one) && Boolean(all);
  const usual = hasBoth
    ? growth(section.positive('mscale')) / growth(section.positive('mscale_all_dim'))
    : growth(1);
  return { frequencies, factor: section.positive('attention_factor', usual) };
}

/**
 * Each frequency has a factor of its own: one list for texts of the length that was first trained on, another for longer
 * ones (Y. Ding et al., "LongRoPE", 2024). All of a text's positions change where it grows beyond that length, `before`,
 * so whoever takes this ends the context there, and the first list is the one that counts.
 */
export function readLongRope(
  section: ConfigFile,
  { base, width, nPositions }: RotaryContext,
  before: number,
): Scaled {
  section.value('original_max_position_embeddings');
  const factors = section.numbers('short_factor', width / 2);
  section.numbers('long_factor', width / 2);
  const factor = section.positive('factor', nPositions / before);
  const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(before));
  const frequencies = powers(base, width).map((power, i) =>
    Math.fround(1 / Math.fround(Math.fround(factors[i]!) * power)),
  );
  return { frequencies, factor: section.positive('attention_factor', usual) };
}

const clamp = (x: number) => Math.min(1, Math.max(0, x));
