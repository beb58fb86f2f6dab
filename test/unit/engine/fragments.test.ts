// Fragments from partial results against the two oracles, on adversarial texts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MatchRule } from '../../../protocol/study.ts';
import { findFragments } from '../../../server/engine/find-fragments.ts';
import { type Scene, scene } from '../../oracle/adversarial-text.ts';
import { bruteForce } from '../../oracle/brute-force.ts';
import { plainFragments } from '../../oracle/plain-fragments.ts';
import { plainScan } from '../../oracle/plain-runs.ts';
import { runs } from '../../support/in-ci.ts';
import { withLines } from '../../support/with-lines.ts';

const rules = fc.record({
  minLines: fc.constantFrom(1, 2, 3, 6),
  profile: fc.constantFrom('exact-1' as const, 'text-1' as const),
});

const scan = ({ samples, shards }: Scene, rule: MatchRule) => ({
  samples,
  rule,
  results: shards.map(({ shard, documents }) => ({ shard, result: plainScan(samples, rule, documents) })),
});

test('fragments, counts, places and families are those of brute force over all pairs', () => {
  fc.assert(
    fc.property(scene, rules, (given, rule) => {
      const expected = bruteForce(given.samples, rule, given.shards);
      assert.deepEqual([...findFragments(withLines(scan(given, rule)))], expected);
    }),
    { numRuns: runs(1500) },
  );
});

test('the plain form agrees with brute force', () => {
  fc.assert(
    fc.property(scene, rules, (given, rule) => {
      assert.deepEqual(plainFragments(scan(given, rule)), bruteForce(given.samples, rule, given.shards));
    }),
    { numRuns: runs(300) },
  );
});
