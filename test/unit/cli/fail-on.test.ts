// The conditions of --fail-on: what is understood, what is refused, and what a licence's name covers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, namesLicense, parseCondition } from '../../../server/cli/fail-on-condition.ts';

function condition(text: string) {
  const parsed = parseCondition(text);
  assert(typeof parsed !== 'string', `${text}: ${parsed}`);
  return parsed;
}

test('a condition compares a number or a share', () => {
  for (const [text, value, expected] of [
    ['memorised-samples>0.5%', 0.5, false],
    ['memorised-samples>0.5%', 0.51, true],
    ['memorised-samples >= 3', 3, true],
    ['memorized-samples<3', 3, false],
    ['memorised-lines<=10%', 10, true],
    ['fragments=0', 0, true],
    ['longest-fragment>=50', 49, false],
    ['problems>0', 1, true],
    ['licence:GPL-3.0', 1, true],
    ['licence:GPL-3.0', 0, false],
    ['license:gpl-3.0>5', 5, false],
    ['extractable(100,0.5)>0.1%', 0.2, true],
    ['greedy>90%', 91, true],
    ['near-verbatim<5%', 4, true],
    ['argmax>=1', 0, false],
    ['Extractable( 1000000 , .99 ) <= 3', 4, false],
  ] as const)
    assert.equal(holds(condition(text), value), expected, `${text} for ${value}`);
});

test('the unit is part of the condition', () => {
  assert.equal(condition('memorised-samples>1%').unit, 'per cent');
  assert.equal(condition('memorised-samples>1').unit, 'count');
});

test('what cannot be judged is refused with a reason', () => {
  for (const [text, reason] of [
    ['memorised-samples', /needs a limit, as in memorised-samples>0\.5%/],
    ['fragments>1%', /a number, not a share/],
    ['licence:MIT>1%', /no share/],
    ['licence:', /must begin with/],
    ['fragmets>1', /must begin with licence:NAME or memorised-samples, /],
    ['fragments>>1', /must begin with|needs a limit/],
    ['fragments>-1', /must begin with|needs a limit/],
    ['', /must begin with/],
    ['extractable(100,0.5)', /needs a limit/],
    ['extractable(0,0.5)>1', /must begin with/],
    ['extractable(10,1.5)>1', /must begin with/],
    ['extractable(10,0.0)>1', /above 0/],
  ] as const)
    assert.match(String(parseCondition(text)), reason, text);
});

test("a licence's name covers its variants and no other licence", () => {
  for (const [pattern, license, expected] of [
    ['gpl-3.0', 'GPL-3.0', true],
    ['gpl-3.0', 'GPL-3.0-or-later', true],
    ['gpl-3.0', 'GPL-3.0-only', true],
    ['gpl-3.0', 'GPL-3.0+', true],
    ['gpl-3.0', '(MIT OR GPL-3.0-only)', true],
    ['gpl-3.0', 'LGPL-3.0', false],
    ['gpl-3.0', 'AGPL-3.0-or-later', false],
    ['gpl-3.0', 'GPL-3x0', false],
    ['gpl-*', 'GPL-2.0-only WITH Classpath-exception-2.0', true],
    ['gpl-*', 'LGPL-2.1', false],
    ['*gpl-*', 'LGPL-2.1', true],
    ['*', '', false],
    ['mit', 'mit', true],
  ] as const)
    assert.equal(namesLicense(pattern, license), expected, `${pattern} in ${license}`);
});
