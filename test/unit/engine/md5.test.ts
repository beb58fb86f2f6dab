import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Md5 } from '../../../server/engine/md5.ts';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

test('MD5 of any bytes, in any pieces and at any point, is what OpenSSL says', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (parts) => {
      const hash = new Md5();
      for (let n = 0; n < parts.length; n++) {
        hash.update(parts[n]!);
        assert.equal(hash.digest(), md5(Buffer.concat(parts.slice(0, n + 1))));
      }
    }),
  );
});

test('MD5 of lengths around the block size', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = new Uint8Array(length).fill(0xa5);
    assert.equal(new Md5().update(bytes).digest(), md5(bytes));
  }
});
