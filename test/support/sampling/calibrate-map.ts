// The map and the sampler against each other: windows of the demo's training data that the map finds neither certain
// nor out of reach are sampled many times, each behind its own prefix. How often the suffix comes must be binomial with
// the map's probability.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { countWindows } from '../../../server/analysis/map-windows.ts';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { cutExactly } from '../../../server/sampling/forms/map/cut-rows.ts';
import { mapBatch, openMapper } from '../../../server/sampling/forms/map/map-batch.ts';
import type { MapRow } from '../../../server/sampling/forms/map/rows.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import { createEncoder } from '../../../server/sampling/tokenizer/encode-text.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../demo.ts';

export interface CalibrationRequest {
  readonly nWindows: number;
  readonly nSamples: number;
  readonly prefix: number;
  readonly suffix: number;
  /** Windows outside are passed over. */
  readonly least: number;
  readonly most: number;
  readonly seed: number;
}

export interface Calibration {
  readonly nWindows: number;
  /** Sum over windows of (observed − n·p)² / (n·p·(1 − p)). */
  readonly chiSquare: number;
  /** `chiSquare` as a standard normal deviate (Wilson and Hilferty 1931), its degrees of freedom being the windows. */
  readonly deviate: number;
  readonly observed: number;
  readonly expected: number;
}

const DRAWING = { temperature: 1, topK: 40 } as const;
const ROWS_AT_ONCE = 64;

export async function calibrateMap(request: CalibrationRequest): Promise<Calibration> {
  const { prefix, suffix, nSamples, seed } = request;
  const checkpoint = await openCheckpoint(DEMO_MODEL);
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const chosen = await chooseWindows(request);
  const endless = { ...checkpoint, config: { ...checkpoint.config, eosTokens: [] } };
  const rule = { topK: DRAWING.topK, topP: 1, greedy: false };
  const sample = await openSampler(endless, rule, { kind: 'cached' }, session);
  const settings = { seed, maxTokens: suffix, schedule: { kind: 'constant', temperature: 1 } } as const;
  const observed = chosen.map(() => 0);
  const total = chosen.length * nSamples;
  for (let at = 0; at < total; at += ROWS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, total - at) }, (_, i) => {
      const { row } = chosen[Math.floor((at + i) / nSamples)]!;
      return { sampleId: at + i, prompt: [...row.tokens.subarray(0, prefix)] };
    });
    for (const { sampleId, tokens } of (await sample(settings, rows, () => false))!) {
      const window = Math.floor(sampleId / nSamples);
      const wanted = chosen[window]!.row.tokens.subarray(prefix);
      if (tokens.every((token, i) => token === wanted[i])) observed[window]!++;
    }
  }
  return judge(
    chosen.map(({ p }) => p),
    observed,
    nSamples,
  );
}

interface ChosenWindow {
  readonly row: MapRow;
  readonly p: number;
}

/** The first windows of documents that lie apart, one a document. */
async function chooseWindows(request: CalibrationRequest): Promise<readonly ChosenWindow[]> {
  const { nWindows, prefix, suffix, least, most } = request;
  const checkpoint = await openCheckpoint(DEMO_MODEL);
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, DRAWING, session);
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  const documents = gunzipSync(readFileSync(join(DEMO_CORPUS, 'shard-0001.json.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const chosen: ChosenWindow[] = [];
  for (const line of documents) {
    const text = Buffer.from(JSON.parse(line).content.slice(0, 1500));
    const tokens = Int32Array.from(encode(text));
    const shape = { prefix, suffix, stride: prefix + suffix, anchor: 'start' } as const;
    if (countWindows(tokens.length, shape) === 0) continue;
    const rows = [...cutExactly(0, tokens, shape, null)].slice(0, 4);
    const results = await mapBatch(measure, DRAWING, rows);
    for (const [i, { drawn }] of results.entries()) {
      const p = Math.exp(drawn.reduce((sum, logp) => sum + logp, 0));
      if (p < least || p > most) continue;
      chosen.push({ row: rows[i]!, p });
      break;
    }
    if (chosen.length === nWindows) break;
  }
  return chosen;
}

function judge(probabilities: readonly number[], observed: readonly number[], n: number): Calibration {
  const nWindows = probabilities.length;
  const chiSquare = probabilities.reduce(
    (sum, p, i) => sum + (observed[i]! - n * p) ** 2 / (n * p * (1 - p)),
    0,
  );
  const spread = 2 / (9 * nWindows);
  const deviate = (Math.cbrt(chiSquare / nWindows) - (1 - spread)) / Math.sqrt(spread);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return { nWindows, chiSquare, deviate, observed: sum(observed), expected: n * sum(probabilities) };
}
