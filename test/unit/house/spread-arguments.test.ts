// A list that is spread into arguments ends in an exhausted stack from some 120,000 items on: lists that strangers may
// make long are gone through.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Files whose lists are short: bytes of an escape, devices, rows of a batch, tables that are shown. */
const short: readonly string[] = [
  'server/answers/compare-studies.ts',
  'server/engine/equal-lines.ts',
  'server/formats/comparison-table.ts',
  'server/queries/reader-lane.ts',
  'server/sampling/cuda/plain-operations.ts',
  'server/sampling/forms/cached/generate-batch.ts',
  'server/sampling/forms/score/score-batch.ts',
  'server/sampling/run/batch-size-search.ts',
  'server/sampling/run/choose-devices.ts',
  'server/sampling/run/choose-readers.ts',
  'server/sampling/run/choose-rows.ts',
  'server/sampling/score.ts',
  'server/sampling/tokenizer/from-pieces.ts',
  'server/sampling/weights/torch-file.ts',
  'server/study/examine-model.ts',
  'server/text/parse-json.ts',
];

test('no list of others is spread into arguments', () => {
  const tracked = execFileSync(
    'git',
    ['ls-files', 'guard', 'protocol', 'server', 'src', 'webview', 'plots'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const found = tracked
    .split('\n')
    .filter((file) => file.endsWith('.ts'))
    .filter((file) =>
      /\.(?:push|unshift|max|min|fromCharCode)\(\.\.\./.test(readFileSync(join(root, file), 'utf8')),
    );
  assert.deepEqual(found, short);
});
