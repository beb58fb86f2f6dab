// Finds a decoder's tensors in a checkpoint by the names that its architecture gives them. Knows no graph.

import { open } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { UserError } from '../../errors.ts';
import { explainMissing } from '../weights/explain-missing.ts';
import type { Weight } from '../weights/safetensors.ts';
import type { Architecture } from './architecture.ts';
import type { DecoderShape } from './decoder-spec.ts';
import {
  type DecoderTable,
  type Linear,
  linearsOf,
  mapTable,
  type Norm,
  normsOf,
  type RowsOfTensor,
  storedName,
  type TensorName,
  type TensorNames,
} from './decoder-table.ts';

export interface StoredTensor extends Weight {
  /** Its name without a prefix, such as `h.0.attn.c_attn.weight`, whatever the checkpoint puts before it. */
  readonly bareName: string;
}

export type DecoderWeights = DecoderTable<StoredTensor>;

/** Picks and checks what the architecture needs; other tensors, such as stored masks, are left alone. */
export async function selectWeights(
  dir: string,
  spec: DecoderShape,
  architecture: Architecture,
  all: readonly Weight[],
): Promise<DecoderWeights> {
  const byName = new Map(all.map((weight) => [bareNameOf(weight.name, architecture), weight]));
  const own = architecture.names(spec);
  refuseBiases(dir, own, byName);
  const isHere = (name: TensorName) => byName.has(storedName(name));
  // A tied pair may have been saved as either of the two.
  const shared = !isHere(own.embedding) && isHere(own.head.weight) ? own.head.weight : own.embedding;
  const table = (await isTied(spec, own, byName))
    ? { ...own, embedding: shared, head: { weight: shared, layout: 'out-in', bias: own.head.bias } as const }
    : own;
  const missing: string[] = [];
  mapTable(spec, table, (name) => isHere(name) || missing.push(storedName(name)));
  if (missing.length > 0) throw await explainMissing(dir, missing[0]!);
  return mapTable(spec, table, (name, shape) => {
    const weight = byName.get(storedName(name))!;
    const wanted = typeof name === 'string' ? shape : [name.nRows, ...shape.slice(1)];
    if (weight.shape.join() !== wanted.join()) {
      throw new UserError(
        `${weight.file}: ${weight.name} has the shape [${weight.shape.join(', ')}], ` +
          `and config.json asks for [${wanted.join(', ')}].`,
        { action: 'Use the config.json and the weights of the same model.' },
      );
    }
    return typeof name === 'string' ? { ...weight, bareName: name } : takeRows(weight, name, shape);
  });
}

/** Rows of a tensor lie one after the other, so some of them are a tensor as well. */
function takeRows(
  weight: Weight,
  { name, firstRow, nRows }: RowsOfTensor,
  shape: readonly number[],
): StoredTensor {
  const rowBytes = weight.nBytes / nRows;
  const place = {
    byteOffset: weight.byteOffset + firstRow * rowBytes,
    nBytes: shape[0]! * rowBytes,
  };
  const rows = `[${firstRow}:${firstRow + shape[0]!}]`;
  const { packed } = weight;
  const packedRow = packed === undefined ? 0 : packed.nBytes / nRows;
  const own = packed && {
    packed: {
      ...packed,
      byteOffset: packed.byteOffset + firstRow * packedRow,
      nBytes: shape[0]! * packedRow,
    },
  };
  return { ...weight, ...place, ...own, shape, name: `${weight.name}${rows}`, bareName: `${name}${rows}` };
}

/** What PyTorch's wrappers for training put before every name. */
const WRAPPERS = /^(?:module\.|_orig_mod\.|_forward_module\.)+/;

/** A tensor's name as its architecture's file has it. */
function bareNameOf(name: string, architecture: Architecture): string {
  const { prefix, otherPrefixes = [], otherNames = {} } = architecture;
  const unwrapped = name.replace(WRAPPERS, '');
  const found = [prefix, ...otherPrefixes].find((one) => unwrapped.startsWith(one)) ?? '';
  const bare = unwrapped.slice(found.length);
  return Object.hasOwn(otherNames, bare) ? otherNames[bare]! : bare;
}

/** Each once, in the table's order; a tied head is the embedding. */
export function tensorsOf(weights: DecoderWeights): readonly StoredTensor[] {
  const tensors = new Map<string, StoredTensor>();
  const add = (...some: readonly (StoredTensor | null)[]) => {
    for (const tensor of some) if (tensor !== null) tensors.set(tensor.bareName, tensor);
  };
  const addNorm = (norm: Norm<StoredTensor> | null) => add(norm?.scale ?? null, norm?.shift ?? null);
  const addLinear = (linear: Linear<StoredTensor> | null) =>
    add(linear?.weight ?? null, linear?.bias ?? null);
  add(weights.embedding, weights.positions);
  addLinear(weights.embeddingProjection);
  for (const layer of weights.layers) {
    const { qkv } = layer;
    addNorm(layer.attentionNorm);
    for (const linear of qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value])
      addLinear(linear);
    addNorm(layer.queryNorm);
    addNorm(layer.keyNorm);
    addLinear(layer.output);
    addNorm(layer.attentionEndNorm);
    addNorm(layer.mlpNorm);
    addLinear(layer.router);
    for (const { gate, up, down } of [layer, ...layer.otherExperts])
      for (const linear of [gate, up, down]) addLinear(linear);
    addNorm(layer.mlpEndNorm);
  }
  addNorm(weights.finalNorm);
  addLinear(weights.headProjection);
  addLinear(weights.head);
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
  { head }: DecoderShape,
  names: TensorNames,
  byName: ReadonlyMap<string, Weight>,
): Promise<boolean> {
  if (head === 'own') return false;
  const stored = byName.get(storedName(names.head.weight));
  const embedding = byName.get(storedName(names.embedding));
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
  const parts = [
    ...normsOf(names).map(({ scale, shift }) => ({ weight: scale, bias: shift })),
    ...linearsOf(names),
  ];
  for (const part of parts) {
    if (part.bias !== null) continue;
    const weight = storedName(part.weight);
    const bias = weight.replace(/\.weight$/, '.bias');
    if (bias !== weight && byName.has(bias)) {
      throw new UserError(`${dir}: config.json says there is no ${bias}, and the weights hold it.`, {
        action: 'Use the config.json and the weights of the same model.',
      });
    }
  }
}

/** How many numbers the weights are, each tensor counted once. */
export const countNumbers = (weights: DecoderWeights): number =>
  tensorsOf(weights).reduce((sum, { shape }) => sum + shape.reduce((all, size) => all * size, 1), 0);
