// A study that will take long says so before it begins, and one of minutes does not.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { estimateNote } from '../../../server/cli/estimate-note.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../../support/demo.ts';
import { modelPlan, scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const file = join(scratchFolder(), 'new.sqlite');
const note = (sampling: object) => estimateNote(file, modelPlan(DEMO_MODEL, [DEMO_CORPUS], sampling));

test('a long study says what it takes, in samples, tokens and time', () => {
  assert.match(
    note({ nSamples: 2_000_000, maxTokens: 512 }) ?? '',
    /^2,000,000 samples of at most 512 tokens take about \d.*(min|h)\b.* on \d+ cores?, less on a graphics card\. --samples/,
  );
});

test('a short one, one that goes on and one of samples made elsewhere say nothing', () => {
  assert.equal(note({ nSamples: 8, maxTokens: 16 }), undefined);
  assert.equal(estimateNote(import.meta.filename, modelPlan(DEMO_MODEL, [DEMO_CORPUS])), undefined);
  assert.equal(estimateNote(file, scanPlan('samples.jsonl', [DEMO_CORPUS])), undefined);
  assert.equal(estimateNote(file, null), undefined);
});
