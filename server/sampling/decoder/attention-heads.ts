// What stands before attention in every form: one layer's queries, keys and values, normed and turned to their
// positions. How attention reads the past is the form's business.

import type { Graph } from '../onnx/onnx-graph.ts';
import type { DecoderModel } from './decoder-model.ts';
import { type AttentionShape, keyWidth, queryWidth, type Rotation } from './decoder-spec.ts';
import { normalise } from './norms.ts';
import { projectQkv } from './projection.ts';
import { computeTurn, keyOf, lookUpTurn, type Turn, turnComputed, turnLookedUp } from './rotation.ts';

/** Joint: side by side, [..., (heads + 2 × key heads) × head width]. Apart: [..., heads × head width] and so on. */
export type Heads =
  | { readonly kind: 'joint'; readonly qkv: string }
  | { readonly kind: 'apart'; readonly query: string; readonly key: string; readonly value: string };

export interface AttentionOverPast {
  /** Axes of rows before the one of values: [rows, …], or [texts, positions, …]. */
  readonly nAxesBefore: 1 | 2;
  /**
   * Who turns queries and keys to their positions: `attend` itself, or nodes before it, by angles that are computed in
   * the graph or looked up in a table.
   */
  rotates(layer: number): 'inside' | 'before-computed' | 'before-looked-up';
  /** What each query attends to, [..., heads × head width]. */
  attend(graph: Graph, heads: Heads, layer: number): string;
}

/** Attention of one step over all layers: what is computed of positions is the same for each. */
export class PositionedAttention {
  readonly #graph: Graph;
  readonly #model: DecoderModel;
  readonly #positions: string;
  readonly #overPast: AttentionOverPast;
  readonly #turns = new Map<string, Turn>();

  /** `positions` are those of the rows, or one for all of them. */
  constructor(graph: Graph, model: DecoderModel, positions: string, overPast: AttentionOverPast) {
    this.#graph = graph;
    this.#model = model;
    this.#positions = positions;
    this.#overPast = overPast;
  }

  /** What attention gives for `input` [..., width]; its output is not projected yet. */
  attend(input: string, layer: number): string {
    const joint = { kind: 'joint', qkv: projectQkv(this.#graph, this.#model, input, layer) } as const;
    const heads = this.#turn(this.#normalise(joint, layer), layer);
    return this.#overPast.attend(this.#graph, heads, layer);
  }

  #normalise(heads: Heads, layer: number): Heads {
    const { queryNorm, keyNorm } = this.#model.weights.layers[layer]!;
    if (queryNorm === null || keyNorm === null) return heads;
    const isByHead = this.#model.config.attention.queryKeyNorm === 'head';
    return this.#change(heads, (part, nHeads, isKey) => {
      const change = (one: string) => normalise(this.#graph, this.#model, one, isKey ? keyNorm : queryNorm);
      return isByHead ? this.#perHead(part, nHeads, change) : change(part);
    });
  }

  #turn(heads: Heads, layer: number): Heads {
    const { headWidth, layers } = this.#model.config.attention;
    const { rotation } = layers[layer]!;
    const how = this.#overPast.rotates(layer);
    if (rotation === null || how === 'inside') return heads;
    const by = this.#turnBy(rotation, how);
    const graph = this.#graph;
    return this.#change(heads, (part, nHeads) =>
      how === 'before-computed'
        ? this.#asTexts(part, nHeads, (texts) => turnComputed(graph, rotation, headWidth, by, texts, nHeads))
        : this.#perHead(part, nHeads, (apart) => turnLookedUp(graph, rotation, headWidth, by, apart)),
    );
  }

  /** Does something to [texts, positions, heads × head width]; rows of one step are texts of one position. */
  #asTexts(part: string, nHeads: number, change: (texts: string) => string): string {
    if (this.#overPast.nAxesBefore === 2) return change(part);
    const width = nHeads * this.#model.config.attention.headWidth;
    const texts = this.#graph.op('Reshape', [part, this.#graph.int64([0, 1, width])]);
    return this.#graph.op('Reshape', [change(texts), this.#graph.int64([0, width])]);
  }

  #turnBy(rotation: Rotation, how: 'before-computed' | 'before-looked-up'): Turn {
    const key = keyOf(rotation);
    const known = this.#turns.get(key);
    if (known !== undefined) return known;
    const { config, precision = 'float32' } = this.#model;
    const made =
      how === 'before-computed'
        ? computeTurn(this.#graph, rotation, this.#positions)
        : lookUpTurn(this.#graph, config, rotation, this.#positions, precision);
    this.#turns.set(key, made);
    return made;
  }

  /** Queries and keys as `change` makes them. */
  #change(heads: Heads, change: (part: string, nHeads: number, isKey: boolean) => string): Heads {
    const { attention } = this.#model.config;
    const { query, key, value } = takeApart(this.#graph, attention, heads);
    return {
      kind: 'apart',
      query: change(query, attention.nHeads, false),
      key: change(key, attention.nKeyHeads, true),
      value,
    };
  }

  /** Does something to [..., heads, head width] of [..., heads × head width]. */
  #perHead(part: string, nHeads: number, change: (apart: string) => string): string {
    const { headWidth } = this.#model.config.attention;
    const before = new Array<number>(this.#overPast.nAxesBefore).fill(0);
    const shape = (...sizes: readonly number[]) => this.#graph.int64([...before, ...sizes]);
    const apart = this.#graph.op('Reshape', [part, shape(nHeads, headWidth)]);
    return this.#graph.op('Reshape', [change(apart), shape(nHeads * headWidth)]);
  }
}

/** The three by themselves, cut along the last axis. */
export function takeApart(
  graph: Graph,
  shape: Pick<AttentionShape, 'nHeads' | 'nKeyHeads' | 'headWidth'>,
  heads: Heads,
  axis = -1,
): { readonly query: string; readonly key: string; readonly value: string } {
  if (heads.kind === 'apart') return heads;
  const [query, key, value] =
    shape.nHeads === shape.nKeyHeads
      ? graph.ops('Split', [heads.qkv], 3, { axis, num_outputs: 3 })
      : graph.ops(
          'Split',
          [heads.qkv, graph.int64([queryWidth(shape), keyWidth(shape), keyWidth(shape)])],
          3,
          { axis },
        );
  return { query: query!, key: key!, value: value! };
}
