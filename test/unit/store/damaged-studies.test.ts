// Damage that the schema lets through: each kind is named when something went wrong, and only then is the file to blame.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import { diagnose } from '../../../server/store/study-damage.ts';
import { StudyDatabase } from '../../../server/store/study-database.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { cli } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const { file: healthy } = await makeSmallStudy(scratchFolder());

function changed(sql: string): string {
  const file = join(scratchFolder(), 's.sqlite');
  copyFileSync(healthy, file);
  using db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.exec(sql);
  return file;
}

test('a study is looked through once, and again when it has changed', (t) => {
  const file = changed('PRAGMA user_version');
  const prepare = t.mock.method(StudyDatabase.prototype, 'prepare');
  const nLooks = () => {
    openForReading(file).close();
    return prepare.mock.calls.filter(({ arguments: [sql] }) => sql.includes('quick_check')).length;
  };
  assert.deepEqual([nLooks(), nLooks(), nLooks()], [1, 1, 1]);
  using db = new DatabaseSync(file);
  db.exec('DELETE FROM problems');
  db.exec("UPDATE study SET state = 'partial'");
  assert.equal(nLooks(), 2);
});

const bug = new TypeError('Cannot read properties of undefined');

test('what goes wrong with a healthy study is nobody else’s fault', () => {
  assert.equal(diagnose(bug, [healthy]), bug);
  const known = new UserError('known');
  assert.equal(diagnose(known, [changed('DELETE FROM samples')]), known);
});

const damages: readonly (readonly [sql: string, says: RegExp])[] = [
  ['DELETE FROM study', /holds no study/],
  ["UPDATE study SET state = 'odd'", /its state is none/],
  ['DELETE FROM samples WHERE sample_id = 1', /a place in the samples is none/],
  ["UPDATE samples SET text = x''", /a place in the samples is none/],
  ["UPDATE samples SET tokens = x'00', n_tokens = 1", /a sample is none/],
  ["UPDATE shards SET format = 'rar'", /a shard is none/],
  ['DELETE FROM shards WHERE shard_id = 0', /a document is in no shard/],
  ['DELETE FROM documents WHERE document_id = 1', /a place in the training data is none/],
  ["UPDATE documents SET repository = 'other'", /a group of fragments is of nothing/],
  ['UPDATE fragments SET fragment_id = 77 WHERE fragment_id = 1', /fragments are missing/],
  ['UPDATE fragments SET n_lines = 0', /a fragment is none/],
  ['UPDATE sample_occurrences SET last_line = 0', /a place in the samples is none/],
  ['DELETE FROM fragment_facts WHERE fragment_id = 2', /of its fragments is of others/],
  ['UPDATE sample_metrics SET n_lines = 9223372036854775807', /a number in sample_metrics is too large/],
];
for (const [sql, says] of damages) {
  test(`${sql} is damage`, () => {
    const found = diagnose(bug, [healthy, changed(sql)]);
    assert.ok(found instanceof UserError && /is damaged/.test(found.message), String(found));
    assert.match(found.message, says);
  });
}

test('a file that ends in the middle of a page is damage, wherever that page had nothing', () => {
  const whole = changed('VACUUM');
  const bytes = readFileSync(whole);
  for (const nMissing of [1, 53, 4000]) {
    const file = join(scratchFolder(), 'cut.sqlite');
    writeFileSync(file, bytes.subarray(0, bytes.length - nMissing));
    assert.throws(() => openForReading(file), /is damaged/, `${nMissing} bytes`);
  }
  openForReading(whole).close();
});

test('the command line calls it damage, too', async () => {
  const { exitCode, stderr } = await cli(
    'export',
    changed('DELETE FROM samples WHERE sample_id = 1'),
    '--to',
    scratchFolder(),
  );
  assert.match(stderr, /is damaged \(a place in the samples is none\)/);
  assert.equal(exitCode, 2);
});
