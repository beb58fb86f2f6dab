// A GGUF file's metadata as the configuration that transformers would give the same model, so that each architecture
// is read in one place; and the names of its tensors, which are the same for all architectures.

import type { Architecture } from '../decoder/architectures/architecture.ts';
import { findArchitecture } from '../decoder/architectures/index.ts';
import { ConfigFile } from '../decoder/config-file.ts';
import type { DecoderShape } from '../decoder/decoder-spec.ts';
import type { Linear, Norm, TensorNames } from '../decoder/decoder-table.ts';
import type { GgufFile, GgufValue } from './gguf-file.ts';

interface Family {
  /** transformers' `model_type`. */
  readonly modelType: string;
  /** Keys of the configuration, by those of the metadata without the architecture's name before them. */
  readonly keys: Readonly<Record<string, string>>;
  /** Whether queries and keys were stored so that neighbouring values turn together. */
  readonly turnsNeighbours?: boolean;
  readonly more?: (file: GgufFile) => Readonly<Record<string, unknown>>;
}

const COMMON = {
  block_count: 'num_hidden_layers',
  context_length: 'max_position_embeddings',
  embedding_length: 'hidden_size',
  feed_forward_length: 'intermediate_size',
  'attention.head_count': 'num_attention_heads',
  'rope.freq_base': 'rope_theta',
} as const;
const LLAMA_LIKE = {
  ...COMMON,
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.layer_norm_rms_epsilon': 'rms_norm_eps',
} as const;

/** Keyed by `general.architecture`. */
const FAMILIES: ReadonlyMap<unknown, Family> = new Map<unknown, Family>([
  [
    'llama',
    {
      modelType: 'llama',
      keys: { ...LLAMA_LIKE, 'attention.key_length': 'head_dim' },
      turnsNeighbours: true,
      more: ({ tensors }) => ({
        attention_bias: tensors.has('blk.0.attn_q.bias'),
        mlp_bias: tensors.has('blk.0.ffn_up.bias'),
      }),
    },
  ],
  ['qwen2', { modelType: 'qwen2', keys: LLAMA_LIKE }],
  ['qwen3', { modelType: 'qwen3', keys: { ...LLAMA_LIKE, 'attention.key_length': 'head_dim' } }],
  ['olmo2', { modelType: 'olmo2', keys: LLAMA_LIKE }],
  [
    'starcoder2',
    {
      modelType: 'starcoder2',
      keys: {
        ...COMMON,
        'attention.head_count_kv': 'num_key_value_heads',
        'attention.layer_norm_epsilon': 'norm_epsilon',
      },
      more: ({ tensors }) => ({ use_bias: tensors.has('blk.0.attn_q.bias') }),
    },
  ],
  [
    'gpt2',
    {
      modelType: 'gpt2',
      keys: {
        block_count: 'n_layer',
        context_length: 'n_positions',
        embedding_length: 'n_embd',
        feed_forward_length: 'n_inner',
        'attention.head_count': 'n_head',
        'attention.layer_norm_epsilon': 'layer_norm_epsilon',
      },
    },
  ],
]);

/** Metadata that says how a model is used, or repeats what its tensors say. */
const WITHOUT_EFFECT =
  /\.(vocab_size|rope\.dimension_count|attention\.value_length|tensor_data_layout|rope\.scaling\.(finetuned|attn_factor))$/;

export interface GgufDecoder {
  readonly shape: DecoderShape;
  readonly architecture: Architecture;
  /** The metadata as a configuration, for the model's identity. */
  readonly configText: string;
}

/** Throws a UserError that names the file and the key. `nTokens` is the size of its tokenizer. */
export function readGgufDecoder(
  file: GgufFile,
  factors: Float32Array | null,
  architectures: readonly Architecture[],
): GgufDecoder {
  const name = file.metadata.get('general.architecture');
  const family = FAMILIES.get(name);
  const refuse = new ConfigFile(file.path, {});
  if (family === undefined) {
    return refuse.fail(
      `the architecture ${JSON.stringify(name ?? null)} is not supported in GGUF files`,
      `Supported are ${[...FAMILIES.keys()].join(', ')}. Others may work from a folder with safetensors.`,
    );
  }
  const config = configOf(file, family, String(name), refuse);
  const configText = JSON.stringify(config);
  const reader = new ConfigFile(file.path, config);
  const own = findArchitecture(reader, architectures);
  let shape = own.read(reader);
  if (family.turnsNeighbours || factors !== null) shape = withRotation(shape, family, factors, refuse);
  return {
    shape,
    configText,
    architecture: { ...own, prefix: '', names: (of) => ggufNames(of, (tensor) => file.tensors.has(tensor)) },
  };
}

