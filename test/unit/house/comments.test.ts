// Comments are sentences that can be read alone: none opens with a word that leans on what stands around it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commentsOf } from '../../support/house/comments.ts';
import { PRODUCT, readSources } from '../../support/house/imports.ts';

const LEANING = /^(?:Of|By|As|Such|Likewise|The same|Where)\b/;

const leaning = (sources: ReadonlyMap<string, string>) =>
  [...sources].flatMap(([file, source]) =>
    commentsOf(file, source)
      .filter(({ text }) => LEANING.test(text))
      .map(({ line, text }) => `${file}:${line}: ${text.split('\n')[0]}`),
  );

test('no comment opens with Of, By, As, Such, Likewise, The same or Where', () => {
  const sources = readSources([...PRODUCT, 'test']);
  const nComments = [...sources].reduce((n, [file, source]) => n + commentsOf(file, source).length, 0);
  assert(nComments > 3000, `only ${nComments} comments were found`);
  assert.deepEqual(leaning(sources), []);
});

test('planted openings are found, and strings are no comments', () => {
  const planted = [
    '/** Of the joint projection. */',
    '/**\n * By rank.\n */',
    '// As before.',
    'const a = 1; // Such a number.',
    '// A first line\n\n// Likewise here.',
    '/* The same. */',
    "const quote = '\"'; // Where it lies.",
    'const slashes = /\\/\\*/; // Of a rule.',
  ];
  for (const source of planted) assert.equal(leaning(new Map([['x.ts', source]])).length, 1, source);
  const innocent = [
    "const text = '// Of a string';",
    'const text = `/** As it is. */`;',
    '// Office hours.\n// Of these lines the second goes on.',
    "const link = 'https://host'; // A link.",
  ];
  for (const source of innocent) assert.deepEqual(leaning(new Map([['x.ts', source]])), [], source);
});
