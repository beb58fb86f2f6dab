// How many rows a device is given: as many as were fastest, but never more than its memory or its largest buffer take.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecoderSpec } from '../../../server/sampling/decoder/decoder-spec.ts';
import type { DecoderWeights } from '../../../server/sampling/decoder/decoder-weights.ts';
import { chooseDeviceForm, type DeviceProvider } from '../../../server/sampling/forms/device/device-form.ts';
import { chooseRows } from '../../../server/sampling/run/choose-rows.ts';
import { makeSpec } from '../../support/sampling/make-spec.ts';

const SMALL = makeSpec({ nLayers: 12, width: 768, attention: { nHeads: 12 }, vocabularySize: 32_768 });
const WIDE = makeSpec({ nLayers: 36, width: 1280, attention: { nHeads: 16 }, vocabularySize: 50_257 });
/** What is left out of account here. */
const NO_WEIGHTS = {
  embedding: { bareName: 'none', shape: [0] },
  positions: null,
  layers: [],
  finalNorm: { scale: { bareName: 'none', shape: [0] }, shift: null },
  head: { weight: { bareName: 'none', shape: [0] }, layout: 'out-in', bias: null },
} as unknown as DecoderWeights;
const GB = 1e9;

interface Case {
  readonly provider: DeviceProvider;
  readonly config?: DecoderSpec;
  readonly maxTokens?: number;
  readonly nSamples?: number;
  readonly freeGb: number;
  readonly batch?: number | 'auto';
}

const rows = (asked: Case) => choose(asked).nRows;

/** All samples begin with one token. */
function choose({
  provider,
  config = SMALL,
  maxTokens = 512,
  nSamples = 20_000,
  freeGb,
  batch = 'auto',
}: Case) {
  const question = {
    execution: { provider, batch, workers: 'auto' },
    checkpoint: { config, weights: NO_WEIGHTS, weightBytes: 0 },
    nSamples,
    nPositions: 1 + maxTokens,
  } as const;
  return chooseRows(question, [{ freeBytes: freeGb * GB }], chooseDeviceForm(provider, config));
}

test('a large card gets the rows that its form was fastest with', () => {
  assert.equal(rows({ provider: 'cuda', freeGb: 140 }), 2048);
  assert.equal(rows({ provider: 'webgpu', freeGb: 140 }), 1024);
  assert.equal(rows({ provider: 'dml', freeGb: 140 }), 256);
});

test('no more than there are samples', () => {
  assert.equal(rows({ provider: 'cuda', freeGb: 140, nSamples: 100 }), 128);
  assert.equal(rows({ provider: 'webgpu', freeGb: 140, nSamples: 100 }), 128);
});

test('a layer of the cache fits into the largest buffer of WebGPU', () => {
  assert.equal(rows({ provider: 'webgpu', freeGb: 140, maxTokens: 1024 }), 512);
});

test('a cache that is handed on is there twice', () => {
  // 38 MB a row, and 2 of logits.
  assert.equal(rows({ provider: 'webgpu', freeGb: (256 * 0.045) / 0.7 }), 256);
  assert.equal(rows({ provider: 'dml', freeGb: (256 * 0.045) / 0.7 }), 128);
});

test('a card is filled with whole blocks of rows, after what is there anyway', () => {
  // 189 MB of cache a row, and half a megabyte of everything else; 1.5 GB of libraries and their workspace.
  assert.equal(rows({ provider: 'cuda', config: WIDE, maxTokens: 1024, freeGb: 1.5 + 200 * 0.19 }), 192);
  assert.equal(rows({ provider: 'cuda', config: WIDE, maxTokens: 1024, freeGb: 1.5 + 40 * 0.188 }), 39);
  assert.equal(rows({ provider: 'cuda', config: WIDE, maxTokens: 1024, freeGb: 1 }), 1);
});

test('key heads that serve four queries each leave room for four times the rows', () => {
  const attention = { nHeads: 12, nKeyHeads: 3 };
  const grouped = makeSpec({ nLayers: 12, width: 768, attention, vocabularySize: 32_768 });
  assert.equal(rows({ provider: 'webgpu', config: SMALL, freeGb: (256 * 0.045) / 0.7 }), 256);
  assert.equal(rows({ provider: 'webgpu', config: grouped, freeGb: (256 * 0.045) / 0.7 }), 512);
});

test('there is room for a proof beside a batch that takes less than half of what there is', () => {
  assert.equal(choose({ provider: 'webgpu', freeGb: 140 }).leavesRoom, true);
  assert.equal(choose({ provider: 'webgpu', freeGb: 40 }).leavesRoom, false);
  assert.deepEqual(choose({ provider: 'webgpu', freeGb: 140, batch: 3000 }), {
    nRows: 3000,
    leavesRoom: false,
  });
});
