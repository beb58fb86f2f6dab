// Places that lie in few bytes are those that were given, whatever their numbers and wherever a page ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackedPlaces } from '../../../server/formats/published/packed-places.ts';

type Place = readonly [whose: number, firstLine: number, lastLine: number];

const number = fc.oneof(
  fc.nat({ max: 200 }),
  fc.nat({ max: 20_000 }),
  fc.integer({ min: 2 ** 31 - 2, max: 2 ** 32 - 1 }),
);
const place = fc
  .tuple(number, number, number)
  .map(([whose, a, b]): Place => [whose, Math.min(a, b), Math.max(a, b)]);
/** Many of a kind fill pages. */
const run = fc.record({
  fragment: fc.nat({ max: 5 }),
  places: fc
    .tuple(fc.array(place, { maxLength: 6 }), fc.constantFrom(1, 1, 1, 1, 4000))
    .map(([places, times]) => Array.from({ length: times }, () => places).flat()),
  end: fc.constantFrom('keep', 'keep-new', 'drop'),
});

const beginsLike = (run: readonly Place[], like: readonly Place[]) =>
  run.length >= like.length && like.every((place, i) => place.join() === run[i]!.join());

test('runs of fragments are those that were kept, in their order', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 30 }), fc.nat({ max: 9 }), (runs, most) => {
      const packed = new PackedPlaces();
      const expected: Place[][][] = Array.from({ length: 6 }, () => []);
      for (const { fragment, places, end } of runs) {
        for (const place of places) packed.push(...place);
        const known = expected[fragment]!;
        if (end === 'keep') packed.keepRun(fragment);
        else if (end === 'keep-new') packed.keepNewRun(fragment);
        else packed.dropRun();
        const isKept =
          end === 'keep' || (end === 'keep-new' && !known.some((run) => beginsLike(run, places)));
        if (isKept && places.length > 0) known.push(places);
      }
      const given = new PackedPlaces(structuredClone(packed.toPages()));
      for (const each of [packed, given]) {
        assert.equal(each.length, expected.flat(2).length);
        for (const [fragment, runs] of expected.entries()) {
          const found: Place[] = [];
          each.each(fragment, (...place) => found.push(place));
          assert.deepEqual(found, runs.flat());
          const first: Place[] = [];
          each.each(fragment, (...place) => first.push(place), most);
          assert.deepEqual(first, runs.flat().slice(0, most));
        }
      }
    }),
    { numRuns: 100 },
  );
});
