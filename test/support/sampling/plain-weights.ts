// All weights of a checkpoint as numbers, for a second implementation to compute with.

import { readFileSync } from 'node:fs';
import { type DecoderTable, mapTable } from '../../../server/sampling/decoder/decoder-table.ts';
import type { Checkpoint } from '../../../server/sampling/model/checkpoint.ts';
import type { Weight } from '../../../server/sampling/weights/safetensors.ts';
import type { PlainTensor } from '../../oracle/plain-decoder.ts';

export function readPlainWeights({ config, weights }: Checkpoint): DecoderTable<PlainTensor> {
  return mapTable(config, weights, (tensor) => ({ shape: tensor.shape, values: readValues(tensor) }));
}

/** The values that are stored, widened to 32 bits. */
function readValues({ file, byteOffset, nBytes, type }: Weight): Float32Array {
  const bytes = new Uint8Array(readFileSync(file).subarray(byteOffset, byteOffset + nBytes));
  if (type === 'float32') return new Float32Array(bytes.buffer);
  if (type === 'float16') return Float32Array.from(new Float16Array(bytes.buffer));
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), (word) => word << 16).buffer);
}
