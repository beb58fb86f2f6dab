// Writes small checkpoints with random weights for the sampler's tests: of any architecture, since sizes and names
// come from where the sampler takes them, with every option that changes the mathematics, and every stored type.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../../../server/sampling/decoder/architecture.ts';
import { ARCHITECTURES, findArchitecture } from '../../../server/sampling/decoder/architectures/index.ts';
import { ConfigFile } from '../../../server/sampling/decoder/config-file.ts';
import type { DecoderShape } from '../../../server/sampling/decoder/decoder-spec.ts';
import {
  linearsOf,
  mapTable,
  normsOf,
  storedName,
  type TensorName,
  type TensorNames,
} from '../../../server/sampling/decoder/decoder-table.ts';
import { type PlainDecoder, plainArchitecture, plainConfig } from './plain-architecture.ts';
import { TINY_CONFIG, TINY_CONFIGS } from './tiny-configs.ts';

type Dtype = 'F32' | 'F16' | 'BF16';

export interface RandomCheckpoint {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly dtype?: Dtype;
  readonly seed?: number;
}

/** What `openCheckpoint` needs to open whatever is written here. */
export const testArchitectures = (): readonly Architecture[] => [...ARCHITECTURES, plainArchitecture()];

/** Changes of the tiny configuration of their `model_type`, GPT-2's where none is said. Gives back the folder. */
export function writeRandomCheckpoint(
  dir: string,
  { config, dtype = 'F32', seed = 1 }: RandomCheckpoint = {},
): string {
  const tiny = TINY_CONFIGS[String(config?.model_type ?? TINY_CONFIG.model_type)];
  return writeFolder(dir, { ...tiny, ...config }, dtype, seed);
}

/** A decoder that no architecture has, from its description alone. */
export function writePlainDecoder(dir: string, decoder: PlainDecoder, dtype: Dtype = 'F32'): string {
  return writeFolder(dir, plainConfig(decoder), dtype, 1);
}

/** A checkpoint but for its weights: configuration and tokenizer. */
export function writeWithoutWeights(dir: string, config: object): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  const { spec } = readConfig(config);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(byteTokenizer(spec.vocabularySize)));
}

function writeFolder(dir: string, config: object, dtype: Dtype, seed: number): string {
  writeWithoutWeights(dir, config);
  writeFileSync(join(dir, 'model.safetensors'), encodeSafetensors(randomTensors(config, seed), dtype));
  return dir;
}

function readConfig(config: object) {
  const file = new ConfigFile('config.json', JSON.stringify(config));
  const architecture = findArchitecture(file, testArchitectures());
  return { architecture, spec: architecture.read(file) };
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers lie around the centre, and none of them three spreads away from it. */
  readonly spread: number;
  readonly centre: number;
}

/** Those of the model that a configuration tells, in the order in which the sampler asks for them. */
export function plannedTensors(config: object): readonly PlannedTensor[] {
  const { architecture, spec } = readConfig(config);
  const names = architecture.names(spec);
  const tensors: PlannedTensor[] = [];
  const spreadOf = spreads(spec, names);
  mapTable(spec, names, (name, shape) => {
    const isOfHead = name === names.head.weight || name === names.head.bias;
    if (name === names.head.weight && spec.head === 'tied') return;
    const stored = storedName(name);
    const fullName = isOfHead ? stored : architecture.prefix + stored;
    const wholeShape = typeof name === 'string' ? shape : [name.nRows, ...shape.slice(1)];
    if (tensors.some((other) => other.name === fullName)) return;
    tensors.push({ name: fullName, shape: wholeShape, ...spreadOf(name, shape) });
  });
  return tensors;
}

export function randomTensors(config: object, seed: number): readonly NamedTensor[] {
  const next = mulberry32(seed);
  return plannedTensors(config).map(({ name, shape, spread, centre }) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) {
      values[i] = centre + spread * 2 * (next() + next() + next() - 1.5);
    }
    return { name, shape, values };
  });
}

/** How far numbers spread, so that every part of the formula shows in the logits. */
function spreads({ norm }: DecoderShape, names: TensorNames) {
  const linears = new Map(linearsOf(names).map((linear) => [linear.weight, linear]));
  const scales = new Set<TensorName>(normsOf(names).map(({ scale }) => scale));
  return (
    name: TensorName,
    shape: readonly number[],
  ): { readonly spread: number; readonly centre: number } => {
    if (name === names.embedding || name === names.head.weight) {
      return { spread: 0.35, centre: 0 };
    }
    if (name === names.positions) return { spread: 0.1, centre: 0 };
    if (scales.has(name)) return { spread: 0.1, centre: norm.factor === 'weight' ? 1 : 0 };
    const linear = linears.get(name);
    if (linear === undefined) return { spread: 0.05, centre: 0 };
    return { spread: 1.5 / Math.sqrt(shape[linear.layout === 'in-out' ? 0 : 1]!), centre: 0 };
  };
}

export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  dtype: 'F64' | 'F32' | 'F16' | 'BF16',
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const bytes = encodeValues(values, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  let text = JSON.stringify(header);
  text += ' '.repeat(-text.length & 7);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Buffer.concat([length, Buffer.from(text), ...parts]);
}

/** Bytes as single tokens in GPT-2's order of characters, and one special token at the end. */
export function byteTokenizer(nTokens: number) {
  const vocab: Record<string, number> = {};
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    vocab[String.fromCharCode(prints ? byte : next++)] = byte;
  }
  const merges: string[] = [];
  const letters = [...'etaoinshrdlu'];
  for (const [i, first] of letters.entries()) {
    for (const second of letters.slice(i)) {
      if (256 + merges.length >= nTokens - 1) break;
      vocab[first + second] = 256 + merges.length;
      merges.push(`${first} ${second}`);
    }
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: nTokens - 1,
        content: '<|endoftext|>',
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  };
}

function encodeValues(values: Float32Array, dtype: 'F64' | 'F32' | 'F16' | 'BF16'): Uint8Array {
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  if (dtype === 'F16') return new Uint8Array(Float16Array.from(values).buffer);
  const words = new Uint32Array(values.buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
