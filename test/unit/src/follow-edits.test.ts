// Marks in a text that is edited, against the plain way: every line of the text knows whether it is untouched.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SampleMark } from '../../../protocol/fragments.ts';
import { followEdits, lineChange } from '../../../src/decorations/follow-edits.ts';

const N_LINES = 30;
const range = fc
  .record({ first: fc.integer({ min: 1, max: N_LINES }), length: fc.integer({ min: 1, max: 8 }) })
  .map(({ first, length }) => ({ firstLine: first, lastLine: Math.min(N_LINES, first + length - 1) }));

const marked = ({ firstLine, lastLine }: { firstLine: number; lastLine: number }): SampleMark => ({
  fingerprint: `${firstLine}-${lastLine}`,
  firstLine,
  lastLine,
  train: 1,
  nRepositories: 1,
  source: null,
  licenses: [],
});

test('a mark is where its lines went, and gone when one of them changed', () => {
  const edit = fc.record({
    at: range,
    nLines: fc.integer({ min: 0, max: 5 }),
    isInsertion: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), edit, (ranges, { at, nLines, isInsertion }) => {
      const change = isInsertion
        ? { firstLine: at.firstLine, lastLine: at.firstLine - 1, nLines: nLines + 1 }
        : { ...at, nLines };
      const before = Array.from({ length: N_LINES }, (_, i) => `line ${i + 1}`);
      const after = before.toSpliced(
        change.firstLine - 1,
        change.lastLine - change.firstLine + 1,
        ...Array.from({ length: change.nLines }, () => 'new'),
      );
      const followed = followEdits(ranges.map(marked), [change]);
      const expected = ranges.flatMap((mark) => {
        const lines = before.slice(mark.firstLine - 1, mark.lastLine);
        const found = after.indexOf(lines[0]!);
        const isWhole = found >= 0 && lines.every((line, i) => after[found + i] === line);
        return isWhole ? [{ name: marked(mark).fingerprint, firstLine: found + 1 }] : [];
      });
      assert.deepEqual(
        followed.map(({ fingerprint, firstLine }) => ({ name: fingerprint, firstLine })),
        expected,
      );
    }),
  );
});

test('what VS Code reports of a change is read as the lines that it touches', () => {
  const at = (line: number, character: number) => ({ line, character });
  const cases = [
    // A character in line 3.
    [at(2, 4), at(2, 4), 'x', 'within', { firstLine: 3, lastLine: 3, nLines: 1 }],
    // A whole line in front of line 3.
    [at(2, 0), at(2, 0), 'new\n', 'within', { firstLine: 3, lastLine: 2, nLines: 1 }],
    // Lines 3 and 4 taken out.
    [at(2, 0), at(4, 0), '', 'within', { firstLine: 3, lastLine: 4, nLines: 0 }],
    // Return at the end of line 3.
    [at(2, 9), at(2, 9), '\n  ', 'line end', { firstLine: 4, lastLine: 3, nLines: 1 }],
    // Return in the middle of line 3.
    [at(2, 4), at(2, 4), '\r\n', 'within', { firstLine: 3, lastLine: 3, nLines: 2 }],
  ] as const;
  for (const [start, end, text, place, expected] of cases) {
    assert.deepEqual(lineChange({ range: { start, end }, text }, place), expected);
  }
});
