// Patterns of ignore files against git itself, on random ones.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { walkFolder } from '../../../server/corpus/walk-folder.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const names = ['a', 'b', 'ab', 'a.b', 'a b', '[a]', 'a-1', 'B', '!a', '#a', 'a\\b'];
const folder = scratchFolder();
for (const one of names) {
  for (const two of names.slice(0, 5)) {
    mkdirSync(join(folder, `d${one}`, `d${two}`), { recursive: true });
    writeFileSync(join(folder, `d${one}`, two), 'x');
    for (const three of names.slice(0, 4)) writeFileSync(join(folder, `d${one}`, `d${two}`, three), 'x');
  }
  writeFileSync(join(folder, one), 'x');
}
const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
git('init', '-q');

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'd',
    'da',
    'ab',
    '.',
    '-',
    '1',
    ' ',
    '*',
    '**',
    '?',
    '/',
    '/**/',
    '**/',
    '/**',
    '!',
    '#',
    '\\',
    '\\*',
  ],
  ...[
    '[ab]',
    '[!a]',
    '[a-c]',
    '[^b-z]',
    '[]a]',
    '[[:alpha:]]',
    '[[:upper:]]',
    '[',
    ']',
    '[a',
    '[\\]a]',
    '[z-a]',
  ],
);
const line = fc
  .array(piece, { minLength: 1, maxLength: 5 })
  .map((pieces) => pieces.join(''))
  // Git takes `d**/a` for `d*/a` by its manual, and for more by how it compares what stands before the first star.
  .filter((text) => !/[^/]\*\*/.test(text));
const file = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));

/** Each was read another way once. */
const FOUND = ['[[:alpha:]]a\\/a\n#', '/**\\/**/\na', '/**\\/**/', '**\\/**\na', '[a-[[:upper:]]\nd'].map(
  (rules): [string] => [rules],
);

test('what git ignores is passed over, and nothing else', () => {
  fc.assert(
    fc.property(file, (rules) => {
      writeFileSync(join(folder, '.gitignore'), `${rules}\n`);
      const untracked = git('-c', 'core.quotePath=false', 'ls-files', '-o', '-z', '--exclude-standard');
      const wanted = untracked.split('\0').filter((path) => path !== '' && path !== '.gitignore');
      const found = walkFolder(folder).files.map(({ path }) => path);
      assert.deepEqual(found.toSorted(), wanted.toSorted(), rules);
    }),
    { numRuns: runs(240), examples: FOUND },
  );
});
