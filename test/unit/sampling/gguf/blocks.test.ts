// Quantized blocks hold the numbers that ggml's own Python reads in them (test/fixtures/gguf/make.py).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  BLOCKS,
  type PackedType,
  typeName,
  unpackBlocks,
} from '../../../../server/sampling/weights/quantized-blocks.ts';

const cases: Readonly<Record<string, { readonly bytes: string; readonly values: readonly number[] }>> =
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/gguf/blocks.json'), 'utf8'));

test('every quantized type has a case', () => {
  const quantized = Object.entries(BLOCKS).filter(([, { groups }]) => groups !== null);
  assert.deepEqual(quantized.map(([name]) => name).toSorted(), Object.keys(cases).toSorted());
});

for (const [name, { bytes, values }] of Object.entries(cases)) {
  test(name, () => {
    const { code, nValues } = BLOCKS[name as PackedType];
    assert.equal(typeName(code), name);
    const raw = Buffer.from(bytes, 'hex');
    const found = new Float32Array(3 * nValues);
    unpackBlocks(name as PackedType, new DataView(raw.buffer, raw.byteOffset, raw.length), found);
    assert.deepEqual([...found], values);
  });
}
