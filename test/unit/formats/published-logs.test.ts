// Logs and what lies beside them, read from their bytes: whatever way the lines are written in, and wherever the pieces of a
// file end, the places are the same.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ForeignFolder } from '../../../server/formats/foreign-folder.ts';
import { Fingerprints } from '../../../server/formats/published/fingerprints.ts';
import { gatherPlaces } from '../../../server/formats/published/gather-places.ts';
import { ImportedPlaces } from '../../../server/formats/published/import-places.ts';
import { LogFiles, parseSimianLog } from '../../../server/formats/published/simian-log.ts';
import { scratchFolder } from '../../support/scratch.ts';

const A = 'a1'.repeat(16);
const B = 'b2'.repeat(16);

type Block = readonly [fingerprint: string, nLines: number, places: readonly string[]];

function blocksOf(pieces: readonly string[]): Block[] {
  const files = new LogFiles();
  const fingerprints = new Fingerprints();
  const bytes = pieces.map((piece) => Buffer.from(piece, 'latin1'));
  return Array.from(
    parseSimianLog('0.log', bytes, files, fingerprints),
    ({ fingerprint, nLines, places }) => {
      const { firstLines, lastLines, files: of } = places;
      const told = Array.from({ length: of.length }, (_, i) => {
        const { path, side } = files.at(of.get(i));
        return `${firstLines.get(i)}-${lastLines.get(i)} ${side} ${path}`;
      });
      return [fingerprints.text(fingerprint), nLines, told];
    },
  );
}

const importPlaces = (...from: Parameters<typeof gatherPlaces>) => new ImportedPlaces(gatherPlaces(...from));

const head = (fingerprint: string, nLines: number | string = 6) =>
  `Found ${nLines} duplicate lines with fingerprint ${fingerprint} in the following files:`;
const place = (first: number | string, last: number | string, path: string) =>
  ` Between lines ${first} and ${last} in ${path}`;

const plain = [
  'a summary that is nobody’s',
  place(1, 6, '/before/any/block'),
  head(A),
  place(1, 6, '/run/all'),
  place(7, 12, '/run/all'),
  place(20, 25, '/train/0'),
  place(3, 8, '/run/all_1-4'),
  place(30, 35, '/train/0'),
  head(B, 7),
  place(9, 15, '/train/1'),
  'Found 24 duplicate lines in 4 blocks in 2 files',
];

test('lines that are written another way give the same blocks', () => {
  const expected = blocksOf(plain.map((line) => `${line}\n`));
  assert.deepEqual(expected, [
    [
      A,
      6,
      [
        '1-6 samples /run/all',
        '7-12 samples /run/all',
        '20-25 train /train/0',
        '3-8 samples /run/all_1-4',
        '30-35 train /train/0',
      ],
    ],
    [B, 7, ['9-15 train /train/1']],
  ]);
  const ways: Readonly<Record<string, (line: string) => string>> = {
    'ends of lines of another system': (line) => `${line}\r`,
    'no blank before': (line) => line.replace(/^ Between/, 'Between'),
    'capital letters in fingerprints': (line) => line.replace(A, A.toUpperCase()),
    'zeros before numbers': (line) => line.replace(/lines (\d+) and/, 'lines 00$1 and'),
    'words behind a block’s first line': (line) => line.replace(/files:$/, 'files: (some)'),
  };
  for (const [way, written] of Object.entries(ways)) {
    const lines = plain.map(written);
    assert.notDeepEqual(lines, plain, way);
    assert.deepEqual(blocksOf([lines.join('\n')]), expected, way);
    // Every second line as it is nearly always.
    const mixed = lines.map((line, i) => (i % 2 === 0 ? line : plain[i]!));
    assert.deepEqual(blocksOf([`${mixed.join('\n')}\n`]), expected, `${way}, mixed`);
  }
});

test('what nearly is a place is none, and numbers that count nothing are named', () => {
  const none = [
    place(1, 6, ''),
    place(1, -6, '/run/all'),
    ' Between lines 1 and 6 on /run/all',
    place(1, 6, 'a\rb'),
  ];
  assert.deepEqual(blocksOf([[head(A), ...none].join('\n')]), [[A, 6, []]]);
  for (const wrong of [place(0, 6, 'all'), place(7, 6, 'all'), place(1, 2 ** 32, 'all'), head(B, 0)]) {
    assert.throws(
      () => blocksOf([[head(A), place(1, 6, 'all'), wrong].join('\n')]),
      /0\.log says .* no lines of a file/,
    );
  }
});

