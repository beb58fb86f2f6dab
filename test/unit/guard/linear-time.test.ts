// What meets text of others reads it in time that is proportional to its length, and without running out of stack: texts
// that would make an expression try every way to share them out among its repetitions.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { codeSpan } from '../../../guard/text/code-span.ts';
import { forCsv } from '../../../guard/text/for-csv.ts';
import { foreign } from '../../../guard/text/foreign.ts';
import { findKeys } from '../../../server/analysis/find-keys.ts';
import { markFinder } from '../../../server/analysis/find-marks.ts';
import { findTokens } from '../../../server/analysis/find-tokens.ts';
import { kindOfFragment } from '../../../server/analysis/kind-of-fragment.ts';
import { trainingLinks } from '../../../server/answers/training-links.ts';
import { Origins } from '../../../server/corpus/archive/origins.ts';
import { describeFolder } from '../../../server/corpus/folder-provenance.ts';
import { readTrackedFiles } from '../../../server/corpus/git-index.ts';
import { ignoredBy, parseIgnoreRules } from '../../../server/corpus/ignore-rules.ts';
import { spdxLicense } from '../../../server/corpus/spdx-license.ts';
import { notedLine, parseNote } from '../../../server/review/git-ai-notes.ts';
import { findSensitive } from '../../../server/sensitive/find-sensitive.ts';
import { secretMarks } from '../../../server/sensitive/secret-marks.ts';
import { checkSchema } from '../../../server/store/check-schema.ts';
import { extractFunctionPrompt } from '../../../server/study/function-prompt.ts';
import { placedNotebook } from '../../../server/text/notebook.ts';
import { scratchFolder } from '../../support/scratch.ts';

const N = 100_000;
/** The processor's time: each takes some milliseconds; what is quadratic takes at least ten seconds, and the rest never ends. */
const LIMIT_MS = 3000;
/** What never ends is ended, on a busy machine as well. */
const END_MS = 60_000;

const findMarks = markFinder(secretMarks);
const kind = (text: string) => kindOfFragment(text, { match: () => null });
const place = { repository: foreign('a/b'), path: foreign('c') };

const works: Readonly<Record<string, () => unknown>> = {
  'a code span': () => codeSpan(` ${'a'.repeat(N)}`),
  'a cell of blanks': () => forCsv(foreign(`${'\n'.repeat(N)}x`)),
  'letters before the end of a key': () => findKeys(`${'a'.repeat(N)}!-----END PRIVATE KEY-----`),
  'short lines before the ends of keys': () =>
    findKeys(`${'a'.repeat(15)}\n-----END PRIVATE KEY-----\n`.repeat(N / 40)),
  'a beginning of a key that has no end': () => findKeys(`-----BEGIN ${'A '.repeat(N)}`),
  'a key of megabytes': () => findKeys(`-----BEGIN PRIVATE KEY-----${'a'.repeat(16_000_000)}`),
  'a token of megabytes': () => findTokens(`eyJ${'a'.repeat(16_000_000)}`, () => true),
  'beginnings of secrets': () => {
    const isMarked = findMarks('ghp_sk-ant-'.repeat(N));
    for (let i = 0; i < N; i++) assert(isMarked('github', 11 * i, 11 * i + 11));
  },
  'a value that goes on behind a line separator': () => kind(`a: [${' '.repeat(N)}\u2028z`),
  'carriage returns': () => kind('\r'.repeat(N)),
  'comments that nothing ends': () => kind('/* a\n'.repeat(N / 5)),
  'the path of a shard': () =>
    trainingLinks(place, `/datasets--${'--'.repeat(N)}`, { firstLine: 1, lastLine: 1 }),
  'a licence of blanks': () => spdxLicense(' '.repeat(N)),
  'a note of empty lines': () => parseNote('\n'.repeat(N)),
  'a note of many lines': () => {
    const lines = Array.from({ length: N }, (_, i) => 2 * i + 1);
    const noted = parseNote(`a.c\n  x ${lines.join()}\n---\n{"schema_version":"authorship/3.0.0"}`);
    for (let line = 1; line <= 2 * N; line++) assert.equal(notedLine(noted, 'a.c', line), line % 2 === 1);
  },
  'a comment behind a head': () => extractFunctionPrompt(`def f():${'#'.repeat(N)}`, 'python'),
  'words that begin functions': () => extractFunctionPrompt('function '.repeat(N), 'braces'),
  'declarations without an end': () => extractFunctionPrompt('a b(\n'.repeat(N), 'braces'),
  'comments in code that nothing ends': () => extractFunctionPrompt(`${'/*'.repeat(N)}\na b() {`, 'braces'),
  'the settings of a repository': () => describeFolder({ path: repository() })('x/a.c'),
  'an index of git with folders in folders': gitIndex,
  'a path of an archive': () => new Origins().licenseOf('a/'.repeat(N)),
  'a definition in a study': () => assert.throws(() => checkSchema(study(), 'x', 12), /otherwise|not make/),
  'a notebook in one line': () =>
    placedNotebook(Buffer.from(`{"cells":[{"source":"x","outputs":[${'1.25,'.repeat(10 * N)}1]}]}`)),
  'a notebook of many strings': () =>
    placedNotebook(Buffer.from(`{"cells":[{"source":"x","outputs":[${'"\\\\ \\"",'.repeat(10 * N)}1]}]}`)),
  'rules of an ignore file': () =>
    ignoredBy('a/'.repeat(1000), [parseIgnoreRules('', '.gitignore', '**/a/**/a/**/a/**/a/**/b\n')]),
};

