// What a heat map paints: classes of tokens, runs of them, and where they are in an editor whose line ends are not the text's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskRanges, placesInMasked } from '../../../server/analysis/sensitive.ts';
import { utf16Ends } from '../../../server/text/utf-16-places.ts';
import { heatRuns, spanAt, tokensThenWindows, windowSpans } from '../../../src/heat-map/heat-runs.ts';
import { HEATS, heatOf } from '../../../src/heat-map/heat-scale.ts';
import { TextPlaces } from '../../../src/heat-map/text-places.ts';

test('a class holds what is four times as far from certainty as the one before', () => {
  for (const [logp, heat] of [
    [0, 'certain'],
    [-1 / 16, 'certain'],
    [-0.07, 'likely'],
    [-0.3, 'even'],
    [-1.1, 'unlikely'],
    [-4.1, 'surprising'],
    [null, 'surprising'],
  ] as const) {
    assert.equal(heatOf(logp), heat, String(logp));
  }
  const bounds = HEATS.slice(0, -1).map(({ least }) => least);
  for (const [i, least] of bounds.slice(1).entries()) assert.equal(least, 4 * bounds[i]!);
});

const spans = fc
  .array(
    fc.record({
      gap: fc.nat(2),
      length: fc.nat(4),
      logp: fc.option(fc.double({ min: -8, max: 0, noNaN: true })),
    }),
    { maxLength: 40 },
  )
  .map((pieces) => {
    let at = 0;
    return pieces.map(({ gap, length, logp }) => {
      const start = at + gap;
      at = start + length;
      return { start, end: at, logp };
    });
  });

test('runs paint each place as its token, and nothing twice', () => {
  fc.assert(
    fc.property(spans, (tokens) => {
      const runs = heatRuns(tokens);
      for (let place = 0; place <= (tokens.at(-1)?.end ?? 0); place++) {
        const token = tokens.find(({ start, end }) => start <= place && place < end);
        const painted = runs.filter(({ start, end }) => start <= place && place < end);
        assert.deepEqual(
          painted.map(({ heat }) => heat),
          token === undefined ? [] : [heatOf(token.logp)],
        );
      }
      for (const [i, run] of runs.slice(1).entries()) {
        assert.ok(runs[i]!.end < run.start || runs[i]!.heat !== run.heat);
      }
    }),
  );
});

test('windows that overlap are painted each up to the next, with the mean of their tokens', () => {
  const windows = [
    { start: 0, end: 10, logp: -5, nTokens: 5 },
    { start: 4, end: 14, logp: null, nTokens: 5 },
    { start: 20, end: 30, logp: -10, nTokens: 5 },
  ];
  assert.deepEqual(windowSpans(windows), [
    { start: 0, end: 4, logp: -1 },
    { start: 4, end: 14, logp: null },
    { start: 20, end: 30, logp: -2 },
  ]);
  const tokens = [
    { start: 0, end: 6, logp: 0 },
    { start: 6, end: 16, logp: -3 },
  ];
  assert.deepEqual(tokensThenWindows(tokens, windows), [...tokens, { start: 20, end: 30, logp: -2 }]);
  assert.equal(spanAt(windows, 3), windows[0]);
  assert.equal(spanAt(windows, 13), windows[1]);
  assert.equal(spanAt(windows, 15), undefined);
  assert.equal(spanAt([], 0), undefined);
});

const text = fc.string({
  unit: fc.constantFrom('a', ' ', 'ö', '尺', '😀', '\n', '\r', '\r\n'),
  maxLength: 40,
});

test('lines and characters are those that an editor counts, whatever ends the lines', () => {
  fc.assert(
    fc.property(text, (written) => {
      const places = new TextPlaces(written);
      const lines = written.split(/\r\n|\r|\n/);
      let offset = 0;
      for (const [line, content] of lines.entries()) {
        for (let character = 0; character <= content.length; character++) {
          assert.deepEqual(places.of(offset + character), { line, character });
          assert.equal(places.offsetAt({ line, character }), offset + character);
        }
        offset += content.length;
        offset += /^(?:\r\n|\r|\n)/.exec(written.slice(offset))?.[0].length ?? 0;
      }
    }),
  );
});

test('pieces of bytes end where their string does, also inside of a character', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), fc.array(fc.nat(30)), (random, cuts) => {
      const bytes = Buffer.concat([Buffer.from('aö尺😀'), random]);
      const ends = [...cuts, bytes.length].sort((a, b) => a - b).filter((end) => end <= bytes.length);
      const found = utf16Ends(bytes, ends);
      assert.equal(found.at(-1), new TextDecoder().decode(bytes).length);
      const valid = Buffer.from('aö尺😀');
      assert.deepEqual([...utf16Ends(valid, [1, 2, 3, 4, 6, valid.length])], [1, 1, 2, 2, 3, 5]);
      for (const [i, end] of found.slice(1).entries()) assert.ok(end >= found[i]!);
    }),
  );
});

test('what stands before and behind a mask is found in the masked text', () => {
  const ranges = fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 12 })), { maxLength: 5 });
  fc.assert(
    fc.property(fc.string({ minLength: 60, maxLength: 60 }), ranges, (written, pairs) => {
      const masks = pairs.map(([start, length]) => ({
        ...{ kind: 'email', rule: 'email', start },
        end: Math.min(60, start + length),
      })) as Parameters<typeof maskRanges>[1];
      const masked = maskRanges(written, masks);
      const placeOf = placesInMasked(written, masks);
      for (let at = 0; at < written.length; at++) {
        if (masks.some(({ start, end }) => start <= at && at < end)) continue;
        assert.equal(masked[placeOf(at)], written[at]);
      }
      assert.equal(placeOf(written.length), masked.length);
    }),
  );
});
