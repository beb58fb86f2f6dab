// A GGUF file's metadata as the configuration that transformers would give the same model, so that each architecture
// is read in one place.

import type { Architecture } from '../decoder/architecture.ts';
import { findArchitecture } from '../decoder/architectures/index.ts';
import { ConfigFile } from '../decoder/config-file.ts';
import type { DecoderShape } from '../decoder/decoder-spec.ts';
import { FAMILIES, type Family } from './gguf-families.ts';
import type { GgufFile, GgufValue } from './gguf-file.ts';
import { ggufNames } from './gguf-names.ts';

/** Metadata that says how a model is used, or repeats what its tensors say. */
const WITHOUT_EFFECT =
  /\.(vocab_size|rope\.dimension_count|attention\.value_length|tensor_data_layout|rope\.scaling\.finetuned)$/;

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
  const told = own.read(reader);
  refuseOtherRotation(file, String(name), told, refuse);
  const turned =
    family.turnsNeighbours || factors !== null ? withRotation(told, family, factors, refuse) : told;
  const shape: DecoderShape = family.storesWholeNorms
    ? { ...turned, norm: { ...turned.norm, factor: 'weight' } }
    : turned;
  return {
    shape,
    configText,
    architecture: {
      ...own,
      prefix: '',
      names: (of) => ggufNames(of, family.joinsGate ?? false, (tensor) => file.tensors.has(tensor)),
    },
  };
}

function configOf(
  file: GgufFile,
  { modelType, keys, more }: Family,
  prefix: string,
  refuse: ConfigFile,
): Record<string, unknown> {
  const { metadata, tensors } = file;
  const config: Record<string, unknown> = { model_type: modelType };
  for (const [key, value] of metadata) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const own = key.slice(prefix.length + 1);
    const known = keys[own];
    if (typeof known === 'string') config[known] = plain(value);
    else if (known !== null && !WITHOUT_EFFECT.test(key) && !SCALING.has(own)) {
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
    ...more?.((key) => metadata.get(`${prefix}.${key}`) ?? null, file),
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
  for (const key of ['attn_factor', 'yarn_ext_factor', 'yarn_attn_factor']) {
    if (![null, 1].includes(value(key) as number | null))
      refuse.fail(`"${prefix}.rope.scaling.${key}": ${value(key)} is not supported`);
  }
  const type = value('type');
  if (type === null || type === 'none') return null;
  if (type === 'linear') return { rope_type: 'linear', factor: value('factor') };
  if (type !== 'yarn') return refuse.fail(`the rotation's scaling ${JSON.stringify(type)} is not supported`);
  return {
    rope_type: 'yarn',
    factor: value('factor'),
    original_max_position_embeddings: value('original_context_length'),
    ...(value('yarn_beta_fast') === null ? {} : { beta_fast: value('yarn_beta_fast') }),
    ...(value('yarn_beta_slow') === null ? {} : { beta_slow: value('yarn_beta_slow') }),
  };
}

const SCALING: ReadonlySet<string> = new Set(
  ['type', 'factor', 'original_context_length', 'attn_factor']
    .concat(['yarn_ext_factor', 'yarn_attn_factor', 'yarn_beta_fast', 'yarn_beta_slow'])
    .map((key) => `rope.scaling.${key}`),
);

/** A file that says how much of a head turns must mean what its architecture does. */
function refuseOtherRotation(
  { metadata }: GgufFile,
  prefix: string,
  { attention }: DecoderShape,
  refuse: ConfigFile,
): void {
  const said = metadata.get(`${prefix}.rope.dimension_count`);
  const rotation = attention.layers.find((layer) => layer.rotation !== null)?.rotation;
  if (said === undefined || !rotation) return;
  const width = 2 * rotation.frequencies.length;
  if (Number(said) !== width)
    refuse.fail(
      `"${prefix}.rope.dimension_count" is ${said}, and the architecture turns ${width} values of a head`,
    );
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
