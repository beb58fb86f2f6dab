// Rotary positions as configurations of transformers tell them: a base, and a way to stretch the context that the
// model was first trained on. Gives the frequencies that come of it, in 32-bit steps as PyTorch computes them.

import type { ConfigFile } from './config-file.ts';
import type { Rotation } from './decoder-spec.ts';

/** The rotation of the first `width` values of a head. Throws a UserError at a scaling that is not known. */
export function readRotation(config: ConfigFile, width: number, nPositions: number): Rotation {
  if (width % 2 !== 0) config.fail(`heads of ${width} values cannot be rotated in pairs`);
  const theta = config.value('rope_theta') === null ? DEFAULT_BASE : config.positive('rope_theta');
  const older = config.section('rope_scaling');
  const section = older ?? config.section('rope_parameters');
  config.value('rope_parameters');
  if (section === null) return { ...scale(plain(theta, width), 1), pairs: 'halves' };
  const base = section.positive('rope_theta', theta);
  const type = section.value('rope_type') ?? section.value('type') ?? 'default';
  section.value('type');
  const read = SCALINGS.get(type);
  if (read === undefined) {
    return section.fail(
      `the type ${JSON.stringify(type)} is not supported`,
      `Supported are ${[...SCALINGS.keys()].join(', ')}.`,
    );
  }
  const scaled = read(section, { base, width, nPositions });
  section.refuseTheRest(new Set());
  return { ...scaled, pairs: 'halves' };
}

const DEFAULT_BASE = 10_000;

type Scaled = Pick<Rotation, 'frequencies' | 'factor'>;

interface Context {
  readonly base: number;
  readonly width: number;
  /** What the configuration says the context is: stretched already. */
  readonly nPositions: number;
}

const SCALINGS: ReadonlyMap<unknown, (section: ConfigFile, context: Context) => Scaled> = new Map([
  ['default', (_: ConfigFile, { base, width }: Context) => scale(plain(base, width), 1)],
  // Frequencies change only beyond the context, where nothing is sampled.
  [
    'dynamic',
    (section: ConfigFile, { base, width }: Context) => {
      section.positive('factor');
      section.value('original_max_position_embeddings');
      return scale(plain(base, width), 1);
    },
  ],
  [
    'linear',
    (section: ConfigFile, { base, width }: Context) => scale(plain(base, width), section.positive('factor')),
  ],
  ['llama3', readLlama3],
  ['yarn', readYarn],
]);

/** J. Su et al., "RoFormer" (2021), 3.2.2. */
function plain(base: number, width: number): readonly number[] {
  return Array.from({ length: width / 2 }, (_, i) => {
    const power = Math.fround(base ** Math.fround((2 * i) / width));
    return Math.fround(1 / power);
  });
}

/** S. Chen et al., "Extending Context Window of Large Language Models via Positional Interpolation" (2023). */
function scale(frequencies: readonly number[], factor: number): Scaled {
  return { frequencies: frequencies.map((frequency) => Math.fround(frequency / factor)), factor: 1 };
}

/** Long waves are stretched, short ones are not, and those between are mixed: Llama 3.1's published code. */
function readLlama3(section: ConfigFile, { base, width, nPositions }: Context): Scaled {
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
function readYarn(section: ConfigFile, { base, width, nPositions }: Context): Scaled {
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

const clamp = (x: number) => Math.min(1, Math.max(0, x));
