// Notebooks as text, and where each line of that stands in the file: random ones in every layout that programs write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { notebookText, placedNotebook } from '../../../server/text/notebook.ts';

const line = fc.oneof(
  fc.constantFrom('', 'x = 1', '"\\n"', 'source', '"source": [', '}', 'é\u2028', '\\'),
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, '')),
);
const source = fc.oneof(
  // Jupyter’s own layout: each line but the last with its end.
  fc.array(line).map((lines) => lines.map((text, i) => (i < lines.length - 1 ? `${text}\n` : text))),
  fc.array(line).map((lines) => lines.join('\n')),
);
const cell = fc.record(
  {
    cell_type: fc.constantFrom('code', 'markdown'),
    metadata: fc.dictionary(fc.string(), line),
    outputs: fc.array(fc.record({ text: fc.array(line) })),
    source,
  },
  { requiredKeys: [] },
);
const notebook = fc.record({ metadata: fc.dictionary(fc.string(), fc.integer()), cells: fc.array(cell) });

test('a line of the text is found in the line of the file that it is said to stand in', () => {
  fc.assert(
    fc.property(notebook, fc.constantFrom(undefined, 1), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      const bytes = Buffer.from(json);
      const text = notebookText(bytes)!;
      const placed = placedNotebook(bytes)!;
      assert.deepEqual(Buffer.from(placed.text), Buffer.from(text));
      if (text.length === 0) return assert.deepEqual(placed.linesOfFile, []);
      const lines = Buffer.from(text).toString('utf8').split('\n');
      assert.equal(placed.linesOfFile.length, lines.length);
      const written = json.split('\n');
      for (const [i, one] of lines.entries()) {
        const where = written[placed.linesOfFile[i]! - 1]!;
        assert.ok(where.includes(JSON.stringify(one).slice(1, -1)), `${one} in ${where}`);
      }
      assert.ok(placed.linesOfFile.every((at, i) => i === 0 || at >= placed.linesOfFile[i - 1]!));
    }),
    { numRuns: 300 },
  );
});

test('what is no notebook has no text as one, and odd sources are what they are as strings', () => {
  for (const json of ['', 'x = 1', '[]', '{}', '{"cells": 1}']) {
    assert.equal(notebookText(Buffer.from(json)), undefined);
    assert.equal(placedNotebook(Buffer.from(json)), undefined);
  }
  const odd =
    '{"cells": [{"source": ["a", null, 3]}, {"source": 5}, 7, {"input": "old"}], "1": "x", "0": "y"}';
  assert.equal(Buffer.from(notebookText(Buffer.from(odd))!).toString(), 'a3\n\n5\n\nold');
  assert.equal(Buffer.from(placedNotebook(Buffer.from(odd))!.text).toString(), 'a3\n\n5\n\nold');
});
