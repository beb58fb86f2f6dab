// How far a map is in a shard: as far as the model, never as far as the reader alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Shard } from '../../../../server/corpus/shard.ts';
import { shardFormats } from '../../../../server/corpus/shard-format.ts';
import { MeasuredBytes } from '../../../../server/study/maps/measured-bytes.ts';

const shardOf = (format: Shard['format'], nBytes: number) => ({ format, nBytes }) as Shard;

test('bytes only grow, are never more than were read, and add up to the shard’s, in any format', () => {
  const step = fc.oneof(fc.record({ read: fc.nat(500) }), fc.record({ measured: fc.nat(20_000) }));
  fc.assert(
    fc.property(fc.constantFrom(...shardFormats), fc.nat(3000), fc.array(step), (format, nBytes, steps) => {
      let told = 0;
      let read = 0;
      const progress = new MeasuredBytes(shardOf(format, nBytes), (n) => {
        assert(n > 0);
        told += n;
      });
      for (const one of steps) {
        if ('read' in one) progress.read(one.read);
        else progress.measured(one.measured);
        read += 'read' in one ? one.read : 0;
        assert(told <= Math.min(read, nBytes));
      }
      progress.finish();
      assert.equal(told, nBytes);
    }),
  );
});

test('a shard that is read in one piece is done as its documents are', () => {
  const told: number[] = [];
  const progress = new MeasuredBytes(shardOf('jsonl', 1000), (n) => told.push(n));
  progress.read(1000);
  for (const place of [0, 200, 100, 600]) progress.measured(place);
  assert.deepEqual(told, [200, 400]);
  progress.finish();
  assert.deepEqual(told, [200, 400, 400]);
});
