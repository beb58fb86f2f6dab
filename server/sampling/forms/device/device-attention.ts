// Attention over the past as graphics processors do it: one node a layer, the cache beside it. Each kind
// knows where the runtime keeps keys and values, and nothing of what they are made from.

import type { AttentionOverPast, Heads } from '../../decoder/attention-heads.ts';
import type { Precision } from '../../decoder/decoder-model.ts';
import type { AttentionShape, DecoderSpec, Rotation } from '../../decoder/decoder-spec.ts';
import { rotationTables } from '../../decoder/rotation.ts';
import type { Attributes, Graph } from '../../onnx/onnx-graph.ts';

export type KeyAndValue = readonly [key: string, value: string];

/** What a step knows of its rows' past. */
export interface StepLengths {
  /** int32 [batch]: positions before this one. */
  readonly length: string;
  /** int32, a scalar: positions with this one. */
  readonly total: string;
}

export interface DeviceAttention extends Pick<AttentionOverPast, 'rotates'> {
  /** [batch, heads × head width] of rows of `heads`. */
  attend(graph: Graph, heads: Heads, layer: number, lengths: StepLengths): string;
  /** Called after the last layer of a step. */
  endStep(): void;
}

/** A cache of full length that goes in and comes out, [batch, key heads, capacity, head width]. */
export class GroupedAttention implements DeviceAttention {
  readonly #config: DecoderSpec;
  readonly #made: readonly KeyAndValue[];
  #past: readonly KeyAndValue[];
  #present: KeyAndValue[] = [];
  readonly #precision: Precision;
  /** The last steps may go on behind the model's last position. */
  readonly #nSteps: number;
  #nStepsToCome: number;

  /** What the last step makes is called `made`, where that is given: a graph's output must not be a copy. */
  constructor(
    config: DecoderSpec,
    precision: Precision,
    past: readonly KeyAndValue[],
    nSteps: number,
    made: readonly KeyAndValue[] = [],
  ) {
    this.#config = config;
    this.#precision = precision;
    this.#past = past;
    this.#nSteps = nSteps;
    this.#nStepsToCome = nSteps;
    this.#made = made;
  }

  /** The cache after the last step that ended. */
  get past(): readonly KeyAndValue[] {
    return this.#past;
  }

  rotates(layer: number) {
    return rotatesGrouped(this.#config.attention, layer);
  }

  attend(graph: Graph, heads: Heads, layer: number, lengths: StepLengths): string {
    const { attention, nPositions } = this.#config;
    const named = this.#nStepsToCome === 1 ? this.#made[layer] : undefined;
    const present = named ?? ([graph.newName('present_key'), graph.newName('present_value')] as const);
    this.#present.push(present);
    const { rotation } = attention.layers[layer]!;
    const tables =
      rotation === null || this.rotates(layer) !== 'inside'
        ? []
        : rotationTables(graph, rotation, nPositions + this.#nSteps, this.#precision);
    return attendGrouped(graph, attention, layer, heads, this.#past[layer]!, lengths, present, tables);
  }

  endStep(): void {
    this.#past = this.#present;
    this.#present = [];
    this.#nStepsToCome--;
  }
}

/**
 * [batch, heads × head width]. `rotation`, cosines and sines [positions, pairs], turns queries and keys where it is
 * given.
 */
export function attendGrouped(
  graph: Graph,
  shape: AttentionShape,
  layer: number,
  heads: Heads,
  past: KeyAndValue,
  { length, total }: StepLengths,
  present: KeyAndValue,
  rotation: readonly string[] = [],
): string {
  const attended = graph.newName('attended');
  const row = (part: string) => graph.op('Unsqueeze', [part, graph.int64([1])]);
  const inputs =
    heads.kind === 'joint' ? [row(heads.qkv), '', ''] : [heads.query, heads.key, heads.value].map(row);
  const turns = shape.layers[layer]!.rotation?.pairs === 'neighbours' ? { rotary_interleaved: 1 } : {};
  graph.node(
    'com.microsoft',
    'GroupQueryAttention',
    [...inputs, ...past, length, total, ...rotation],
    [attended, ...present],
    { ...attributes(shape, layer), ...(rotation.length === 0 ? {} : { do_rotary: 1, ...turns }) },
  );
  return graph.op('Squeeze', [attended, graph.int64([1])]);
}

/** The runtime's operator turns queries and keys where it can. */
export function rotatesGrouped({ layers, headWidth }: AttentionShape, layer: number) {
  const { rotation } = layers[layer]!;
  return rotation === null || canRotateInside(rotation, headWidth) ? 'inside' : 'before-looked-up';
}

/** Whether the runtime's operators turn such heads themselves: by whole sixteens of values. */
function canRotateInside(rotation: Rotation, headWidth: number): boolean {
  return headWidth % 16 === 0 && rotation.frequencies.length % 8 === 0;
}

function attributes({ nHeads, nKeyHeads, layers, scoreCap }: AttentionShape, layer: number): Attributes {
  const { scale, window } = layers[layer]!;
  return {
    num_heads: nHeads,
    kv_num_heads: nKeyHeads,
    scale: { float: scale },
    ...(window === null ? {} : { local_window_size: window }),
    ...(scoreCap === null ? {} : { softcap: { float: scoreCap } }),
  };
}