function configOf(
  { metadata, tensors, path }: GgufFile,
  { modelType, keys, more }: Family,
  prefix: string,
  refuse: ConfigFile,
): Record<string, unknown> {
  const config: Record<string, unknown> = { model_type: modelType };
  for (const [key, value] of metadata) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const own = key.slice(prefix.length + 1);
    const known = keys[own];
    if (known !== undefined) config[known] = plain(value);
    else if (!WITHOUT_EFFECT.test(key) && !own.startsWith('rope.scaling.')) {
      refuse.fail(
        `the key "${key}" is unknown, and it could change what the model computes`,
        'Choose another file of the model.',
      );
    }
  }
  const scaling = scalingOf(metadata, prefix, refuse);
  const embedding = tensors.get('token_embd.weight');
  return {
    ...config,
    ...(scaling === null ? {} : { rope_scaling: scaling }),
    ...more?.({ metadata, tensors, path, nBytes: 0 }),
    vocab_size: embedding?.shape[0] ?? null,
    bos_token_id: plain(metadata.get('tokenizer.ggml.bos_token_id') ?? null),
    eos_token_id: endTokens(metadata),
    tie_word_embeddings: !tensors.has('output.weight'),
  };
}

/** The end of a text, and of a turn or a line where the model was taught such. */
function endTokens(metadata: GgufFile['metadata']): unknown {
  const ends = ['eos', 'eot', 'eom'].map((name) =>
    plain(metadata.get(`tokenizer.ggml.${name}_token_id`) ?? null),
  );
  const distinct = [...new Set(ends.filter((token) => token !== null))];
  return distinct.length === 0 ? null : distinct;
}

function scalingOf(
  metadata: GgufFile['metadata'],
  prefix: string,
  refuse: ConfigFile,
): Record<string, unknown> | null {
  const value = (key: string) => plain(metadata.get(`${prefix}.rope.scaling.${key}`) ?? null);
  const type = value('type');
  if (type === null || type === 'none') return null;
  if (type === 'linear') return { rope_type: 'linear', factor: value('factor') };
  if (type !== 'yarn') return refuse.fail(`the rotation's scaling ${JSON.stringify(type)} is not supported`);
  return {
    rope_type: 'yarn',
    factor: value('factor'),
    original_max_position_embeddings: value('original_context_length'),
  };
}

/** Whole numbers may be stored in 64 bits. */
const plain = (value: GgufValue | null): unknown =>
  typeof value === 'bigint' ? Number(value) : Array.isArray(value) ? value.map(plain) : value;

/** Llama's converter reorders queries and keys, so that neighbours turn; `factors` divide the frequencies. */
function withRotation(
  spec: DecoderShape,
  { turnsNeighbours = false }: Family,
  factors: Float32Array | null,
  refuse: ConfigFile,
): DecoderShape {
  const layers = spec.attention.layers.map((layer) => {
    const { rotation } = layer;
    if (rotation === null) return layer;
    if (factors !== null && factors.length !== rotation.frequencies.length) {
      refuse.fail(
        `rope_freqs.weight has ${factors.length} values for ${rotation.frequencies.length} frequencies`,
      );
    }
    const frequencies = rotation.frequencies.map((frequency, i) =>
      Math.fround(frequency / (factors?.[i] ?? 1)),
    );
    return {
      ...layer,
      rotation: {
        ...rotation,
        frequencies,
        pairs: turnsNeighbours ? ('neighbours' as const) : rotation.pairs,
      },
    };
  });
  return { ...spec, attention: { ...spec.attention, layers } };
}

function ggufNames(spec: DecoderShape, has: (name: string) => boolean): TensorNames {
  const norm = (name: string): Norm<string> => ({
    scale: `${name}.weight`,
    shift: spec.biases.norms ? `${name}.bias` : null,
  });
  const linear = (name: string, hasBias: boolean): Linear<string> => ({
    weight: `${name}.weight`,
    layout: 'out-in',
    bias: hasBias ? `${name}.bias` : null,
  });
  const { biases, attention, mlp, residual } = spec;
  const isAfter = residual === 'norm-after';
  return {
    embedding: 'token_embd.weight',
    embeddingProjection: null,
    positions: spec.positions === 'learned' ? 'position_embd.weight' : null,
    layers: Array.from({ length: spec.nLayers }, (_, layer) => {
      const name = (part: string) => `blk.${layer}.${part}`;
      return {
        attentionNorm: norm(name(isAfter ? 'post_attention_norm' : 'attn_norm')),
        qkv: has(name('attn_qkv.weight'))
          ? { kind: 'joint' as const, linear: linear(name('attn_qkv'), biases.qkv), headOrder: null }
          : {
              kind: 'apart' as const,
              query: linear(name('attn_q'), biases.qkv),
              key: linear(name('attn_k'), biases.qkv),
              value: linear(name('attn_v'), biases.qkv),
            },
        queryNorm:
          attention.queryKeyNorm === null ? null : { scale: name('attn_q_norm.weight'), shift: null },
        keyNorm: attention.queryKeyNorm === null ? null : { scale: name('attn_k_norm.weight'), shift: null },
        output: linear(name('attn_output'), biases.output),
        attentionEndNorm: null,
        mlpNorm: residual === 'parallel-one-norm' ? null : norm(name(isAfter ? 'post_ffw_norm' : 'ffn_norm')),
        gate: mlp.gated ? linear(name('ffn_gate'), biases.mlp) : null,
        up: linear(name('ffn_up'), biases.mlp),
        down: linear(name('ffn_down'), biases.mlp),
        mlpEndNorm: null,
      };
    }),
    finalNorm: norm('output_norm'),
    headProjection: null,
    head: linear('output', biases.head),
  };
}