test('a line is one line wherever the pieces of a file end, and however long it is', () => {
  const root = scratchFolder();
  const lines = ['', 'short', 'x'.repeat((1 << 16) - 1), 'y'.repeat(200_000), '', 'é', 'last'];
  for (const end of ['', '\n', '\n\n']) {
    writeFileSync(join(root, 'file'), lines.join('\n') + end, 'latin1');
    const read = [...new ForeignFolder(root).lines('file')];
    assert.deepEqual(read, end === '\n\n' ? [...lines, ''] : lines);
  }
});

test('places beside a log are those of JSON, written in whatever way', () => {
  const documents = [4, 9].map((row) =>
    JSON.stringify({ row, repository: 'r', path: `p${row}`, license: '' }),
  );
  const log = [head(A), place(1, 6, 'all'), place(1, 6, 'fragments'), place(1, 6, 'fragments')];
  const blocks: Readonly<Record<string, string>> = {
    'as we write it': `{"fingerprint":"${A}","places":[[4,1,6],[9,20,25]]}`,
    'with blanks': `{"fingerprint": "${A}", "places": [[4, 1, 6], [9, 20, 25]]}`,
    'in another order': `{"places":[[4,1,6],[9,20,25]],"fingerprint":"${A}"}`,
    'with other properties': `{"fingerprint":"${A}","places":[[4,1,6],[9,20,25]],"note":1}`,
  };
  const placesOf = (block: string) => {
    const root = scratchFolder();
    mkdirSync(join(root, 'logs'));
    const write = (name: string, text: readonly string[]) =>
      writeFileSync(join(root, 'logs', name), text.map((line) => `${line}\n`).join(''));
    write('3.log', log);
    write('3.places.jsonl', [block]);
    write('3.documents.jsonl', documents);
    const places = importPlaces(new ForeignFolder(root), [join(root, 'logs')]);
    const told: string[] = [];
    places.visitTrainPlaces(0, (document, first, last) => {
      const { shard, row, path } = places.documents.at(document);
      told.push(`${shard}:${row} ${path} ${first}-${last}`);
    });
    return told;
  };
  for (const [way, block] of Object.entries(blocks))
    assert.deepEqual(placesOf(block), ['3:4 p4 1-6', '3:9 p9 20-25'], way);
  for (const wrong of [
    `{"fingerprint":"${B}","places":[[4,1,6],[9,20,25]]}`,
    `{"fingerprint":"${A}","places":[[4,1,6],[9,20,25],[9,1,6]]}`,
    `{"fingerprint":"${A}","places":[[4,1,6],[5,20,25]]}`,
    `{"fingerprint":"${A}","places":[[4,1,6],[9,20,025]]}`,
    `{"fingerprint":"${A}","places":[[4,1,6],[9,20,25]]`,
    `{"fingerprint":"${A}","places":[[4,1,6],[9,20,19]]}`,
    '',
  ])
    assert.throws(() => placesOf(wrong), /3\.log does not fit the places beside it/, wrong);
});

test('the same place in several logs is one, of a sample and of a training file', () => {
  const root = scratchFolder();
  const log = (name: string, ...lines: readonly string[]) =>
    writeFileSync(join(root, name), lines.join('\n'));
  log('0.log', head(A), place(1, 6, 'all'), place(50, 55, 'all'), place(7, 12, '/t/0'), place(7, 12, '/t/0'));
  log(
    '1.log',
    head(A),
    place(1, 6, 'all'),
    place(50, 55, 'all'),
    place(7, 12, '/t/1'),
    head(B),
    place(1, 6, 'all'),
  );
  log(
    '2.log',
    head(A),
    place(50, 55, 'all'),
    place(90, 95, 'all'),
    place(7, 12, '/t/2'),
    head(B),
    place(1, 6, '/t/2'),
  );
  const places = importPlaces(new ForeignFolder(root), [root]);
  assert.deepEqual(
    places.fragments.map(({ fingerprint }) => fingerprint),
    [A],
    'what only the samples or only the training files have is no fragment',
  );
  const inSamples: [string, number, number][] = [];
  places.visitSamplePlaces(0, (...place) => inSamples.push(place));
  assert.deepEqual(inSamples, [
    ['all', 1, 6],
    ['all', 50, 55],
    ['all', 90, 95],
  ]);
  const shards: number[] = [];
  const visit = (document: number) => shards.push(places.documents.at(document).shard);
  places.visitTrainPlaces(0, visit);
  assert.deepEqual(shards, [0, 1, 2]);
  places.visitTrainPlaces(0, visit, 2);
  assert.deepEqual(shards, [0, 1, 2, 0, 1]);
});

