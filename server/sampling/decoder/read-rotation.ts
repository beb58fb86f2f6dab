// Rotary positions as configurations of transformers tell them: a base, the share of a head that is rotated, and a way
// to stretch the context. Versions of transformers have put each of these in another place.

import { type ConfigFile, MOST_HEAD_WIDTH } from './config-file.ts';
import type { Rotation } from './decoder-spec.ts';
import { plain, readLongRope, SCALINGS, type Scaled } from './rope-scaling.ts';

interface HeadsInContext {
  readonly headWidth: number;
  readonly nPositions: number;
}

export interface RotaryDefaults {
  readonly base?: number | undefined;
  /** The key beside `rope_parameters` that tells the base; null where there is none. */
  readonly baseKey?: string | null;
  /** The key beside `rope_parameters` that tells how much of a head is rotated, and what is meant without it. */
  readonly share?: { readonly key: string; readonly otherwise: number };
  /** Positions that were first trained on, for the architecture whose scalings are all LongRoPE. */
  readonly longRopeFrom?: number;
}

/** One rotation for all layers. Throws a UserError at a scaling that is not known. */
export function readRotation(
  config: ConfigFile,
  heads: HeadsInContext,
  { base = DEFAULT_BASE, baseKey = 'rope_theta', share, longRopeFrom }: RotaryDefaults = {},
): Rotation {
  const parameters = config.section('rope_scaling') ?? config.section('rope_parameters');
  config.value('rope_parameters');
  const outerBase = baseKey === null ? base : config.positive(baseKey, base);
  const outerShare = share === undefined ? 1 : config.positive(share.key, share.otherwise);
  const rotated = parameters?.positive('partial_rotary_factor', outerShare) ?? outerShare;
  if (share === undefined && rotated !== 1)
    parameters?.fail('"partial_rotary_factor" is not 1, and the architecture rotates whole heads');
  const width = Math.trunc(heads.headWidth * rotated);
  return rotationOf(config, parameters, outerBase, { ...heads, width }, longRopeFrom);
}

/** One rotation for layers that see everything before, and another for those with a window. */
export function readRotationsByLayerType(
  config: ConfigFile,
  { headWidth, nPositions }: HeadsInContext,
  bases: { readonly full: number; readonly sliding: number },
): { readonly full: Rotation; readonly sliding: Rotation } {
  const parameters = config.section('rope_parameters');
  const older = config.section('rope_scaling');
  const sections = [
    parameters?.section('full_attention') ?? null,
    parameters?.section('sliding_attention') ?? null,
  ];
  if (older !== null && sections[0] !== null)
    config.fail('both "rope_scaling" and "rope_parameters" tell how the context is stretched');
  parameters?.refuseTheRest(new Set());
  const whole = { width: headWidth, headWidth, nPositions };
  return {
    full: rotationOf(config, older ?? sections[0]!, config.positive('rope_theta', bases.full), whole),
    sliding: rotationOf(config, sections[1]!, bases.sliding, whole),
  };
}

/** Without any scaling, by a base that is always the same. */
export const fixedRotation = (width: number, pairs: Rotation['pairs']): Rotation => ({
  frequencies: plain(DEFAULT_BASE, width),
  factor: 1,
  pairs,
});

/** The type of scaling, by the name that the configuration has for it. */
export function ropeType(config: ConfigFile): unknown {
  const section = config.section('rope_scaling') ?? config.section('rope_parameters');
  return section === null ? 'default' : typeOf(section);
}

const typeOf = (section: ConfigFile): unknown => {
  const older = section.value('type');
  return section.value('rope_type') ?? older ?? 'default';
};

const DEFAULT_BASE = 10_000;

function rotationOf(
  config: ConfigFile,
  section: ConfigFile | null,
  outerBase: number,
  context: HeadsInContext & { readonly width: number },
  longRopeFrom?: number,
): Rotation {
  const { width, headWidth, nPositions } = context;
  if (width % 2 !== 0) refuseOdd(config, section, width, headWidth);
  if (width > MOST_HEAD_WIDTH) config.fail(`no model rotates ${width} values of a head`);
  const base = section?.positive('rope_theta', outerBase) ?? outerBase;
  if (section === null) return { frequencies: plain(base, width), factor: 1, pairs: 'halves' };
  const scaled = readScaling(section, { base, width, nPositions }, longRopeFrom);
  section.refuseTheRest(new Set());
  return { ...scaled, pairs: 'halves' };
}

/** An odd share of a head is rotated with one value more, as long as there is one and its scaling is told pair by pair. */
function refuseOdd(config: ConfigFile, section: ConfigFile | null, width: number, headWidth: number): void {
  const type = section === null ? 'default' : typeOf(section);
  if (width === headWidth || type === 'yarn' || LONG_ROPE.has(type))
    config.fail(`${width} values of a head cannot be rotated in pairs`);
}

function readScaling(
  section: ConfigFile,
  context: { readonly base: number; readonly width: number; readonly nPositions: number },
  longRopeFrom: number | undefined,
): Scaled {
  const type = typeOf(section);
  if (longRopeFrom !== undefined && LONG_ROPE.has(type)) return readLongRope(section, context, longRopeFrom);
  const read = longRopeFrom === undefined || type === 'default' ? SCALINGS.get(type) : undefined;
  if (read !== undefined) return read(section, context);
  const known = longRopeFrom === undefined ? [...SCALINGS.keys()] : ['default', ...LONG_ROPE];
  return section.fail(
    `the type ${JSON.stringify(type)} is not supported`,
    `Supported are ${known.join(', ')}.`,
  );
}

/** Its name, and those that it had before. */
const LONG_ROPE: ReadonlySet<unknown> = new Set(['longrope', 'su', 'yarn']);
