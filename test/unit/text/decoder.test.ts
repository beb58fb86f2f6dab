// One decoder: a text gives the same bytes, and so the same fragments, in whatever accepted form it stands on whichever
// side.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { readPromptFile } from '../../../server/formats/read-prompt-file.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { decodeStream, decodeText } from '../../../server/text/decode-text.ts';
import { bytesOfString } from '../../../server/text/text-strings.ts';
import { runs } from '../../support/in-ci.ts';
import { scanPlan } from '../../support/plans.ts';
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

/** The bytes that the tokenizer gets. */
function asPrompt(name: string, bytes: Uint8Array): Buffer {
  const [prompt] = readPromptFile(join(folder, name), Buffer.from(bytes));
  assert.ok(typeof prompt === 'string');
  return Buffer.from(bytesOfString(prompt));
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
      for (const [form, write] of Object.entries(inRow)) {
        assert.deepEqual(asPrompt('prompts.jsonl', write(text, 'prompt')), expected, `a prompt: ${form}`);
      }
      assert.deepEqual(asPrompt('prompts.json', Buffer.from(`[${escaped(text)}]`)), expected, 'in a list');
      assert.deepEqual(Buffer.from(bytesOfString(text)), expected, 'in an editor');
      assert.deepEqual(Buffer.from(bytesOfString(MARK + text)), expected, 'behind a mark in an editor');
    }),
    { numRuns: 12 },
  );
});

test('forms on either side make one fragment, counted once a form', async () => {
  const lines = ['x = "\ud800"', 'y = "\ufffd"', 'z = "\udfff é"', '🌲 = 1', 'Ω', '\u0001 a', 'end'];
  const text = `${lines.join('\n')}\n`;
  const zero = `${lines.join('\0.\n')}\0.\n`;
  const here = join(folder, 'forms');
  mkdirSync(join(here, 'samples'), { recursive: true });
  mkdirSync(join(here, 'corpus'));
  for (const [i, write] of Object.values(plain).entries()) {
    writeFileSync(join(here, 'corpus', `${i}.py`), write(text));
    writeFileSync(join(here, 'samples', String(i)), write(text));
  }
  for (const [i, write] of Object.values(inRow).entries()) {
    writeFileSync(join(here, 'corpus', `${i}.jsonl`), write(text, 'content'));
    writeFileSync(join(here, 'corpus', `zero-${i}.jsonl`), write(zero, 'content'));
  }
  const { signal } = new AbortController();
  const execution = { provider: 'cpu', batch: 1, workers: 1 } as const;
  const fragmentsOf = async (name: string, samples: string) => {
    const file = join(here, `${name}.sqlite`);
    const plan = scanPlan(samples, [join(here, 'corpus')]);
    await runStudy({ file, plan, execution, upTo: 'analyse', signal, report() {} });
    using db = openForReading(file);
    const rows = db.prepare('SELECT n_lines, train, extract, n_documents, n_samples FROM fragments').all();
    return rows.map((row) => Object.values(row));
  };
  const [nPlain, nRows] = [Object.keys(plain).length, Object.keys(inRow).length];
  const all = nPlain + nRows;
  assert.deepEqual(await fragmentsOf('plain', join(here, 'samples')), [[7, all, nPlain, all, nPlain]]);
  const inLines = join(here, 'samples.jsonl');
  writeFileSync(inLines, [escaped(zero), `{"n": NaN, "text": ${escaped(zero)}}`].join('\n'));
  assert.deepEqual(await fragmentsOf('rows', inLines), [[7, nRows, 2, nRows, 2]]);
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
    { numRuns: runs(100) },
  );
});

test('bytes that are no text in any encoding stay as they are', () => {
  for (const bytes of [[0xc3], [0x61, 0xff, 0x62], [0x00, 0x01, 0x02, 0x03], [0xed, 0xa0, 0x80], []]) {
    assert.deepEqual([...decodeText(Uint8Array.from(bytes))], bytes);
  }
});
