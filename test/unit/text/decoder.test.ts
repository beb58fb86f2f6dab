// One decoder: a text gives the same bytes, and so the same fragments, in whatever accepted form it stands on whichever
// side.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { decodeStream, decodeText } from '../../../server/text/decode-text.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const MARK = '\ufeff';
/** UTF-8, with half of a pair as the three bytes of its code point. */
const bytesOfText = (text: string) =>
  Buffer.concat(
    [...text].map((character) => {
      const point = character.codePointAt(0)!;
      return point >= 0xd800 && point <= 0xdfff
        ? Buffer.of(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
        : Buffer.from(character);
    }),
  );
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const escaped = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Files that hold the text by itself. */
const plain: Readonly<Record<string, (text: string) => Uint8Array>> = {
  bytes: bytesOfText,
  'behind a mark': (text) => Buffer.concat([Buffer.from(MARK), bytesOfText(text)]),
  'UTF-16': (text) => utf16(MARK + text),
  'UTF-16, big-endian': (text) => utf16(MARK + text).swap16(),
};

/** Files that hold it as a string in a row with the given key. */
const inRow: Readonly<Record<string, (text: string, key: string) => Uint8Array>> = {
  escapes: (text, key) => Buffer.from(`{"${key}": ${escaped(text)}}\n`),
  'bytes in JSON': (text, key) =>
    Buffer.concat([
      Buffer.from(`{"n": NaN, "${key}": `),
      bytesOfText(JSON.stringify(text)),
      Buffer.from('}'),
    ]),
  'JSON behind a mark': (text, key) => Buffer.from(`${MARK}{"${key}": ${escaped(text)}}`),
  'JSON in UTF-16': (text, key) => utf16(`${MARK}{"${key}": ${JSON.stringify(text)}}\r\n`),
  'JSON in UTF-16 without a mark': (text, key) => utf16(`{"${key}": ${escaped(text)}}`),
};

async function asCorpus(name: string, bytes: Uint8Array): Promise<Buffer> {
  writeFileSync(join(folder, name), bytes);
  const options = { signal: new AbortController().signal, onBytes: () => {}, onProblem: () => assert.fail() };
  for await (const { text } of readDocuments(listShards([join(folder, name)])[0]!, options))
    return Buffer.from(text);
  return assert.fail('no document');
}

function asSample(path: string): Buffer {
  const [sample] = readSamples(path);
  assert.ok(sample && 'text' in sample.content);
  return Buffer.from(sample.content.text);
}

test('a text is the same bytes in every form, in a corpus and as a sample', async () => {
  const anyText = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\ud800', '\udce9', 'é', 'x', '\n', '🌲') }),
    )
    // A file that begins so says something else of itself, and one with a NUL is no text.
    .filter((text) => text.length > 0 && !text.startsWith(MARK) && !text.includes('\0'));
  mkdirSync(join(folder, 'numbered'));
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const expected = Buffer.from(bytesOfText(text));
      for (const [form, write] of Object.entries(plain)) {
        assert.deepEqual(await asCorpus('x.txt', write(text)), expected, form);
        writeFileSync(join(folder, 'numbered', '1'), write(text));
        assert.deepEqual(asSample(join(folder, 'numbered')), expected, form);
      }
      for (const [form, write] of Object.entries(inRow)) {
        assert.deepEqual(await asCorpus('x.jsonl', write(text, 'content')), expected, form);
        writeFileSync(join(folder, 'samples.jsonl'), write(text, 'text'));
        assert.deepEqual(asSample(join(folder, 'samples.jsonl')), expected, form);
      }
      writeFileSync(join(folder, 'samples.jsonl'), escaped(text));
      assert.deepEqual(asSample(join(folder, 'samples.jsonl')), expected, 'a string');
    }),
    { numRuns: 12 },
  );
});

test('a stream is decoded the same however it is cut', async () => {
  const bytes = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }).map((text) => utf16(MARK + text)),
    fc.string({ unit: 'binary' }).map((text) => utf16(MARK + text).swap16()),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 9 }), async (whole, step) => {
      const source = async function* () {
        for (let at = 0; at < whole.length; at += step) yield whole.subarray(at, at + step);
      };
      const pieces: Uint8Array[] = [];
      for await (const piece of decodeStream(source())) pieces.push(new Uint8Array(piece));
      assert.deepEqual(Buffer.concat(pieces), Buffer.from(decodeText(whole)));
    }),
    { numRuns: 100 },
  );
});

test('bytes that are no text in any encoding stay as they are', () => {
  for (const bytes of [[0xc3], [0x61, 0xff, 0x62], [0x00, 0x01, 0x02, 0x03], [0xed, 0xa0, 0x80], []]) {
    assert.deepEqual([...decodeText(Uint8Array.from(bytes))], bytes);
  }
});