function repository(): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, '.git'));
  const settings = `[remote "origin"]${'\n'.repeat(30_000)}url = ${'a'.repeat(30_000)}`;
  writeFileSync(join(folder, '.git/config'), settings);
  return folder;
}

/** Version 4 of the index of git: 2000 files, each in as many folders of its own. */
function gitIndex(): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, '.git'));
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(4, 0);
  numbers.writeUInt32BE(2000, 4);
  const tail = '/a'.repeat(2000);
  const entries = Array.from({ length: 2000 }, (_, i) => {
    const entry = Buffer.alloc(62);
    entry.writeUInt32BE(0o100644, 24);
    // All of the name before is cut off, whose length is in git's own variable length.
    const cut = i === 0 ? 0 : String(i - 1).length + tail.length;
    const length = cut < 128 ? [cut] : [0x80 | ((cut >> 7) - 1), cut & 127];
    return Buffer.concat([entry, Buffer.from([...length]), Buffer.from(`${i}${tail}\0`)]);
  });
  const bytes = [Buffer.from('DIRC'), numbers, ...entries, Buffer.alloc(20)];
  writeFileSync(join(folder, '.git/index'), Buffer.concat(bytes));
  const read = readTrackedFiles(folder);
  assert(typeof read === 'object' && read.has(`7${tail}`));
  return folder;
}

function study(): DatabaseSync {
  const db = new DatabaseSync(':memory:', { defensive: false });
  db.exec('PRAGMA writable_schema = ON; CREATE TABLE study (a)');
  db.prepare('UPDATE sqlite_schema SET sql = ?').run(`CREATE TABLE study (a ${'['.repeat(N)}`);
  return db;
}

for (const [what, work] of Object.entries(works)) {
  test(`${what}: read once`, () => {
    const start = process.cpuUsage();
    runInNewContext('work()', { work }, { timeout: END_MS });
    assert(process.cpuUsage(start).user < LIMIT_MS * 1000);
  });
}

test('many secrets in one text are compared with few others', async () => {
  const secret = `ghp_${'a1'.repeat(18)}\n`;
  const start = process.cpuUsage();
  for await (const { ranges } of findSensitive([{ text: secret.repeat(20_000) }]))
    assert.equal(ranges.length, 20_000);
  assert(process.cpuUsage(start).user < LIMIT_MS * 1000);
});

test('a secret is found once wherever a text is cut', async () => {
  const secret = `ghp_${'a1'.repeat(18)}`;
  for (const before of [65_500, 65_530, 65_536, 131_060]) {
    const text = `${'.'.repeat(before)}${secret} ${'.'.repeat(70_000)}`;
    for await (const { ranges } of findSensitive([{ text }]))
      assert.deepEqual(
        ranges.map(({ start, end }) => text.slice(start, end)),
        [secret],
      );
  }
});

test('a formula is found by the same rule as before', () => {
  const plain = (text: string) =>
    text.replace(/^[\t\r]/, "'$&").replace(/(^|[;\t\r\n])(["'\s]*)(?=[=+\-@＝＋－＠])/g, "$1$2'");
  const piece = fc.constantFrom('=', '+', ' ', '\t', '\n', ';', '"', "'", 'a', '@', '\u00a0');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const cell = forCsv(foreign(text));
      const isQuoted = /[";,\t\r\n]/.test(plain(text));
      assert.equal(isQuoted ? cell.slice(1, -1).replaceAll('""', '"') : cell, plain(text));
    }),
  );
});
