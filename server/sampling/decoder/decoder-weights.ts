// Finds a decoder's tensors in a checkpoint by the names that its architecture gives them. Knows no graph.

import { open } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Weight } from '../weights/safetensors.ts';
import type { Architecture } from './architectures/architecture.ts';
import type { DecoderSpec } from './decoder-spec.ts';
import { type DecoderTable, linearsOf, mapTable, type Norm, type TensorNames } from './decoder-table.ts';

export interface StoredTensor extends Weight {
  /** Its name without a prefix, such as `h.0.attn.c_attn.weight`, whatever the checkpoint puts before it. */
  readonly bareName: string;
}

export type DecoderWeights = DecoderTable<StoredTensor>;

/** Picks and checks what the architecture needs; other tensors, such as stored masks, are left alone. */
export async function selectWeights(
  dir: string,
  spec: DecoderSpec,
  { prefix, names }: Architecture,
  all: readonly Weight[],
): Promise<DecoderWeights> {
  const byName = new Map<string, Weight>();
  for (const weight of all) {
    const { name } = weight;
    byName.set(name.startsWith(prefix) ? name.slice(prefix.length) : name, weight);
  }
  const own = names(spec);
  refuseBiases(dir, own, byName);
  const table = (await isTied(spec, own, byName))
    ? { ...own, head: { weight: own.embedding, layout: 'out-in', bias: own.head.bias } as const }
    : own;
  return mapTable(spec, table, (bareName, shape) => {
    const weight = byName.get(bareName);
    if (weight === undefined) {
      throw new UserError(`${dir}: the weight ${bareName} is missing.`, {
        action: 'Download or copy the model again, with every file that belongs to it.',
      });
    }
    if (weight.shape.join() !== shape.join()) {
      throw new UserError(
        `${weight.file}: ${weight.name} has the shape [${weight.shape.join(', ')}], ` +
          `and config.json asks for [${shape.join(', ')}].`,
        { action: 'Use the config.json and the weights of the same model.' },
      );
    }
    return { ...weight, bareName };
  });
}

/** Each once, in the table's order; a tied head is the embedding. */
export function tensorsOf(weights: DecoderWeights): readonly StoredTensor[] {
  const tensors = new Map<string, StoredTensor>();
  const add = (...some: readonly (StoredTensor | null)[]) => {
    for (const tensor of some) if (tensor !== null) tensors.set(tensor.bareName, tensor);
  };
  const addNorm = (norm: Norm<StoredTensor> | null) => add(norm?.scale ?? null, norm?.shift ?? null);
  add(weights.embedding, weights.positions);
  for (const layer of weights.layers) {
    const { qkv } = layer;
    addNorm(layer.attentionNorm);
    for (const { weight, bias } of qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value])
      add(weight, bias);
    addNorm(layer.queryNorm);
    addNorm(layer.keyNorm);
    add(layer.output.weight, layer.output.bias);
    addNorm(layer.mlpNorm);
    for (const linear of [layer.gate, layer.up, layer.down]) if (linear) add(linear.weight, linear.bias);
  }
  addNorm(weights.finalNorm);
  add(weights.head.weight, weights.head.bias);
  return [...tensors.values()];
}

/** The closest folder above all the files: links are resolved, so shards may lie in several. */
export function folderAbove(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    if (folder === dirname(folder)) {
      throw new UserError(`${files.join(' and ')} lie on different drives.`, {
        action: 'Set XDG_CACHE_HOME to a folder on the drive of the model.',
      });
    }
    folder = dirname(folder);
  }
  return folder;
}

/** A checkpoint that says so and holds another head all the same has a head of its own, as it has in transformers. */
async function isTied(
  { head }: DecoderSpec,
  names: TensorNames,
  byName: ReadonlyMap<string, Weight>,
): Promise<boolean> {
  if (head === 'own') return false;
  const stored = byName.get(names.head.weight);
  const embedding = byName.get(names.embedding);
  if (stored === undefined || embedding === undefined) return true;
  return areSameBytes(stored, embedding);
}

async function areSameBytes(one: Weight, other: Weight): Promise<boolean> {
  if (one.file === other.file && one.byteOffset === other.byteOffset) return true;
  if (one.type !== other.type || one.nBytes !== other.nBytes) return false;
  await using first = await open(one.file);
  await using second = await open(other.file);
  const blocks = [Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES)] as const;
  for (let done = 0; done < one.nBytes; done += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, one.nBytes - done);
    await first.read(blocks[0], 0, length, one.byteOffset + done);
    await second.read(blocks[1], 0, length, other.byteOffset + done);
    if (!blocks[0].subarray(0, length).equals(blocks[1].subarray(0, length))) return false;
  }
  return true;
}

const BLOCK_BYTES = 4 << 20;

/** A bias that the configuration does not know of would be left out of every sum, and nobody would see it. */
function refuseBiases(dir: string, names: TensorNames, byName: ReadonlyMap<string, Weight>): void {
  const norms = names.layers.flatMap(({ attentionNorm, mlpNorm }) => [attentionNorm, mlpNorm]);
  const parts = [
    ...norms.map((norm) => norm && { weight: norm.scale, bias: norm.shift }),
    { weight: names.finalNorm.scale, bias: names.finalNorm.shift },
    ...linearsOf(names),
  ];
  for (const part of parts) {
    if (part === null || part.bias !== null) continue;
    const bias = part.weight.replace(/\.weight$/, '.bias');
    if (bias !== part.weight && byName.has(bias)) {
      throw new UserError(`${dir}: config.json says there is no ${bias}, and the weights hold it.`, {
        action: 'Use the config.json and the weights of the same model.',
      });
    }
  }
}
