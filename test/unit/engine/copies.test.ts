// Copies of texts against a plain search, and the lines and regions of a map's windows.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CopyCounter } from '../../../server/engine/copy-counter.ts';
import { lineAt, lineBeginnings } from '../../../server/engine/line-numbers.ts';
import { joinRegions } from '../../../server/engine/map-regions.ts';
import type { KeptWindow } from '../../../server/engine/mapped-shard.ts';

/** Whole numbers below a limit, the same every time. */
function numbers(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
}

test('copies are those of a plain search, overlapping too', () => {
  const below = numbers(7);
  for (const letters of [1, 2, 4, 200]) {
    const texts = Array.from({ length: 5 }, () =>
      Uint8Array.from({ length: 1 + below(400) }, () => 55 + below(letters)),
    );
    const counter = new CopyCounter();
    const asked: { readonly text: Uint8Array; readonly id: number }[] = [];
    for (const text of texts) {
      for (let i = 0; i < 12; i++) {
        const start = below(text.length);
        const length = 1 + below(Math.min(70, text.length - start));
        asked.push({ text: text.slice(start, start + length), id: counter.add(text, start, length) });
      }
    }
    for (const text of texts) counter.read(text);
    for (const { text, id } of asked) {
      assert.equal(counter.countOf(id), occurrences(texts, text), Buffer.from(text).toString('latin1'));
    }
  }
});

function occurrences(texts: readonly Uint8Array[], wanted: Uint8Array): number {
  let n = 0;
  for (const text of texts) {
    const all = Buffer.from(text);
    for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) n++;
  }
  return n;
}

test('lines end at LF, CRLF and CR', () => {
  const text = Buffer.from('a\nbc\r\nd\re\n');
  const beginnings = lineBeginnings(text);
  const lines = Array.from(text, (_, byte) => lineAt(beginnings, byte));
  assert.deepEqual(lines, [1, 1, 2, 2, 2, 2, 3, 3, 4, 4]);
});

test('windows that touch are one region, named as a fragment of the same lines would be', () => {
  const text = Buffer.from('zero\n  one\n\ntwo \nthree\n');
  const window = (byteOffset: number, nBytes: number, logp: number): KeptWindow => ({
    ...{ start: 0, logpPlain: logp, nArgmax: 0, tokens: new Uint32Array() },
    ...{ firstLine: 1, lastLine: 1, byteOffset, nBytes, logp },
  });
  const windows = [window(5, 6, -1), window(11, 6, -0.5), window(17, 5, -20), window(22, 1, -2)];
  const regions = joinRegions(text, windows, Math.log(1e-4), 'exact-1');
  assert.deepEqual(
    regions.map(({ text: own, fingerprint: _, ...rest }) => ({ ...rest, text: Buffer.from(own).toString() })),
    [
      { byteOffset: 5, text: '  one\n\ntwo \n', firstLine: 2, lastLine: 4, nWindows: 2, bestLogp: -0.5 },
      { byteOffset: 22, text: '\n', firstLine: 5, lastLine: 5, nWindows: 1, bestLogp: -2 },
    ],
  );
  assert.equal(regions[0]!.fingerprint, createHash('md5').update('one\ntwo').digest('hex'));
});
