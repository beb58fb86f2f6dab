// Which licence a text quotes, against the definition with each run of words as a string.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { indexLicenses, type LicenseText } from '../../../server/analysis/license-index.ts';
import { runs } from '../../support/in-ci.ts';

const WORDS = ['software', 'the', 'of', 'any', 'copy', 'warranty'];

/** The first of the licences that hold most of a text's runs of five words, if those are half of them. */
function plainMatch(licenses: readonly LicenseText[], words: readonly string[]): string | null {
  const runsOf = (list: readonly string[]) => list.slice(4).map((_, i) => list.slice(i, i + 5).join(' '));
  const counts = licenses.map(({ text }) => {
    const held = new Set(runsOf(text.split(' ')));
    return runsOf(words).filter((run) => held.has(run)).length;
  });
  const most = Math.max(...counts);
  return most < (words.length - 4) / 2 ? null : licenses[counts.indexOf(most)]!.spdxId;
}

test('a text quotes the first licence that holds most of its runs, if that is half of them', () => {
  const word = fc.constantFrom(...WORDS);
  const license = fc.array(word, { maxLength: 60 });
  // Parts of the licences, and words that stand in none.
  const cut = (words: readonly string[], at: number) => words.slice(at % (words.length + 1)).slice(0, 20);
  const given = fc.array(license, { minLength: 1, maxLength: 5 }).chain((all) => {
    const part = fc.tuple(fc.constantFrom(...all), fc.nat(60)).map(([words, at]) => cut(words, at));
    const other = fc.constantFrom(['other'], ['software', 'other', 'the']);
    const text = fc.array(fc.oneof(part, part, other), { minLength: 1, maxLength: 6 });
    return fc.tuple(
      fc.constant(all),
      text.map((parts) => ['software', ...parts.flat()]),
    );
  });
  const whole = Array.from({ length: 3 }, () => WORDS).flat();
  const seen = new Set<string | null>();
  fc.assert(
    fc.property(given, ([all, words]) => {
      fc.pre(words.length >= 12);
      const licenses = all.map((list, i) => ({ spdxId: `L${i}`, text: list.join(' ') }));
      const expected = plainMatch(licenses, words);
      seen.add(expected);
      assert.equal(indexLicenses(licenses).match(`# ${words.join('\n# ')}`), expected);
    }),
    // Each outcome once, whatever else comes up.
    { numRuns: runs(500), examples: [[[[whole], whole]], [[[['of'], whole], whole]], [[[['of']], whole]]] },
  );
  assert(seen.has(null) && seen.has('L0') && seen.has('L1'));
});
