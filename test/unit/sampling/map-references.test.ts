// Windows against transformers in double precision: test/fixtures/make-map-references.py made what they must be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { DrawingRule } from '../../../server/sampling/forms/map/drawing-rule.ts';
import { mapBatch, openMapper } from '../../../server/sampling/forms/map/map-batch.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { DEMO_MODEL } from '../../support/demo.ts';
import { someOf } from '../../support/in-ci.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const LLAMA = join(FIXTURES, 'models', 'llama');

interface Reference {
  readonly prefix: number;
  readonly rule: DrawingRule;
  readonly windows: readonly {
    readonly tokens: readonly number[];
    readonly logp: number | null;
    readonly logpPlain: number;
    readonly nArgmax: number;
    readonly margin: number;
  }[];
}

/**
 * Nats a window: a sum of 50 log-probabilities in 32 bits is off by a millionth of its size, whoever adds it up, and that
 * is more than a thousandth where text is so unlikely that it has hundreds of nats.
 */
const tolerance = (logp: number): number => Math.max(1e-3, 1e-5 * Math.abs(logp));
/** Logits nearer than this are one to 32-bit floats. */
const MARGIN = 1e-4;

/** Some of the demo’s thousand windows are measured at a desk, and all in continuous integration. */
const CASES = [
  ['demo-top-40', DEMO_MODEL, 1000, 16],
  ['llama-plain', LLAMA, 100, 1],
  ['llama-top-300', LLAMA, 200, 1],
] as const;

for (const [name, folder, nWindows, step] of CASES) {
  test(`${name}, as transformers in double precision`, async () => {
    const stored = gunzipSync(readFileSync(join(FIXTURES, 'maps', `${name}.json.gz`)));
    const { prefix, rule, windows: all }: Reference = JSON.parse(stored.toString());
    assert.equal(all.length, nWindows);
    const windows = someOf(all, step);
    const checkpoint = await openCheckpoint(folder);
    const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
    const measure = await openMapper(checkpoint, rule, session);
    let nDecided = 0;
    for (let at = 0; at < windows.length; at += 10) {
      const rows = windows.slice(at, at + 10).map(({ tokens }, i) => ({
        document: at + i,
        start: prefix,
        tokens: Int32Array.from(tokens),
        nKnown: prefix,
      }));
      for (const { document, drawn, plain, best } of await mapBatch(measure, rule, rows)) {
        const wanted = windows[document]!;
        const isClose = (actual: ArrayLike<number>, expected: number) =>
          assert(
            Math.abs(sum(actual) - expected) <= tolerance(expected),
            `${document}: ${sum(actual)}, not ${expected}`,
          );
        isClose(plain, wanted.logpPlain);
        if (wanted.margin < MARGIN) continue;
        nDecided++;
        assert.equal(sum(best), wanted.nArgmax);
        if (wanted.logp === null) assert.equal(sum(drawn), -Infinity);
        else isClose(drawn, wanted.logp);
      }
    }
    assert(nDecided >= 0.8 * windows.length, `only ${nDecided} of ${windows.length} are decided`);
  });
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
