// What the editor is shown of sensitive content, unless it asks for more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskLabels, maskText } from '../../../server/queries/mask-texts.ts';
import { getFragment, getSample } from '../../../server/queries/study-queries.ts';
import { viewFragments } from '../../../server/queries/view-queries.ts';
import { flatView } from '../../support/flat-view.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedAddress, leakedToken, makeSmallStudy } from '../../support/small-study.ts';

test('samples, fragments and labels are masked line by line, and shown on request', async () => {
  const { file } = await makeSmallStudy(scratchFolder());
  const rows = viewFragments({ ...flatView, study: file, order: 'train', offset: 0, limit: 100 }).items;
  const leaking = rows
    .map(({ fingerprint }) => getFragment(file, fingerprint))
    .filter(({ text }) => text.includes(leakedToken));
  assert(leaking.length > 0);
  for (const item of [...leaking, getSample(file, 4)]) {
    assert(item.text.includes(leakedToken) && item.text.includes(leakedAddress));
    const { text } = await maskText(item, 'masked');
    assert(!text.includes(leakedToken) && !text.includes(leakedAddress));
    assert.equal(text.split('\n').length, item.text.split('\n').length);
    assert.equal(await maskText(item, 'shown'), item);
  }
  // Labels are made the line with the token.
  const labels = leaking.map((item) => ({ ...item, firstLine: leakedToken }));
  for (const { firstLine } of await maskLabels(file, labels, 'masked'))
    assert.notEqual(firstLine, leakedToken);
  assert.equal((await maskLabels(file, labels, 'shown'))[0]!.firstLine, leakedToken);
});
