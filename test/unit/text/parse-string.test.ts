// A JSON string by itself is what it is as a value of an object, whose strings are read byte by byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseObject, parseString } from '../../../server/text/parse-json.ts';
import { runs } from '../../support/in-ci.ts';

const part = fc.oneof(
  fc.constantFrom(
    'a',
    ' ',
    'é',
    '🌲',
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\u0041',
    '\\u00e9',
    '\\ud83c\\udf32',
  ),
  fc.constantFrom(
    '\\ud83c',
    '\\x',
    '\\U0041',
    '\\',
    '"',
    '\n',
    '\t',
    '\u0000',
    '\u007f',
    '\\\\u0041',
    '\\u12',
  ),
);
const inside = fc.array(fc.oneof({ weight: 6, arbitrary: part }, { weight: 1, arbitrary: fc.string() }));
const bytes = fc.oneof(
  inside.map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 12 }).map((some) => Buffer.from(some)),
);

test('a string by itself has the bytes that it has in an object', () => {
  let nStrings = 0;
  fc.assert(
    fc.property(bytes, fc.constantFrom('', ' ', '\r\n\t'), fc.boolean(), (inner, blank, isLong) => {
      const filler = Buffer.from(isLong ? 'x'.repeat(70_000) : '');
      const quoted = Buffer.concat([Buffer.from('"'), inner, filler, Buffer.from(`"${blank}`)]);
      const inObject = parseObject(Buffer.concat([Buffer.from('{"a":'), quoted, Buffer.from('}')]));
      const value = inObject === 'not-json' ? undefined : inObject.get('a');
      const expected =
        value?.kind === 'string' && inObject !== 'not-json' && inObject.size === 1 ? value.bytes : undefined;
      const given = parseString(quoted);
      assert.deepEqual(given && Buffer.from(given), expected && Buffer.from(expected));
      if (given !== undefined) nStrings++;
    }),
    { numRuns: runs(2000) },
  );
  assert(nStrings > 100);
});

test('what is no string by itself is none', () => {
  for (const text of ['', '1', 'null', '{"a":"b"}', '["a"]', '"a" "b"', '"a"b', '"a', "'a'", '"a"\u00a0'])
    assert.equal(parseString(Buffer.from(text)), undefined, text);
});
