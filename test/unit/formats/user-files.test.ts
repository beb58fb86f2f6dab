// Files that users give: baselines, labels, prompts, samples. Whatever is in them, they are read, or refused by name
// as what they are; none is ever called a bug of Verbatim. What users have written is never lost by writing.

import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../server/errors.ts';
import { readBaseline, writeBaseline } from '../../../server/formats/baseline-file.ts';
import { readLabelLines } from '../../../server/formats/label-lines.ts';
import { readPromptFile } from '../../../server/formats/read-prompt-file.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { systemFailure } from '../../../server/system-failure.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';

const folder = scratchFolder();
const fingerprint = (n: number) => n.toString(16).padStart(32, '0');

/** JSON of any shape, often near the right one, whole or cut off. */
const damaged: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc.json(),
      hostileText,
      hostileText.map((text) => JSON.stringify(text)),
      fc
        .record(
          {
            ...{ version: fc.constantFrom(1, 2, '1', null), accepted: fc.jsonValue() },
            ...{ fingerprint: fc.constantFrom(fingerprint(1), 'x', 1, null), label: fc.jsonValue() },
            ...{
              note: fc.jsonValue(),
              annotator: fc.jsonValue(),
              prompt: fc.jsonValue(),
              text: fc.jsonValue(),
            },
            ...{
              tokens: fc.array(fc.oneof(fc.double(), fc.jsonValue())),
              1: fc.record({ start: fc.jsonValue() }),
            },
            __proto__: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    ),
    fc.nat(200),
  )
  .map(([text, cut]) => (cut < 50 ? text.slice(0, cut) : `${text}\n${text}`));

const readers: readonly (readonly [file: string, read: (path: string) => unknown])[] = [
  ['baseline.json', readBaseline],
  ['labels.jsonl', (path) => readLabelLines(path, 'ann')],
  ['prompts.txt', readPromptFile],
  ['prompts.json', readPromptFile],
  ['prompts.jsonl', readPromptFile],
  ['samples.jsonl', readSamples],
  ['all', readSamples],
];

for (const [name, read] of readers) {
  test(`${name}: read, or refused by its name`, () => {
    const path = join(folder, name);
    const check = (text: string | Uint8Array) => {
      writeFileSync(path, text);
      try {
        read(path);
      } catch (error) {
        assert(error instanceof UserError, error as Error);
        assert(error.message.includes(name), error.message);
        assert(error.message.length < 5000, 'however large what is wrong');
      }
    };
    fc.assert(fc.property(damaged, check), { numRuns: runs(500) });
    for (const value of [
      'null',
      '[]',
      '{}',
      '1',
      '"x"',
      '[null]',
      '{"a":null}',
      '',
      ' ',
      '\0',
      `{"${'k'.repeat(1e6)}":1}`,
    ]) {
      check(value);
    }
    check(new Uint8Array([0xff, 0xfe, 0, 1]));
    assert.throws(() => read(join(folder, `none-${name}`)), UserError);
  });
}

test('prompts are what a line or an entry says, in each shape', () => {
  const prompts = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return readPromptFile(join(folder, name));
  };
  const lines = '"a"\n{"prompt": "b"}\n\n{"text": "c"}\n{"content": "d"}\n';
  assert.deepEqual(prompts('p.jsonl', lines), ['a', 'b', 'c', 'd']);
  assert.deepEqual(prompts('p.txt', `${lines}{ code\n{"x": 1}\n`), [
    'a',
    'b',
    'c',
    'd',
    '{ code',
    '{"x": 1}',
  ]);
  assert.deepEqual(prompts('p.json', '["a", {"prompt": "b"}]'), ['a', 'b']);
  assert.deepEqual(prompts('p.json', '{"1": {"prompt": "a"}, "2": {"prompt": "b"}}'), ['a', 'b']);
  assert.throws(() => prompts('p.jsonl', '"a"\n{"prefix": "b"}\n'), /p\.jsonl:2 is no prompt/);
  assert.throws(() => prompts('p.jsonl', '[1, 2]\n'), /p\.jsonl:1 is no prompt/);
  assert.deepEqual(prompts('p.jsonl', '{"prefix": "a", "suffix": "b", "x": 1}\n'), [
    { prefix: 'a', suffix: 'b' },
  ]);
});

test('samples have a number each', () => {
  const numbered = join(folder, 'numbered');
  mkdirSync(numbered);
  writeFileSync(join(numbered, '1'), 'a');
  writeFileSync(join(numbered, '2.py'), 'b');
  assert.deepEqual(
    readSamples(numbered).map(({ sampleId }) => sampleId),
    [1, 2],
  );
  writeFileSync(join(numbered, '2'), 'c');
  assert.throws(() => readSamples(numbered), /numbered has two samples 2$/);
  const all = join(folder, 'merged');
  mkdirSync(all);
  writeFileSync(join(all, 'all'), `a\nSubmission>>>>>>${fingerprint(1)}>>>>>>Submission\n`);
  for (const map of ['null', '[1]', '{"a": {"start": 0}}', '{"1": null}', '{"1": {"start": "x"}}', '{']) {
    writeFileSync(join(all, 'map.json'), map);
    assert.throws(() => readSamples(join(all, 'all')), UserError, map);
  }
  writeFileSync(join(all, 'map.json'), '{"7": {"start": 0}}');
  assert.deepEqual(
    readSamples(join(all, 'all')).map(({ sampleId }) => sampleId),
    [7],
  );
});

test('a baseline of no fragments is none by mistake', () => {
  const path = join(folder, 'b.json');
  for (const text of ['{"version":1}', '{"version":1,"accepted":null}', '{"version":1,"accepted":[]}']) {
    writeFileSync(path, text);
    assert.throws(() => readBaseline(path), /is no baseline of version 1/, text);
  }
  writeFileSync(path, '{"version":1,"accepted":{}}');
  assert.equal(readBaseline(path).accepted.size, 0);
});

const reviewed = (n: number) =>
  new Map(Array.from({ length: n }, (_, i) => [fingerprint(i), `reviewed by hand, reason ${i}`] as const));

test('a full disk leaves a baseline as it was, and nothing beside it', async (t) => {
  const disk = smallDisk(64 << 10);
  if (!disk) return t.skip('takes the right to mount');
  const path = join(disk.folder, 'baseline.json');
  await writeBaseline(path, { accepted: reviewed(50) });
  const before = readFileSync(path);
  for (const n of [1000, 2000, 5000]) {
    await assert.rejects(writeBaseline(path, { accepted: reviewed(n) }), (error: unknown) => {
      assert.match(systemFailure(error)?.message ?? '', /baseline\.json: the disk is full/);
      return true;
    });
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(readdirSync(disk.folder), ['baseline.json']);
  }
});

test('a baseline keeps its mode, and a link in its place leads no write elsewhere', async () => {
  const path = join(folder, 'kept.json');
  await writeBaseline(path, { accepted: reviewed(1) });
  chmodSync(path, 0o640);
  await writeBaseline(path, { accepted: reviewed(2) });
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal(readBaseline(path).accepted.size, 2);
  const other = join(folder, 'other');
  writeFileSync(other, 'mine');
  symlinkSync(other, join(folder, 'link.json'));
  await writeBaseline(join(folder, 'link.json'), { accepted: reviewed(1) });
  assert.equal(readFileSync(other, 'utf8'), 'mine');
});
