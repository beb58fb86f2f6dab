// What an export shows of prompts: a secret in one is masked unless it was asked for, and each keeps its place and form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownPrompts } from '../../../server/formats/published/shown-prompts.ts';

// Put together here, so that no tool that looks for secrets takes it for one.
const SECRET = ['ghp', 'aZ3kQ9xV7bN2mT5yR8wL1cD4fG6hJ0pS'.padEnd(36, 'b')].join('_');
const PROMPTS = [
  'def a():',
  { prefix: `key = "${SECRET}"\n`, suffix: 'end' },
  `token = '${SECRET}'`,
] as const;

test('a secret in a prompt is masked, and the rest stays', async () => {
  const shown = await shownPrompts(PROMPTS, 'masked');
  assert.equal(JSON.stringify(shown).includes(SECRET), false);
  assert.equal(shown[0], PROMPTS[0]);
  assert.match(JSON.stringify(shown[1]), /^\{"prefix":"key = .*","suffix":"end"\}$/);
  assert.match(String(shown[2]), /^token = '/);
});

test('it is shown to whoever asks', async () => {
  assert.deepEqual(await shownPrompts(PROMPTS, 'shown'), PROMPTS);
});
