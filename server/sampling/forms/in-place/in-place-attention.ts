// Attention for WebGPU over a cache that stays where it is: each step's keys and values are outputs of the graph,
// and who runs it gives the same memory for the input and for all of them. Knows nothing of who does.

import { type Heads, takeApart } from '../../decoder/attention-heads.ts';
import type { Precision } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { rotationTables } from '../../decoder/rotation.ts';
import type { Graph } from '../../onnx/onnx-graph.ts';
import {
  attendGrouped,
  type DeviceAttention,
  type KeyAndValue,
  rotatesGrouped,
  type StepLengths,
} from '../device/device-attention.ts';
import { attendCapped } from './capped-attention.ts';

export class InPlaceAttention implements DeviceAttention {
  readonly #config: DecoderSpec;
  readonly #precision: Precision;
  readonly #nPositions: number;
  readonly #capacity: number;
  #past: readonly KeyAndValue[];
  #made: readonly KeyAndValue[];

  /** `past` has one pair a layer, [batch, key heads, capacity, head width] each; `made` the same for each step. */
  constructor(
    config: DecoderSpec,
    precision: Precision,
    capacity: number,
    past: readonly KeyAndValue[],
    made: readonly KeyAndValue[],
  ) {
    this.#config = config;
    this.#precision = precision;
    this.#capacity = capacity;
    // The last run's steps may go on behind the model's last position.
    this.#nPositions = config.nPositions + made.length / config.nLayers;
    this.#past = past;
    this.#made = made;
  }

  /** Scores with a cap are of queries that are turned already. */
  rotates(layer: number) {
    const { attention } = this.#config;
    if (attention.scoreCap !== null && attention.layers[layer]!.rotation !== null) return 'before-looked-up';
    return rotatesGrouped(attention, layer);
  }

  attend(graph: Graph, heads: Heads, layer: number, lengths: StepLengths): string {
    const [past, made] = [this.#past[layer]!, this.#made[layer]!];
    const { attention } = this.#config;
    const { rotation } = attention.layers[layer]!;
    if (attention.scoreCap !== null) {
      const apart = { kind: 'apart', ...takeApart(graph, attention, heads) } as const;
      attendGrouped(graph, { ...attention, scoreCap: null }, layer, apart, past, lengths, made);
      return attendCapped(graph, attention, layer, apart.query, made, lengths, this.#capacity);
    }
    const tables =
      rotation === null
        ? this.#rotateByNothing(graph, heads)
        : this.rotates(layer) === 'inside'
          ? rotationTables(graph, rotation, this.#nPositions, this.#precision)
          : [];
    return attendGrouped(graph, attention, layer, heads, past, lengths, made, tables);
  }

  endStep(): void {
    const { nLayers } = this.#config;
    this.#past = this.#made.slice(0, nLayers);
    this.#made = this.#made.slice(nLayers);
  }

  /**
   * Cosines and sines of no angle, [positions, pairs]: x·1 − y·0 is x. Only where it rotates, the runtime takes the
   * fused QKV apart and writes the cache in one pass (docs/decisions/0010-unpromised.md). It rotates heads of whole
   * sixteens.
   */
  #rotateByNothing(graph: Graph, heads: Heads): readonly string[] {
    const { headWidth } = this.#config.attention;
    if (heads.kind === 'apart' || headWidth % 16 !== 0) return [];
    const shape = [this.#nPositions, headWidth / 2] as const;
    const FloatArray = this.#precision === 'float16' ? Float16Array : Float32Array;
    return [1, 0].map((value) => {
      const table = new FloatArray(shape[0] * shape[1]).fill(value);
      return graph.weight(`rotation:${value}`, this.#precision, shape, new Uint8Array(table.buffer));
    });
  }
}
