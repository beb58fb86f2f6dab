// SQL is asked in server/store/ alone, so that a change of the tables is a change of that folder. The lock of a file,
// which SQLite takes on an empty database, is no question to a study.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSources } from '../../support/house/imports.ts';

const ALLOWED = /^server\/(store\/|file-lock\.ts$)/;
/** A statement that is prepared, or run as it is written; regular expressions are run on something else. */
const ASKS = /\.prepare\(|\.exec\(\s*['"`]|\b(?:db|database)\b\??\.exec\(/;

const asking = (sources: ReadonlyMap<string, string>) =>
  [...sources]
    .filter(([file]) => !ALLOWED.test(file))
    .flatMap(([file, source]) =>
      source.split('\n').flatMap((line, i) => (ASKS.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
    );

test('no file outside of server/store/ asks SQL', () => {
  assert.deepEqual(asking(readSources(['server', 'src', 'webview', 'protocol', 'guard', 'plots'])), []);
});

test('planted questions are found', () => {
  const planted = [
    "db.prepare('SELECT 1')",
    'const rows = open(path).prepare(sql).all();',
    'db.exec(`PRAGMA cache_size = 1`);',
    'study.exec("DELETE FROM samples");',
    'database?.exec(sql);',
  ];
  for (const line of planted) assert.equal(asking(new Map([['server/cli/x.ts', line]])).length, 1, line);
  const innocent = ['const [, name] = /a(b)/.exec(text) ?? [];', 'const match = PATTERN.exec(line);'];
  for (const line of innocent) assert.deepEqual(asking(new Map([['server/cli/x.ts', line]])), [], line);
});
