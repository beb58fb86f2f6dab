// The notice that goes into a user's code, and what counts as an edit that brings lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreign } from '../../../guard/text/foreign.ts';
import type { CheckedMatch, CheckedSource } from '../../../protocol/checked-text.ts';
import { insertedLines } from '../../../src/live/inserted-lines.ts';
import { noticeOf } from '../../../src/live/notice.ts';
import { hostileText } from '../../support/hostile-text.ts';

const source = (repository: string, path: string, license: string): CheckedSource => ({
  ...{ shard: foreign('0.jsonl'), shardPath: foreign('0.jsonl'), row: 0, firstLine: 3, lastLine: 9 },
  ...{ repository: foreign(repository), path: foreign(path), license: foreign(license) },
});

const matchOf = (one: CheckedSource, licenses: readonly string[], nRepositories = 1): CheckedMatch => ({
  ...{ firstLine: 1, lastLine: 7, nLines: 7, fingerprint: 'f'.repeat(32), occurrences: 2, nDocuments: 2 },
  ...{ nRepositories, sources: [one], isVerified: true },
  licenses: licenses.map((license) => ({ license: foreign(license), nDocuments: 1 })),
});

test('a notice names source and licence, and what else is known', () => {
  const one = source('o/r', 'src/a.c', 'MIT');
  assert.deepEqual(noticeOf(matchOf(one, ['MIT'])), ['Also in o/r src/a.c, lines 3-9 (licence: MIT).']);
  assert.deepEqual(noticeOf(matchOf(one, ['MIT', 'GPL-3.0-only', ''], 3)), [
    'Also in o/r src/a.c, lines 3-9 (licence: MIT).',
    'In 3 repositories, also under GPL-3.0-only, unknown.',
  ]);
  assert.deepEqual(
    noticeOf({ ...matchOf(one, ['MIT', 'ISC']), isVerified: false })[0]?.slice(0, 16),
    'Probably also in',
  );
  assert.deepEqual(noticeOf(matchOf(source('', '', ''), [''])), [
    'Also in training data, lines 3-9 (licence: unknown).',
  ]);
  assert.deepEqual(noticeOf({ ...matchOf(one, []), sources: [] }), []);
});

test('no name ends the comment that it stands in, nor goes on to the next line', () => {
  fc.assert(
    fc.property(hostileText, hostileText, hostileText, (repository, path, license) => {
      for (const line of noticeOf(matchOf(source(repository, path, license), [license, path], 2))) {
        assert(!/[\r\n\u2028\u2029]|\*\/|-->|\?>|%>/.test(line), line);
        assert(line.endsWith('.'), 'a backslash at its end would take the next line in');
      }
    }),
    { numRuns: 300 },
  );
});

test('lines of an edit are those that it puts in', () => {
  assert.equal(insertedLines([]), 0);
  assert.equal(insertedLines([{ text: '' }]), 0);
  assert.equal(insertedLines([{ text: 'x' }]), 1);
  assert.equal(insertedLines([{ text: 'a\nb\r\nc\rd' }, { text: '\n' }]), 6);
});
