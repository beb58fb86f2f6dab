// How texts lie in a card's stream, and how rows are put together for it: against the definition, on random rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layTexts, QUERY_TILE } from '../../../../server/sampling/cuda/lay-texts.ts';
import { StreamPacker } from '../../../../server/sampling/forms/map/pack-rows.ts';
import type { MapRow } from '../../../../server/sampling/forms/map/rows.ts';

const rows = fc
  .array(
    fc.integer({ min: 2, max: 3 * QUERY_TILE }).chain((length) =>
      fc.record({
        tokens: fc.constant(Int32Array.from({ length }, (_, i) => (i * 7919) % 997)),
        nKnown: fc.integer({ min: 1, max: length }),
      }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((all): readonly MapRow[] => all.map((row, document) => ({ ...row, document, start: 0 })));

test('every text lies whole behind the one before, and its wanted tokens behind those that they follow', () => {
  fc.assert(
    fc.property(rows, (some) => {
      const { tokens, positions, tiles, places, targets } = layTexts(some);
      const asked = some.flatMap((row) =>
        [...row.tokens.keys()].slice(row.nKnown).map((at) => ({ row, at, token: row.tokens[at]! })),
      );
      assert.deepEqual(
        [...tokens],
        some.flatMap((row) => [...row.tokens.subarray(0, -1)]),
      );
      assert.deepEqual(
        [...positions],
        some.flatMap((row) => [...row.tokens.keys()].slice(0, -1)),
      );
      assert.deepEqual(
        [...targets],
        asked.map(({ token }) => token),
      );
      for (const [i, { row, at }] of asked.entries()) {
        assert.equal(tokens[places[i]!], row.tokens[at - 1]);
        assert.equal(positions[places[i]!], at - 1);
      }
      // Every query is in one tile, which knows where its text begins and ends.
      const covered = new Set<number>();
      for (let tile = 0; tile < tiles.length; tile += 3) {
        const [text, first, end] = [tiles[tile]!, tiles[tile + 1]!, tiles[tile + 2]!];
        for (let at = first; at < Math.min(first + QUERY_TILE, end); at++) {
          assert.ok(!covered.has(at));
          covered.add(at);
          assert.equal(positions[at], at - text);
        }
        assert.ok(end === tokens.length || positions[end] === 0);
      }
      assert.equal(covered.size, tokens.length);
    }),
  );
});

test('a stream takes every row once, in order, and no more than it has room for', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 3 * QUERY_TILE, max: 9 * QUERY_TILE }), (some, nPositions) => {
      const packer = new StreamPacker(nPositions);
      const batches = some.flatMap((row) => {
        const full = packer.add(row);
        return full === undefined ? [] : [full];
      });
      batches.push(...packer.rest());
      assert.deepEqual(batches.flat(), some);
      const taken = (batch: readonly MapRow[]) => batch.reduce((sum, row) => sum + row.tokens.length - 1, 0);
      for (const [i, batch] of batches.entries()) {
        assert.ok(batch.length > 0 && taken(batch) <= nPositions);
        const next = batches[i + 1]?.[0];
        if (next) assert.ok(taken(batch) + next.tokens.length - 1 > nPositions, 'there was room for another');
      }
      assert.deepEqual([...packer.rest()], []);
    }),
  );
});
