// An architecture for tests: its configuration is the description itself, and its tensors are called by what they are
// for. Says also how the tensors lie, which no description tells.

import type { Architecture } from '../../../server/sampling/decoder/architecture.ts';
import type {
  AttentionShape,
  DecoderShape,
  DecoderSpec,
} from '../../../server/sampling/decoder/decoder-spec.ts';
import {
  type LinearNames,
  type NormNames,
  ONE_FEED_FORWARD,
  type TensorName,
  type TensorNames,
} from '../../../server/sampling/decoder/decoder-table.ts';

export interface Lie {
  readonly layout?: 'in-out' | 'out-in';
  /** `by-group`: for each key head its queries, itself, and its values, one group after the other. */
  readonly qkv?: 'apart' | 'joint' | 'by-group';
  /** Those of the three that have a bias, where the description asks for biases; left out: all. */
  /** Gate and what goes up are one matrix, whose rows are taken apart. */
  readonly mlp?: 'joint';
  /** Rows before the table of positions, which nothing reads. */
  readonly nSparePositions?: number;
  readonly qkvBiases?: readonly ('query' | 'key' | 'value')[];
}

export interface PlainDecoder {
  readonly spec: DecoderSpec;
  readonly lie?: Lie;
}

/** What stands in config.json. */
export const plainConfig = (decoder: PlainDecoder) => ({
  model_type: 'plain',
  bos_token_id: decoder.spec.bosToken,
  eos_token_id: decoder.spec.eosTokens,
  decoder,
});

/** For one model: how its tensors lie is not known of others. */
export function plainArchitecture(): Architecture {
  let lie: Lie = {};
  return {
    modelTypes: ['plain'],
    prefix: 'model.',
    defaultTokens: { bos: null, eos: null },
    read(config) {
      const decoder = config.value('decoder') as PlainDecoder;
      lie = decoder.lie ?? {};
      return decoder.spec;
    },
    names: (spec) => namesOf(spec, lie),
  };
}

function namesOf({ nLayers, attention, biases, ...spec }: DecoderShape, lie: Lie): TensorNames {
  const { layout = 'out-in', qkvBiases = ['query', 'key', 'value'] } = lie;
  const norm = (name: string): NormNames => ({
    scale: `${name}.weight`,
    shift: biases.norms ? `${name}.bias` : null,
  });
  const linear = (name: string, hasBias: boolean): LinearNames => ({
    weight: `${name}.weight`,
    layout,
    bias: hasBias ? `${name}.bias` : null,
  });
  const qkv = (layer: string): TensorNames['layers'][number]['qkv'] => {
    const part = (name: 'query' | 'key' | 'value') =>
      linear(`${layer}.${name}`, biases.qkv && qkvBiases.includes(name));
    if ((lie.qkv ?? 'apart') === 'apart') {
      return { kind: 'apart', query: part('query'), key: part('key'), value: part('value') };
    }
    const headOrder = lie.qkv === 'by-group' ? orderByGroup(attention) : null;
    return { kind: 'joint', linear: linear(`${layer}.qkv`, biases.qkv), headOrder };
  };
  const hasNorms = attention.queryKeyNorm !== null;
  const isAround = spec.residual === 'norm-around';
  const isProjected = spec.embeddingWidth !== spec.width;
  const inner = (layer: string, name: 'gate' | 'up'): LinearNames => {
    if (lie.mlp !== 'joint') return linear(`${layer}.${name}`, biases.mlp);
    const { innerWidth } = spec.mlp;
    const rows = { firstRow: name === 'gate' ? 0 : innerWidth, nRows: 2 * innerWidth };
    const part = (what: string) => ({ name: `${layer}.gate_up.${what}`, ...rows });
    return { weight: part('weight'), layout: 'out-in', bias: biases.mlp ? part('bias') : null };
  };
  return {
    embedding: 'embedding.weight',
    embeddingProjection: isProjected ? linear('embedding_projection', false) : null,
    positions: spec.positions === 'learned' ? positionsOf(spec.nPositions, lie) : null,
    layers: Array.from({ length: nLayers }, (_, i) => {
      const layer = `layers.${i}`;
      return {
        attentionNorm: norm(`${layer}.attention_norm`),
        qkv: qkv(layer),
        queryNorm: hasNorms ? norm(`${layer}.query_norm`) : null,
        keyNorm: hasNorms ? norm(`${layer}.key_norm`) : null,
        output: linear(`${layer}.output`, biases.output),
        attentionEndNorm: isAround ? norm(`${layer}.attention_end_norm`) : null,
        mlpNorm: spec.residual === 'parallel-one-norm' ? null : norm(`${layer}.mlp_norm`),
        ...ONE_FEED_FORWARD,
        gate: spec.mlp.gated ? inner(layer, 'gate') : null,
        up: inner(layer, 'up'),
        down: linear(`${layer}.down`, biases.mlp),
        mlpEndNorm: isAround ? norm(`${layer}.mlp_end_norm`) : null,
      };
    }),
    finalNorm: spec.lastNorm === 'none' ? null : norm('final_norm'),
    headProjection: isProjected ? linear('head_projection', false) : null,
    head: {
      weight: 'head.weight',
      layout: 'out-in',
      bias: biases.head ? 'head.bias' : null,
    },
  };
}

function positionsOf(nPositions: number, { nSparePositions = 0 }: Lie): TensorName {
  const name = 'positions.weight';
  if (nSparePositions === 0) return name;
  return { name, firstRow: nSparePositions, nRows: nSparePositions + nPositions };
}

function orderByGroup({ nHeads, nKeyHeads }: AttentionShape): readonly number[] {
  const nQueries = nHeads / nKeyHeads;
  const group = nQueries + 2;
  const queries = Array.from(
    { length: nHeads },
    (_, head) => Math.floor(head / nQueries) * group + (head % nQueries),
  );
  const keys = Array.from({ length: nKeyHeads }, (_, head) => head * group + nQueries);
  return [...queries, ...keys, ...keys.map((place) => place + 1)];
}
