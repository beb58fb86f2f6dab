// Attention over the past as graphics processors do it: one node a layer, the cache beside it. Each kind
// knows where the runtime keeps keys and values, and nothing of what they are made from.

import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import type { Attributes, Graph } from '../../onnx/onnx-graph.ts';
import { type JoinedHeads, joinInputs, N_QUERIES, takeOwnValues } from '../paged/joined-heads.ts';

export type KeyAndValue = readonly [key: string, value: string];

/** What a step knows of its rows' past. */
export interface StepLengths {
  /** int32 [batch]: positions before this one. */
  readonly length: string;
  /** int32, a scalar: positions with this one. */
  readonly total: string;
}

export interface DeviceAttention {
  /** [batch, width] of the joint projection [batch, 3 × width]. */
  attend(graph: Graph, qkv: string, layer: number, lengths: StepLengths): string;
  /** Called after the last layer of a step. */
  endStep(): void;
}

/** Pages that are written in place: the cache never moves. CUDA only, in 16 bits only. */
export class PagedAttention implements DeviceAttention {
  readonly #config: DecoderSpec;
  readonly #heads: JoinedHeads | null;
  readonly #cache: Pages;
  readonly #bounds: string;

  constructor(config: DecoderSpec, heads: JoinedHeads | null, cache: Pages, bounds: string) {
    this.#config = config;
    this.#heads = heads;
    this.#cache = cache;
    this.#bounds = bounds;
  }

  attend(graph: Graph, qkv: string, layer: number, { length }: StepLengths): string {
    const config = this.#config;
    const heads = this.#heads;
    if (heads === null) return this.#attend(graph, [qkv, '', ''], layer, length, attributes(config, layer));
    const { query, key, value } = joinInputs(graph, config, heads, qkv, 'float16');
    const joined = {
      ...attributes(config, layer),
      num_heads: heads.nJoined * N_QUERIES,
      kv_num_heads: heads.nJoined,
    };
    const attended = this.#attend(graph, [query, key, value], layer, length, joined);
    return takeOwnValues(graph, config, heads, attended);
  }

  #attend(
    graph: Graph,
    inputs: readonly string[],
    layer: number,
    length: string,
    attributes: Attributes,
  ): string {
    const { pages, rowEnds, pageTable } = this.#cache;
    const given = [...inputs, ...pages[layer]!, rowEnds, length, pageTable];
    const leftOut = ['', '', '', '', '', '', '', ''];
    return graph.contribOp('PagedAttention', [...given, ...leftOut, this.#bounds], attributes);
  }

  endStep(): void {}
}

export interface Pages {
  /** Of each layer, [pages, page size, heads, head width], as joined as the heads are. */
  readonly pages: readonly KeyAndValue[];
  /** int32 [batch, pages a row]. */
  readonly pageTable: string;
  /** int32 [batch + 1]: where each row's queries end, 0 first. */
  readonly rowEnds: string;
}

/** A cache of full length that goes in and comes out, [batch, heads, capacity, head width]. */
export class GroupedAttention implements DeviceAttention {
  readonly #config: DecoderSpec;
  readonly #made: readonly KeyAndValue[];
  #past: readonly KeyAndValue[];
  #present: KeyAndValue[] = [];
  #nStepsToCome: number;

  /** What the last step makes is called `made`, where that is given: a graph's output must not be a copy. */
  constructor(
    config: DecoderSpec,
    past: readonly KeyAndValue[],
    nSteps: number,
    made: readonly KeyAndValue[] = [],
  ) {
    this.#config = config;
    this.#past = past;
    this.#nStepsToCome = nSteps;
    this.#made = made;
  }

  /** The cache after the last step that ended. */
  get past(): readonly KeyAndValue[] {
    return this.#past;
  }

  attend(graph: Graph, qkv: string, layer: number, lengths: StepLengths): string {
    const named = this.#nStepsToCome === 1 ? this.#made[layer] : undefined;
    const present = named ?? ([graph.newName('present_key'), graph.newName('present_value')] as const);
    this.#present.push(present);
    return attendGrouped(graph, this.#config, layer, qkv, this.#past[layer]!, lengths, present);
  }

  endStep(): void {
    this.#past = this.#present;
    this.#present = [];
    this.#nStepsToCome--;
  }
}

/** [batch, width]. `rotation`, cosines and sines [positions, pairs], turns queries and keys where it is given. */
export function attendGrouped(
  graph: Graph,
  config: DecoderSpec,
  layer: number,
  qkv: string,
  past: KeyAndValue,
  { length, total }: StepLengths,
  present: KeyAndValue,
  rotation: readonly string[] = [],
): string {
  const attended = graph.newName('attended');
  graph.node(
    'com.microsoft',
    'GroupQueryAttention',
    [graph.op('Unsqueeze', [qkv, graph.int64([1])]), '', '', ...past, length, total, ...rotation],
    [attended, ...present],
    { ...attributes(config, layer), ...(rotation.length === 0 ? {} : { do_rotary: 1 }) },
  );
  return graph.op('Squeeze', [attended, graph.int64([1])]);
}

function attributes({ nHeads, attentionScales }: DecoderSpec, layer: number) {
  return { num_heads: nHeads, kv_num_heads: nHeads, scale: { float: attentionScales[layer]! } };
}
