// What has to be fed to a decoder that was exported elsewhere, whatever its architecture: it is read from the
// graph's own inputs and outputs. Knows the exporters' names; knows no runtime.

import { UserError } from '../../errors.ts';
import type { Dimension } from '../onnx/onnx-graph.ts';
import { type GraphSignature, readSignature, type TensorSignature } from './onnx-signature.ts';

/** Plain data, to be sent to a thread. */
export interface ExportedDecoder {
  readonly path: string;
  /** Names of the inputs that are not the past. */
  readonly inputs: readonly string[];
  /** Empty where the graph only reads whole texts: it can score but not sample. */
  readonly past: readonly PastTensor[];
  readonly logitsType: 'float32' | 'float16';
  /** Null where the graph does not say how many tokens there are. */
  readonly vocabularySize: number | null;
}

/** An input, and the output that is fed to it in the next step. */
export interface PastTensor {
  readonly input: string;
  readonly output: string;
  readonly type: 'float32' | 'float16';
  readonly shape: readonly (number | 'rows' | 'positions')[];
}

/** Sizes of the heads of keys and values, which config.json may tell where the graph does not. */
export interface PastSizes {
  readonly nHeads: number | null;
  readonly headWidth: number | null;
}

/** Throws a UserError for inputs that are not known. */
export function readDecoder(path: string, sizes: PastSizes): ExportedDecoder {
  const signature = readSignature(path);
  const refuse = (why: string): never => {
    throw new UserError(`${path} cannot be used: ${why}.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  };
  const inputs: string[] = [];
  const past: PastTensor[] = [];
  for (const input of signature.inputs) {
    const expected = FED.get(input.name);
    if (expected === undefined) past.push(toPast(input, signature, sizes, refuse));
    else if (input.type !== expected) refuse(`its input ${input.name} is ${input.type} and not ${expected}`);
    else inputs.push(input.name);
  }
  if (!inputs.includes('input_ids')) refuse('it has no input input_ids');
  const logits = signature.outputs.find(({ name }) => name === 'logits');
  if (logits?.type !== 'float32' && logits?.type !== 'float16') return refuse('it gives no logits');
  const vocabularySize = logits.shape[2];
  return {
    path,
    inputs,
    past,
    logitsType: logits.type,
    vocabularySize: typeof vocabularySize === 'number' ? vocabularySize : null,
  };
}

/** Bytes that one position of one row takes in the past. */
export function bytesPerPosition({ past }: ExportedDecoder): number {
  return past.reduce((sum, { type, shape }) => {
    const sizes = shape.filter((size) => typeof size === 'number');
    return sum + (type === 'float32' ? 4 : 2) * sizes.reduce((product, size) => product * size, 1);
  }, 0);
}

const FED: ReadonlyMap<string, string> = new Map([
  ['input_ids', 'int64'],
  ['attention_mask', 'int64'],
  ['position_ids', 'int64'],
  ['use_cache_branch', 'bool'],
  ['num_logits_to_keep', 'int64'],
]);

/** The first dimension is that of rows; of the others one grows with the positions, and the rest are numbers. */
function toPast(
  { name, type, shape }: TensorSignature,
  { outputs }: GraphSignature,
  { nHeads, headWidth }: PastSizes,
  refuse: (why: string) => never,
): PastTensor {
  const output = name.replace(/^past_key_values\./, 'present.');
  if (output === name) refuse(`its input ${name} is not known`);
  if (!outputs.some((one) => one.name === output)) refuse(`it does not give ${output}, to be fed to ${name}`);
  if (type !== 'float32' && type !== 'float16') return refuse(`${name} is ${type}`);
  const isUnknown = (size: Dimension) => typeof size !== 'number';
  let rest = shape.slice(1);
  // Some exporters name every dimension: then the usual order is meant, [rows, heads, positions, width].
  if (shape.length === 4 && rest.filter(isUnknown).length > 1) {
    const [heads, positions, width] = rest;
    rest = [isUnknown(heads!) ? nHeads : heads!, positions!, isUnknown(width!) ? headWidth : width!];
  }
  if (shape.length < 3 || !isUnknown(shape[0]!) || rest.filter(isUnknown).length !== 1)
    return refuse(`it does not say the size of ${name}, [${shape.join(', ')}]`);
  const sizes = rest.map((size) => (typeof size === 'number' ? size : ('positions' as const)));
  return { input: name, output, type, shape: ['rows', ...sizes] };
}
