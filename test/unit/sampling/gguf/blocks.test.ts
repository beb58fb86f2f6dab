// Quantized blocks hold the numbers that ggml's own Python reads in them (test/fixtures/gguf/make.py).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BLOCKS, type BlockType, typeName } from '../../../../server/sampling/gguf/gguf-blocks.ts';

const cases: Readonly<Record<string, { readonly bytes: string; readonly values: readonly number[] }>> =
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/gguf/blocks.json'), 'utf8'));

test('every quantized type has a case', () => {
  const quantized = Object.entries(BLOCKS).filter(([, { unpack }]) => unpack !== null);
  assert.deepEqual(quantized.map(([name]) => name).toSorted(), Object.keys(cases).toSorted());
});

for (const [name, { bytes, values }] of Object.entries(cases)) {
  test(name, () => {
    const { code, nBytes, nValues, unpack } = BLOCKS[name as BlockType];
    assert.equal(typeName(code), name);
    const raw = Buffer.from(bytes, 'hex');
    const found = [0, 1, 2].flatMap((block) => {
      const out = new Float32Array(nValues);
      unpack!(new DataView(raw.buffer, raw.byteOffset + block * nBytes, nBytes), out);
      return [...out];
    });
    assert.deepEqual(found, values);
  });
}
