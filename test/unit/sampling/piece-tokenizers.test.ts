// Tokenizers of SentencePiece's kinds against the libraries' own output (test/fixtures/make-tokenizers.py), in both directions.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readGgufTokenizer } from '../../../server/sampling/gguf/gguf-tokenizer.ts';
import { tokensOf } from '../../../server/sampling/tokenizer/check-tokenizer.ts';
import { createEncoder } from '../../../server/sampling/tokenizer/encode-text.ts';
import {
  buildTokenBytes,
  decodeTokens,
  tokenLengths,
} from '../../../server/sampling/tokenizer/token-bytes.ts';
import { readDecoder } from '../../../server/sampling/tokenizer/token-decoder.ts';
import { readTokenizer } from '../../../server/sampling/tokenizer/tokenizer-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/tokenizers');
interface Reference {
  readonly text: string;
  readonly ids: readonly number[];
  readonly framed: readonly number[];
  readonly decoded: string;
}
const REFERENCES: Readonly<Record<string, readonly Reference[]>> = JSON.parse(
  readFileSync(join(ROOT, 'reference.json'), 'utf8'),
);

for (const [name, references] of Object.entries(REFERENCES)) {
  describe(name, async () => {
    const file = await readTokenizer(join(ROOT, name));
    const table = buildTokenBytes(file);
    const { firstSpace } = readDecoder(file.path, file.json);
    const encode = createEncoder(file, table);

    test('encodes as the reference does', () => {
      for (const { text, ids } of references)
        assert.deepEqual(encode(Buffer.from(text)), ids, JSON.stringify(text));
    });

    test('puts around a text what the reference does', () => {
      // A table of pieces says nothing of that: other files do.
      if (name === 'pieces') return;
      for (const { ids, framed } of references) {
        const { before = [], after = [] } = file.frame ?? {};
        assert.deepEqual([...before, ...ids, ...after], framed);
      }
    });

    test('decodes as the reference does', () => {
      for (const { ids, decoded } of references) {
        const text = decodeTokens(table, ids, firstSpace);
        assert.equal(new TextDecoder().decode(text), decoded);
        const nBytes = tokenLengths(table, ids, firstSpace).reduce((sum, n) => sum + n, 0);
        assert.equal(nBytes, text.length);
      }
    });

    test('gives any bytes back', () => {
      const bytes = fc.uint8Array({ maxLength: 12 });
      const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((one) => new TextEncoder().encode(one));
      fc.assert(
        fc.property(fc.array(fc.oneof(bytes, text), { maxLength: 3 }), (parts) => {
          const whole = Buffer.concat(parts);
          // A space in front and one that the tokenizer puts there are the same to some; `▁` is a space to all.
          fc.pre(
            whole[0] !== 0x20 && !whole.includes('▁') && !/<(s|\/s|unk|\|fill\||0x)/.test(whole.toString()),
          );
          assert.deepEqual(Buffer.from(decodeTokens(table, encode(whole), firstSpace)), whole);
        }),
        { numRuns: 100 },
      );
    });
  });
}

test('a GGUF file with the same pieces gives the same tokenizer, and the beginning before a text', async () => {
  const { json } = await readTokenizer(join(ROOT, 'pieces'));
  const table = tokensOf((await readTokenizer(join(ROOT, 'prepend'))).json);
  const tokens = table.toSorted(([, a], [, b]) => a - b).map(([token]) => token);
  const types = tokens.map((token, id) => (id === 0 ? 2 : id < 3 ? 3 : /^<0x/.test(token) ? 6 : 1));
  // The order of merges is the pieces' own order.
  const scores = tokens.map((_, id) => (id < 259 ? 0 : 259 - id));
  const metadata = new Map(
    Object.entries({
      model: 'llama',
      tokens,
      scores,
      token_type: types,
      bos_token_id: 1,
      eos_token_id: 2,
    }).map(([key, value]) => [`tokenizer.ggml.${key}`, value] as const),
  );
  const file = { path: 'a.gguf', metadata, tensors: new Map(), nBytes: 0 };
  const read = readGgufTokenizer(file);
  assert.deepEqual(read.json.model, json.model);
  assert.deepEqual(read.json.decoder, json.decoder);
  assert.deepEqual(read.frame, { before: [1], after: [] });
  metadata.set('tokenizer.ggml.add_bos_token', false as never);
  assert.equal(readGgufTokenizer(file).frame, undefined);
});

describe('what tokenizer_config.json says', () => {
  const write = (settings: object) => {
    const dir = scratchFolder();
    cpSync(join(ROOT, 'prepend'), dir, { recursive: true });
    writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify(settings));
    return readTokenizer(dir);
  };

  test('of beginning and end goes before the post-processor', async () => {
    assert.equal((await write({ add_bos_token: false })).frame, undefined);
    const both = {
      add_bos_token: true,
      bos_token: '</s>',
      add_eos_token: true,
      eos_token: { content: '</s>' },
    };
    assert.deepEqual((await write(both)).frame, { before: [1], after: [2] });
  });

  test('adds tokens beyond the table', async () => {
    const added = { content: '<|more|>', special: false };
    const file = await write({ added_tokens_decoder: { 1: { content: '<s>' }, 400: added, x: added } });
    const table = buildTokenBytes(file);
    assert.equal(Buffer.from(table[400]!).toString(), '<|more|>');
    assert.deepEqual(createEncoder(file, table)(Buffer.from('<|more|>')), [400]);
  });
});

describe('refused by name', () => {
  const change = async (edit: (json: Record<string, unknown>) => object) => {
    const dir = scratchFolder();
    const json = JSON.parse(readFileSync(join(ROOT, 'prepend/tokenizer.json'), 'utf8'));
    writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(edit(json)));
    return readTokenizer(dir).then(buildTokenBytes);
  };

  test('another decoder', () =>
    assert.rejects(
      change((json) => ({ ...json, decoder: { type: 'WordPiece', prefix: '##' } })),
      /tokenizer\.json: what its tokens stand for is not known: its decoder is \{"type":"WordPiece"/,
    ));

  test('another model', () =>
    assert.rejects(
      change((json) => ({ ...json, model: { type: 'WordLevel', vocab: {} } })),
      /is a tokenizer of the kind "WordLevel"/,
    ));

  test('a table of pieces that is cut short', async () => {
    const dir = scratchFolder();
    const whole = readFileSync(join(ROOT, 'pieces/tokenizer.model'));
    for (const nBytes of [0, 5, whole.length - 3]) {
      writeFileSync(join(dir, 'tokenizer.model'), whole.subarray(0, nBytes));
      await assert.rejects(
        readTokenizer(dir),
        /tokenizer\.model is damaged, or no tokenizer of SentencePiece/,
      );
    }
  });
});
