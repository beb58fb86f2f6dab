// A study's row that VS Code draws late. Its refusals come as it makes them; which row is meant is no matter here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revealStudy } from '../../../src/tree/reveal-study.ts';
import type { StudyNode } from '../../../src/tree/tree-node.ts';

const tree = { find: async () => ({ kind: 'study', study: '/s.sqlite' }) as StudyNode };

/** How often a row is asked for that is drawn after so many times; `null` says that it was given up. */
async function nAsked(nRefused: number, how: 'focused' | 'quiet'): Promise<number | null> {
  let n = 0;
  let isGivenUp = false;
  const reveal = async () => {
    if (n++ < nRefused) throw new Error('TreeError [verbatim.studies] Data tree node not found');
  };
  const warn = () => {
    isGivenUp = true;
  };
  await revealStudy(tree, { reveal }, { warn }, '/s.sqlite', how);
  return isGivenUp ? null : n;
}

test('a row is opened quietly however late it is drawn, and nobody is called back for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turns = setInterval(() => t.mock.timers.tick(200));
  t.after(() => clearInterval(turns));
  assert.equal(await nAsked(0, 'focused'), 1);
  assert.equal(await nAsked(40, 'quiet'), 41);
  assert.equal(await nAsked(3, 'focused'), 4);
  assert.equal(await nAsked(40, 'focused'), null);
});
