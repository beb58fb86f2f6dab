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
    outputs: fc.array(
      fc.record({ text: fc.array(line), data: fc.dictionary(fc.nat({ max: 11 }).map(String), line) }),
    ),
    source,
  },
  { requiredKeys: [] },
);
const notebook = fc.record({ metadata: fc.dictionary(fc.string(), fc.integer()), cells: fc.array(cell) });

/** Jupyter's own form: keys in the order of texts, those that are numbers, too. */
function written(value: unknown, indent: string | undefined, depth = 1): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map((one) => written(one, indent, depth + 1))
    : Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, one]) => `${JSON.stringify(key)}: ${written(one, indent, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const end = (n: number) => (indent === undefined ? '' : `\n${indent.repeat(n)}`);
  return parts.length === 0
    ? `${open}${close}`
    : `${open}${end(depth)}${parts.join(`,${end(depth)}`)}${end(depth - 1)}${close}`;
}

test('a line of the text is found in the line of the file that it is said to stand in', () => {
  fc.assert(
    fc.property(notebook, fc.constantFrom(undefined, ' '), (value, indent) => {
      const json = written(value, indent);
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)));
      const bytes = Buffer.from(json);
      const text = notebookText(bytes)!;
      const placed = placedNotebook(bytes)!;
      assert.deepEqual(Buffer.from(placed.text), Buffer.from(text));
      if (text.length === 0) return assert.deepEqual(placed.linesOfFile, []);
      const lines = Buffer.from(text).toString('utf8').split('\n');
      assert.equal(placed.linesOfFile.length, lines.length);
      const linesOfJson = json.split('\n');
      for (const [i, one] of lines.entries()) {
        const where = linesOfJson[placed.linesOfFile[i]! - 1]!;
        assert.ok(where.includes(JSON.stringify(one).slice(1, -1)), `${one} in ${where}`);
      }
      assert.ok(placed.linesOfFile.every((at, i) => i === 0 || at >= placed.linesOfFile[i - 1]!));
    }),
    { numRuns: 300 },
  );
});

test('what is no notebook has no text as one, and odd sources are what they are as strings', () => {
  const nested = '{"cells": [{"source": ["x", {"toString": 5}]}]}';
  for (const json of ['', 'x = 1', '[]', '{}', '{"cells": 1}', nested, '{"cells": [{"source": "']) {
    assert.equal(notebookText(Buffer.from(json)), undefined);
    assert.equal(placedNotebook(Buffer.from(json)), undefined);
  }
  const odd =
    '{"cells": [{"source": ["a", null, 3]}, {"source": 5}, 7, {"input": "old"}], "1": "x", "0": "y"}';
  assert.equal(Buffer.from(notebookText(Buffer.from(odd))!).toString(), 'a3\n\n5\n\nold');
  assert.equal(Buffer.from(placedNotebook(Buffer.from(odd))!.text).toString(), 'a3\n\n5\n\nold');
});

test('keys that are numbers stand in the order of texts, and every line is told as its own all the same', () => {
  const data = { '0': 'a0', '1': 'a1', '2': 'a2', '10': 'a10' };
  const cells = [
    { outputs: [{ data: { 'application/json': data } }], source: ['one\n', 'two'] },
    { source: ['three'] },
  ];
  const json = written({ cells }, ' ');
  const at = (text: string) => json.split('\n').findIndex((line) => line.includes(text)) + 1;
  const { linesOfFile } = placedNotebook(Buffer.from(json))!;
  assert.deepEqual(linesOfFile, [at('one'), at('two'), at('two'), at('three')]);
});

test('an output that is nested deeply is passed over', () => {
  const json = `{"cells": [{"outputs": ${'['.repeat(20_000)}${']'.repeat(20_000)},\n"source": "x"}]}`;
  const { text, linesOfFile } = placedNotebook(Buffer.from(json))!;
  assert.equal(Buffer.from(text).toString(), 'x');
  assert.deepEqual(linesOfFile, [2]);
});

test('what is cut off or changed anywhere is a notebook with places where it is one without', () => {
  fc.assert(
    fc.property(
      notebook,
      fc.nat(),
      fc.constantFrom('', '"', '\\', ':', ',', '{', ']', '\n', '5'),
      (value, n, put) => {
        const json = written(value, ' ');
        const at = n % (json.length + 1);
        for (const rest of [json.slice(at + 1), '']) {
          const bytes = Buffer.from(`${json.slice(0, at)}${put}${rest}`);
          assert.deepEqual(placedNotebook(bytes)?.text, notebookText(bytes));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a line end in two pieces is one', () => {
  const json = '{"cells": [{"source": [\n"a\\r",\n"\\nb",\n"c\\n"]}]}';
  assert.deepEqual(placedNotebook(Buffer.from(json))!.linesOfFile, [2, 3, 4]);
});
