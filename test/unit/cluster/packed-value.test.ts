// What tasks hand over comes back as it was, and what is damaged or cut is never taken for something else.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack, unpack } from '../../../server/cluster/packed-value.ts';
import { RecordWriter, readRecords } from '../../../server/cluster/record-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

const arrays = fc.oneof(
  fc.uint8Array(),
  fc.uint16Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    arrays,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
}));
/** Objects without a prototype are what the generator makes, and no data is. */
const plain = (given: unknown): unknown => {
  if (Array.isArray(given)) return given.map(plain);
  if (typeof given !== 'object' || given === null || ArrayBuffer.isView(given)) return given;
  return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, plain(one)]));
};

test('any value comes back, of whatever arrays and numbers', () => {
  fc.assert(
    fc.property(value, (given) => {
      // Files are read so: a view into something larger.
      const packed = pack(given);
      const inside = Buffer.concat([new Uint8Array(3), packed]).subarray(3);
      assert.deepEqual(unpack(inside), plain(given));
    }),
    { numRuns: 200 },
  );
});

test('bytes that are no packed value are refused or read, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        unpack(bytes);
      } catch (error) {
        assert(error instanceof Error);
      }
    }),
  );
  const packed = pack({ a: new Uint32Array(4) });
  for (let n = 0; n < packed.length; n++) assert.throws(() => unpack(packed.subarray(0, n)));
});

test('of a file that was cut anywhere, or has rubbish at its end, the whole records are read', () => {
  const path = join(scratchFolder(), 'records');
  const records = [new Uint8Array(0), Buffer.from('one'), Buffer.alloc(5000, 7)];
  const ends = [0];
  {
    using out = new RecordWriter(path);
    for (const record of records) {
      out.append(record);
      ends.push(ends.at(-1)! + 8 + record.length);
    }
  }
  const whole = readFileSync(path);
  for (const length of [...ends, ...ends.map((end) => end + 1), 12, 4000, whole.length]) {
    writeFileSync(path, whole);
    truncateSync(path, Math.min(length, whole.length));
    const nWhole = ends.filter((end) => end <= length).length - 1;
    const read = [...readRecords(path)].map((record) => new Uint8Array(record));
    assert.deepEqual(
      read,
      records.slice(0, nWhole).map((record) => new Uint8Array(record)),
    );
  }
  writeFileSync(path, whole);
  appendFileSync(path, Buffer.alloc(40, 255));
  assert.equal([...readRecords(path)].length, 3);
  whole[12] = whole[12]! ^ 1;
  writeFileSync(path, whole);
  assert.equal([...readRecords(path)].length, 1, 'and none behind one that is damaged');
});