test('a place in a merged file is told by its first line, and ends where the latest log says', () => {
  const line = fc.integer({ min: 1, max: 40 });
  const inSamples = fc.record({
    file: fc.constantFrom('/a/all', '/b/all', '/a/all_1-9'),
    first: line,
    length: line,
  });
  const logs = fc.array(fc.array(inSamples, { maxLength: 100 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(logs, (logs) => {
      const root = scratchFolder();
      const expected = new Map<string, Map<number, number>>();
      for (const [shard, places] of logs.entries()) {
        const lines = places.map(({ file, first, length }) => place(first, first + length, file));
        writeFileSync(join(root, `${shard}.log`), [head(A), place(1, 6, `/t/${shard}`), ...lines].join('\n'));
        // A log that begins like one before it repeats it.
        const isRepeated = logs
          .slice(0, shard)
          .some((before) => JSON.stringify(before.slice(0, places.length)) === JSON.stringify(places));
        if (isRepeated) continue;
        for (const { file, first, length } of places) {
          const name = basename(file);
          expected.set(name, (expected.get(name) ?? new Map()).set(first, first + length));
        }
      }
      const found: (readonly [string, number, number])[] = [];
      const places = importPlaces(new ForeignFolder(root), [root]);
      if (places.fragments.length > 0) places.visitSamplePlaces(0, (...place) => found.push(place));
      assert.deepEqual(
        found,
        [...expected].flatMap(([name, lines]) => [...lines].map(([first, last]) => [name, first, last])),
      );
    }),
    { numRuns: 200 },
  );
});

test('documents beside a log are those of JSON, written in whatever way and whatever they are called', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[ -~]{0,12}$/),
    fc.constantFrom('', '"', '\\', '\x7f', '\0', 'é', '\ud800', '😀', 'a","path":"b'),
  );
  const document = fc.record({
    row: fc.oneof(fc.nat({ max: 99 }), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1)),
    repository: name,
    path: name,
    license: name,
  });
  const ways: readonly ((of: object) => string)[] = [
    (of) => JSON.stringify(of),
    (of) => JSON.stringify(of).replace('{', '{ '),
    (of) => JSON.stringify({ ...of, more: [1] }),
    (of) => JSON.stringify(Object.fromEntries(Object.entries(of).reverse())),
  ];
  const lines = fc.uniqueArray(fc.tuple(document, fc.constantFrom(...ways)), {
    selector: ([{ row }]) => row,
    maxLength: 8,
  });
  fc.assert(
    fc.property(lines, fc.boolean(), (lines, isEnded) => {
      const root = scratchFolder();
      const text = lines.map(([of, way]) => way(of)).join('\n');
      writeFileSync(join(root, '7.log'), '');
      writeFileSync(join(root, '7.places.jsonl'), '');
      writeFileSync(join(root, '7.documents.jsonl'), isEnded && text !== '' ? `${text}\n` : text);
      // What is no character is written as U+FFFD, as SQLite would.
      const whole = (of: string) => Buffer.from(of).toString();
      assert.deepEqual(
        Array.from(importPlaces(new ForeignFolder(root), [root]).documents, (of) => ({
          ...of,
          repository: whole(of.repository),
          license: whole(of.license),
        })),
        lines.map(([{ row, repository, path, license }]) => ({
          shard: 7,
          row,
          repository: whole(repository),
          path: whole(path),
          license: whole(license),
        })),
      );
    }),
    { numRuns: 200 },
  );
});
