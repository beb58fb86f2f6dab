// Attention over the past as graphics processors do it: one node a layer, the cache beside it. Each kind
// knows where the runtime keeps keys and values, and nothing of what they are made from.

import type { Gpt2Config } from './gpt2-config.ts';
import type { Graph } from './onnx-graph.ts';

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

/**
 * Pages that are written in place: the cache never moves. In 16 bits only.
 *
 * The runtime's kernel works on blocks of 64 queries against 256, 128 or 64 positions, by the heads' width of up
 * to 64, 128 or 256, and a step has one query a head. So some heads lie side by side as one wide head of keys and
 * values, which all their queries share; each query is zero outside its own part, and of its answer only
 * its own part is kept. That is the same sums with less left idle: on an H200 twice as fast.
 */
export class PagedAttention implements DeviceAttention {
  readonly #config: Gpt2Config;
  readonly #cache: Pages;
  readonly #bounds: string;

  constructor(config: Gpt2Config, cache: Pages, bounds: string) {
    this.#config = config;
    this.#cache = cache;
    this.#bounds = bounds;
  }

  attend(graph: Graph, qkv: string, layer: number, { length }: StepLengths): string {
    const { nHeads, headWidth, width } = this.#config;
    const { pages, rowEnds, pageTable, headsTogether: together } = this.#cache;
    const [key, value] = pages[layer]!;
    const parts = together === 1 ? [qkv, '', ''] : this.#widen(graph, qkv);
    const leftOut = ['', '', '', '', '', '', '', ''];
    const attended = graph.contribOp(
      'PagedAttention',
      [...parts, key, value, rowEnds, length, pageTable, ...leftOut, this.#bounds],
      { ...attributes(this.#config, layer), kv_num_heads: nHeads / together },
    );
    if (together === 1) return attended;
    const shape = graph.int64([0, nHeads / together, together * together, headWidth]);
    const own = Array.from({ length: together }, (_, i) => i * (together + 1));
    const kept = graph.op('Gather', [graph.op('Reshape', [attended, shape]), graph.int64(own)], { axis: 2 });
    return graph.op('Reshape', [kept, graph.int64([0, width])]);
  }

  /** Queries as wide as the wide heads, and keys and values as they are. */
  #widen(graph: Graph, qkv: string): readonly string[] {
    const { nHeads, headWidth } = this.#config;
    const { headsTogether: together } = this.#cache;
    const [query, key, value] = graph.ops('Split', [qkv], 3, { axis: 1, num_outputs: 3 });
    const shape = graph.int64([0, nHeads / together, together, 1, headWidth]);
    const ones = new Float16Array(together * together);
    for (let i = 0; i < together; i++) ones[i * (together + 1)] = 1;
    const bytes = new Uint8Array(ones.buffer);
    const own = graph.weight(`own-part-of-${together}`, 'float16', [1, 1, together, together, 1], bytes);
    const wide = graph.op('Mul', [graph.op('Reshape', [query!, shape]), own]);
    return [graph.op('Reshape', [wide, graph.int64([0, nHeads * together * headWidth])]), key!, value!];
  }

  endStep(): void {}
}

export interface Pages {
  /** Of each layer, [pages, page size, heads / heads together, heads together × head width]. */
  readonly pages: readonly KeyAndValue[];
  readonly headsTogether: number;
  /** int32 [batch, pages a row]. */
  readonly pageTable: string;
  /** int32 [batch + 1]: where each row's queries end, 0 first. */
  readonly rowEnds: string;
}

/** A cache of full length that goes in and comes out, [batch, heads, capacity, head width]. */
export class GroupedAttention implements DeviceAttention {
  readonly #config: Gpt2Config;
  readonly #made: readonly KeyAndValue[];
  #past: readonly KeyAndValue[];
  #present: KeyAndValue[] = [];
  #nStepsToCome: number;

  /** What the last step makes is called `made`, where that is given: a graph's output must not be a copy. */
  constructor(
    config: Gpt2Config,
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

  attend(graph: Graph, qkv: string, layer: number, { length, total }: StepLengths): string {
    const [key, value] = this.#past[layer]!;
    const named = this.#nStepsToCome === 1 ? this.#made[layer] : undefined;
    const present = named ?? ([graph.newName('present_key'), graph.newName('present_value')] as const);
    const attended = graph.newName('attended');
    graph.node(
      'com.microsoft',
      'GroupQueryAttention',
      [graph.op('Unsqueeze', [qkv, graph.int64([1])]), '', '', key, value, length, total],
      [attended, ...present],
      attributes(this.#config, layer),
    );
    this.#present.push(present);
    return graph.op('Squeeze', [attended, graph.int64([1])]);
  }

  endStep(): void {
    this.#past = this.#present;
    this.#present = [];
    this.#nStepsToCome--;
  }
}

function attributes({ nHeads, attentionScales }: Gpt2Config, layer: number) {
  return { num_heads: nHeads, kv_num_heads: nHeads, scale: { float: attentionScales[layer]! } };
}
