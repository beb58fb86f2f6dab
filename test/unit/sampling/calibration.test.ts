// The map's probabilities are those that the sampler draws with. `npm run bench -- discover` does it with 200 windows,
// each sampled 200 times; here there are fewer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateMap } from '../../support/sampling/calibrate-map.ts';

test('suffixes come as often as the map says, over windows neither certain nor out of reach', async () => {
  const { nWindows, deviate, observed, expected } = await calibrateMap({
    ...{ nWindows: 12, nSamples: 24, prefix: 16, suffix: 10, seed: 18 },
    ...{ least: 0.1, most: 0.9 },
  });
  assert.equal(nWindows, 12);
  assert(Math.abs(deviate) < 3, `${deviate} standard deviations`);
  assert(Math.abs(observed - expected) < 0.15 * 12 * 24, `${observed}, not about ${expected}`);
});
