// With the first tensor as it is, and with the others quantized, so that blocks are unpacked, too.

import { ARCHITECTURES } from '../../../server/sampling/decoder/architectures/index.ts';
import { openGguf } from '../../../server/sampling/gguf/open-gguf.ts';
import { METADATA, TENSORS } from '../../support/sampling/tiny-gguf.ts';
import { encodeGguf } from '../../support/sampling/write-gguf.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const Q8_0 = 8;
const packed = TENSORS.map((tensor, i) => {
  const nValues = tensor.values.length;
  if (i === 0 || tensor.shape.length < 2 || tensor.shape.at(-1)! % 32 !== 0) return tensor;
  return { ...tensor, type: Q8_0, values: new Uint8Array((nValues / 32) * 34).fill(1) };
});

export const harness: Harness = {
  fileName: 'model.gguf',
  seeds: () => [encodeGguf(METADATA, TENSORS), encodeGguf(METADATA, packed)],
  read: (_, file) => outcomeOf(() => openGguf(file, ARCHITECTURES)),
  isDamage: () => true,
};
