// Places go from fragments to samples without a change, and in order of their lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placesBySample } from '../../../server/formats/published/places-by-sample.ts';

const N_SAMPLES = 4;

test('each sample has its places, sorted by their first lines as a stable sort does it', () => {
  const place = fc.record({
    whose: fc.nat({ max: N_SAMPLES - 1 }),
    firstLine: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5000 })),
    nLines: fc.integer({ min: 0, max: 9 }),
  });
  const fragments = fc.array(fc.array(place, { maxLength: 12 }), { maxLength: 12 });
  const mostAtOnce = fc.constantFrom(0, 1, 5, 40, 1000);
  fc.assert(
    fc.property(fragments, fc.infiniteStream(fc.boolean()), mostAtOnce, (fragments, choice, mostAtOnce) => {
      const places = fragments.flat();
      const flat = {
        starts: Uint32Array.from([0, ...fragments.map((_, i) => fragments.slice(0, i + 1).flat().length)]),
        whose: Uint32Array.from(places, ({ whose }) => whose),
        firstLines: Uint32Array.from(places, ({ firstLine }) => firstLine),
        lastLines: Uint32Array.from(places, ({ firstLine, nLines }) => firstLine + nLines),
      };
      // In another order, and not all of them.
      const numbers = fragments.map((_, number) => number).filter(() => choice.next().value);
      numbers.reverse();
      const found = Array.from(
        placesBySample(flat, Uint32Array.from(numbers), N_SAMPLES, mostAtOnce),
        ({ index, places: { fragments, firstLines, lastLines } }) => [
          index,
          Array.from(fragments, (fragment, i) => [fragment, firstLines[i], lastLines[i]]),
        ],
      );
      const expected = Array.from({ length: N_SAMPLES }, (_, index) => {
        const places = numbers.flatMap((number, fragment) =>
          fragments[number]!.filter(({ whose }) => whose === index).map(
            ({ firstLine, nLines }) => [fragment, firstLine, firstLine + nLines] as const,
          ),
        );
        return [index, places.sort((a, b) => a[1] - b[1])] as const;
      }).filter(([, places]) => places.length > 0);
      assert.deepEqual(found, expected);
    }),
    { numRuns: 300 },
  );
});
