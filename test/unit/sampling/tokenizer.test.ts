// Encoding against the tokenizers library's own output, and decoding as its inverse on any bytes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEncoder } from '../../../server/sampling/tokenizer/encode-text.ts';
import { buildTokenBytes, decodeTokens } from '../../../server/sampling/tokenizer/token-bytes.ts';
import { readTokenizer } from '../../../server/sampling/tokenizer/tokenizer-file.ts';
import { runs } from '../../support/in-ci.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/models');
const references: readonly { readonly text: string; readonly tokens: readonly number[] }[] = JSON.parse(
  readFileSync(join(ROOT, 'tokenizer-reference.json'), 'utf8'),
);

for (const folder of ['plain', 'older-tokenizer']) {
  const file = await readTokenizer(join(ROOT, folder));
  const table = buildTokenBytes(file);
  const encode = createEncoder(file, table);

  for (const { text, tokens } of references) {
    test(`${folder} encodes ${JSON.stringify(text.slice(0, 24))} as the reference does`, () => {
      assert.deepEqual(encode(Buffer.from(text)), tokens);
    });
  }

  test(`${folder} decodes to the same bytes, whatever they are`, () => {
    const text = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'binary' }).map(Buffer.from));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (parts) => {
        const bytes = Buffer.concat(parts);
        fc.pre(!bytes.includes('<|endoftext|>'));
        assert.deepEqual(Buffer.from(decodeTokens(table, encode(bytes))), bytes);
      }),
      { numRuns: runs(300) },
    );
  });

  test(`${folder} writes no text for the special token`, () => {
    const tokens = encode(Buffer.from('a<|endoftext|>b'));
    assert.equal(tokens.length, 3);
    assert.equal(Buffer.from(decodeTokens(table, tokens)).toString(), 'ab');
  });
}
