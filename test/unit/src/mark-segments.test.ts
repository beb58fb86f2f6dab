// The segments of a sample's marks: every marked line once, with exactly the marks that cover it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SampleMark } from '../../../protocol/fragments.ts';
import { LEVELS, levelOfTrain } from '../../../src/decorations/level.ts';
import { levelRuns, markSegments } from '../../../src/decorations/mark-segments.ts';

const mark = fc
  .record({
    firstLine: fc.integer({ min: 1, max: 30 }),
    length: fc.integer({ min: 1, max: 12 }),
    train: fc.integer({ min: 1, max: 3000 }),
  })
  .map(
    ({ firstLine, length, train }): SampleMark => ({
      fingerprint: `${firstLine}-${length}-${train}`,
      firstLine,
      lastLine: firstLine + length - 1,
      train,
      nRepositories: 1,
      source: null,
      licenses: [],
    }),
  );

test('every line lies in the segment of exactly the marks that cover it', () => {
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 12 }), (marks) => {
      const segments = markSegments(marks);
      for (let line = 1; line <= 45; line++) {
        const covering = marks.filter(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
        const found = segments.filter(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
        assert.equal(found.length, covering.length === 0 ? 0 : 1);
        assert.deepEqual(new Set(found[0]?.marks ?? []), new Set(covering));
      }
    }),
  );
});

test('a segment has the level of its highest count and names its longest mark first', () => {
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 12 }), (marks) => {
      for (const { level, marks: covering } of markSegments(marks)) {
        const most = Math.max(...covering.map(({ train }) => train));
        assert.equal(level, levelOfTrain(most));
        const lengths = covering.map(({ firstLine, lastLine }) => lastLine - firstLine);
        assert.deepEqual(
          lengths,
          lengths.toSorted((a, b) => b - a),
        );
      }
    }),
  );
});

test('runs join touching segments of one level, and lose none', () => {
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 12 }), (marks) => {
      const segments = markSegments(marks);
      const runs = levelRuns(segments);
      assert.deepEqual(runs.flat(), segments);
      for (const [i, run] of runs.entries()) {
        assert.equal(new Set(run.map(({ level }) => level)).size, 1);
        const next = runs[i + 1]?.[0];
        const touches = next !== undefined && run.at(-1)!.lastLine + 1 === next.firstLine;
        assert.ok(!touches || next.level !== run[0]!.level, 'Two runs that should be one');
      }
    }),
  );
});

test('levels go up by tens', () => {
  const levels = [1, 2, 9, 10, 99, 100, 999, 1000, 1e6].map((train) => LEVELS.indexOf(levelOfTrain(train)));
  assert.deepEqual(levels, [0, 1, 1, 2, 2, 3, 3, 4, 4]);
});
