// What a fragment is was kept when the study was analysed, and is taken from there, unless it cannot be a kind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFragments } from '../../../server/answers/describe-fragments.ts';
import { openForWriting } from '../../../server/store/study-file.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

test('kinds are those that were kept; what cannot be one, and what is sensitive, is told from the texts', async () => {
  const { file } = await makeSmallStudy(scratchFolder());
  using db = openForWriting(file);
  const { kinds, sensitive } = await describeFragments(db);
  assert(kinds.length > 3 && sensitive.size > 0);
  const keep = db.prepare('UPDATE fragment_facts SET category = ?, spdx_id = ? WHERE fragment_id = ?');
  keep.run('license', 'MIT-0', 0);
  keep.run('<b>', '', 1);
  keep.run('license', '\u001b[31m', 2);
  db.exec("UPDATE fragment_facts SET sensitive = ''");
  const again = await describeFragments(db);
  assert.deepEqual(again.kinds, [{ kind: 'license', spdxId: 'MIT-0' }, ...kinds.slice(1)]);
  assert.deepEqual([...again.sensitive], [...sensitive]);
  // After another analysis nothing of it counts any more.
  db.exec("UPDATE stages SET inputs_digest = 'another' WHERE stage = 'analyse'");
  assert.deepEqual((await describeFragments(db)).kinds, kinds);
});
