// One pass over all weights that yields their digest and finds numbers that are none: a NaN or an infinity
// would otherwise show up as nonsense text, hours later.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import type { Weight, WeightType } from './safetensors.ts';

/** SHA-256 in hex over name, type, shape and bytes of each. Throws a UserError at a weight that is not finite. */
export async function digestWeights(weights: readonly Weight[]): Promise<string> {
  const hash = createHash('sha256');
  const blocks = blocksOf(weights);
  // The next block is read while one is hashed.
  let ahead = blocks.next();
  try {
    for (;;) {
      const { value, done } = await ahead;
      if (done) return hash.digest('hex');
      ahead = blocks.next();
      ahead.catch(() => {}); // Its failure belongs to the next turn.
      const { weight, bytes, isFirst } = value;
      if (isFirst) hash.update(JSON.stringify([weight.name, weight.type, weight.shape]));
      hash.update(bytes);
      if (!areFinite(bytes, weight.type)) throw unusable(weight, 'it holds NaN or infinity');
    }
  } finally {
    await blocks.return(undefined);
  }
}

interface Block {
  readonly weight: Weight;
  /** Overwritten by the next but one. */
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
}

async function* blocksOf(weights: readonly Weight[]): AsyncGenerator<Block, undefined> {
  let [block, other] = [new Uint8Array(BLOCK_BYTES), new Uint8Array(BLOCK_BYTES)];
  for (const weight of weights) {
    await using handle = await open(weight.file);
    for (let done = 0, isFirst = true; isFirst || done < weight.nBytes; isFirst = false) {
      const wanted = Math.min(BLOCK_BYTES, weight.nBytes - done);
      const { bytesRead } = await handle.read(block, 0, wanted, weight.byteOffset + done);
      if (bytesRead === 0 && wanted > 0) throw unusable(weight, 'the file ends inside it');
      yield { weight, bytes: block.subarray(0, bytesRead), isFirst };
      done += bytesRead;
      [block, other] = [other, block];
    }
  }
}

const BLOCK_BYTES = 4 << 20;

/** All exponent bits set means NaN or infinity, in each of the three formats. */
function areFinite({ buffer, length: nBytes }: Uint8Array, type: WeightType): boolean {
  if (type === 'float32') {
    const words = new Uint32Array(buffer, 0, nBytes >> 2);
    for (let i = 0; i < words.length; i++) if ((words[i]! & 0x7f800000) === 0x7f800000) return false;
    return true;
  }
  const exponent = type === 'float16' ? 0x7c00 : 0x7f80;
  const words = new Uint16Array(buffer, 0, nBytes >> 1);
  for (let i = 0; i < words.length; i++) if ((words[i]! & exponent) === exponent) return false;
  return true;
}

function unusable(weight: Weight, why: string): UserError {
  return new UserError(`${weight.file}: the weight ${weight.name} cannot be used: ${why}.`, {
    action: 'Download or copy the model again; if it was trained this way, it cannot be sampled.',
  });
}
