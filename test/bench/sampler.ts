// How fast the sampler is and how much memory it takes, at the size of CodeParrot-small with random weights
// and on the demo model. Speed is a ratio: to transformers.js with the same weights, and to the runtime's own
// matrix products of the same shapes, both measured in the same run. Nothing else should run meanwhile.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openCheckpoint } from '../../server/sampling/checkpoint.ts';
import { measureDistance } from '../../server/sampling/distribution-distance.ts';
import { roundModel } from '../../server/sampling/sample-model.ts';
import { writeRandomCheckpoint } from '../unit/sampling-random-checkpoint.ts';
import type { Measurement, Result } from './sampler-child.ts';
import { buildExportedGraph } from './sampler-exported-graph.ts';

const CACHE = join(tmpdir(), 'verbatim-bench');
const REFERENCE = '@huggingface/transformers@4.3.1';
const CODEPARROT_SMALL = {
  ...{ n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, vocab_size: 32768 },
  ...{ bos_token_id: 0, eos_token_id: 0, scale_attn_by_inverse_layer_idx: true },
};
const DEMO = join(import.meta.dirname, '../../media/demo-model');
const SHAPES = [
  { batch: 64, tokens: 128, minSpeedUp: 3, minOfRoofline: 0.4 },
  { batch: 64, tokens: 512, minSpeedUp: 3, minOfRoofline: 0.35 },
  { batch: 16, tokens: 128, minSpeedUp: 2.5, minOfRoofline: null },
];

export async function run(emit: (figure: object) => void): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const dir = join(CACHE, 'codeparrot-small');
  if (!existsSync(join(dir, 'model.safetensors'))) writeRandomCheckpoint(dir, { config: CODEPARROT_SMALL });
  const checkpoint = await openCheckpoint(dir);
  const { weightBytes, config } = checkpoint;
  const modules = await installReference(dir);

  const load = await measure({ kind: 'load', dir });
  emit({ figure: 'load', megabytes: weightBytes / 1e6, seconds: load.seconds, maxSeconds: 3 });
  for (const { batch, tokens, minSpeedUp, minOfRoofline } of SHAPES) {
    const roofline = await measure({ kind: 'roofline', dir, rows: batch });
    const own = await measure({ kind: 'generate', dir, batch, tokens });
    const reference = await measure({ kind: 'transformers.js', dir, batch, tokens, modules });
    const cacheBytes = batch * tokens * config.nLayers * 2 * config.width * 4;
    emit({
      figure: `generate ${batch}x${tokens}`,
      tokensPerSecond: own.tokensPerSecond,
      transformersJs: reference.tokensPerSecond,
      roofline: roofline.tokensPerSecond,
      speedUp: own.tokensPerSecond / reference.tokensPerSecond,
      minSpeedUp,
      ofRoofline: own.tokensPerSecond / roofline.tokensPerSecond,
      minOfRoofline,
      peakMegabytes: (own.peakBytes - own.baseBytes) / 1e6,
      maxMegabytes: (1.5 * (weightBytes + cacheBytes)) / 1e6,
    });
  }
  const roofline = await measure({ kind: 'roofline', dir, rows: 512 });
  const score = await measure({ kind: 'score', dir, texts: 16, tokens: 512 });
  emit({
    figure: 'score 512',
    tokensPerSecond: score.tokensPerSecond,
    roofline: roofline.tokensPerSecond,
    ofRoofline: score.tokensPerSecond / roofline.tokensPerSecond,
    minOfRoofline: 0.6,
  });
  const int8 = await measure({ kind: 'generate', dir, batch: 64, tokens: 128, products: 'int8' });
  const int8Model = await roundModel(checkpoint, new AbortController().signal);
  const distance = await measureDistance(checkpoint, int8Model, 32, 1);
  emit({ figure: 'int8 64x128', tokensPerSecond: int8.tokensPerSecond, ...distance });
  const demo = await measure({ kind: 'study', dir: DEMO, samples: 256, tokens: 256 });
  emit({ figure: 'demo 256x256', seconds: demo.seconds, tokensPerSecond: demo.tokensPerSecond });
}

interface Measured extends Result {
  readonly peakBytes: number;
  /** What the process took before it did anything: the interpreter and the runtime's library. */
  readonly baseBytes: number;
}

async function measure(measurement: Measurement): Promise<Measured> {
  const child = join(import.meta.dirname, 'sampler-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(measurement)]);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Installs the reference once, outside of this project, and gives it the same weights in its own layout. */
async function installReference(dir: string): Promise<string> {
  const modules = join(CACHE, 'reference');
  if (!existsSync(join(modules, 'node_modules'))) {
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(modules, 'package.json'), '{"private":true}');
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', REFERENCE], {
      cwd: modules,
    });
  }
  const model = join(dir, 'onnx/model.onnx');
  if (!existsSync(model)) {
    mkdirSync(join(dir, 'onnx'), { recursive: true });
    writeFileSync(model, buildExportedGraph(await openCheckpoint(dir)));
    writeFileSync(join(dir, 'generation_config.json'), '{"_from_model_config":true}');
  }
  return modules;
}
