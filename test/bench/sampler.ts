// How fast the sampler is and how much memory it takes, at the size of CodeParrot-small with random weights
// and on the demo model. Speed is a ratio: to transformers.js with the same weights, and to the runtime's own
// matrix products of the same shapes, both measured in the same run. Nothing else should run meanwhile.
// VERBATIM_BENCH_PARTS=llama,demo runs these parts alone.

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { measureDistance } from '../../server/sampling/forms/score/distribution-distance.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { quantizeModel } from '../../server/sampling/run/quantize-model.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { runParts } from './run-parts.ts';
import { againstFloor } from './sampler-floor.ts';
import { benchLlama } from './sampler-llama.ts';
import {
  CACHE,
  type Emit,
  exportForReference,
  installReference,
  measure,
  measureReference,
  ownMegabytes,
} from './sampler-processes.ts';

const CODEPARROT_SMALL = {
  ...{ n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, vocab_size: 32768 },
  ...{ bos_token_id: 0, eos_token_id: 0, scale_attn_by_inverse_layer_idx: true },
};
const DEMO = join(import.meta.dirname, '../../media/demo-model');
const SHAPES = [
  { batch: 64, tokens: 128, minSpeedUp: 3, minOfRoofline: 0.4 },
  { batch: 16, tokens: 128, minSpeedUp: 2.5, minOfRoofline: null },
  { batch: 64, tokens: 512, minSpeedUp: 3, minOfRoofline: 0.35 },
];

export async function run(emit: Emit): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const modules = await installReference('transformers.js');
  await runParts({
    codeparrot: () => benchCodeParrot(emit, modules),
    llama: () => benchLlama(emit, modules),
    demo: () => benchDemoModel(emit, modules),
  });
}

async function benchCodeParrot(emit: Emit, modules: string): Promise<void> {
  const dir = join(CACHE, 'codeparrot-small');
  if (!existsSync(join(dir, 'model.safetensors'))) writeRandomCheckpoint(dir, { config: CODEPARROT_SMALL });
  const checkpoint = await openCheckpoint(dir);
  await benchLoad(emit, checkpoint);
  await exportForReference(checkpoint, dir);
  for (const shape of SHAPES) await benchGenerate(emit, checkpoint, shape, modules);
  await benchScore(emit, dir);
  await benchInt8(emit, checkpoint);
  await benchWhatIsPicked(emit, dir);
  await benchBatches(emit, dir);
}

async function benchDemoModel(emit: Emit, modules: string): Promise<void> {
  await benchBatches(emit, DEMO);
  // transformers.js needs an exported model, which must not lie in the product's folder.
  const demo = await openCheckpoint(DEMO);
  const copy = join(CACHE, 'demo-model');
  cpSync(DEMO, copy, { recursive: true });
  await exportForReference(demo, copy);
  for (const shape of SHAPES) await benchDemo(emit, copy, shape, modules);
  const all = { samples: 256, tokens: 256, batch: 'auto' } as const;
  const study = await measure({ kind: 'study', dir: DEMO, ...all });
  emit({ figure: 'demo 256x256', seconds: study.seconds, tokensPerSecond: study.tokensPerSecond });
}

async function benchLoad(emit: Emit, { dir, weightBytes }: Checkpoint): Promise<void> {
  const load = await measure({ kind: 'load', dir });
  emit({
    ...{ figure: 'load', megabytes: weightBytes / 1e6, seconds: load.seconds, maxSeconds: 3 },
    // Every weight is there twice for a moment, in the file's pages and packed: they go back to the system.
    peakMegabytes: ownMegabytes(load),
  });
}

interface Shape {
  readonly batch: number;
  readonly tokens: number;
  readonly minSpeedUp: number;
  readonly minOfRoofline: number | null;
}

/** All tokens of every sample are made, once, by each. */
async function benchGenerate(
  emit: Emit,
  { dir, config, weightBytes }: Checkpoint,
  { batch, tokens, minSpeedUp, minOfRoofline }: Shape,
  modules: string,
): Promise<void> {
  const roofline = await measure({ kind: 'roofline', dir, rows: batch, tokens });
  const own = await measure({ kind: 'generate', dir, batch, tokens });
  const reference = await measureReference({ kind: 'transformers.js', dir, batch, tokens, modules });
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
    ...againstFloor(roofline, own, reference),
    // On a machine that does other work too, these still compare.
    tokensPerCpuSecond: own.tokensPerCpuSecond,
    speedUpPerCpuSecond: own.tokensPerCpuSecond / reference.tokensPerCpuSecond,
    ofRooflinePerCpuSecond: own.tokensPerCpuSecond / roofline.tokensPerCpuSecond,
    peakMegabytes: ownMegabytes(own),
    peakMegabytesWithoutFiles: own.peakAnonymousBytes / 1e6,
    maxMegabytes: (1.5 * (weightBytes + cacheBytes)) / 1e6,
    transformersJsPeakMegabytes: ownMegabytes(reference),
  });
}

/** A small model is run by a worker for every core: eight batches, loading included, against one without. */
async function benchDemo(
  emit: Emit,
  dir: string,
  { batch, tokens, minSpeedUp }: Shape,
  modules: string,
): Promise<void> {
  const own = await measure({ kind: 'study', dir: DEMO, samples: 8 * batch, tokens, batch });
  const reference = await measureReference({ kind: 'transformers.js', dir, batch, tokens, modules });
  emit({
    figure: `demo, generate ${batch}x${tokens}`,
    tokensPerSecond: own.tokensPerSecond,
    transformersJs: reference.tokensPerSecond,
    speedUp: own.tokensPerSecond / reference.tokensPerSecond,
    minSpeedUp,
    speedUpPerCpuSecond: own.tokensPerCpuSecond / reference.tokensPerCpuSecond,
    peakMegabytes: ownMegabytes(own),
  });
}

async function benchScore(emit: Emit, dir: string): Promise<void> {
  const roofline = await measure({ kind: 'roofline', dir, rows: 512 });
  const score = await measure({ kind: 'score', dir, texts: 16, tokens: 512 });
  emit({
    figure: 'score 512',
    tokensPerSecond: score.tokensPerSecond,
    roofline: roofline.tokensPerSecond,
    ofRoofline: score.tokensPerSecond / roofline.tokensPerSecond,
    minOfRoofline: 0.6,
    peakMegabytes: ownMegabytes(score),
  });
}

/** The first run rounds the weights into the cache, later ones find them there. */
async function benchInt8(emit: Emit, checkpoint: Checkpoint): Promise<void> {
  const { dir } = checkpoint;
  const cache = mkdtempSync(join(tmpdir(), 'verbatim-int8-'));
  try {
    process.env.XDG_CACHE_HOME = cache;
    const first = await measure({ kind: 'generate', dir, batch: 64, tokens: 4, products: 'int8' });
    const int8 = await measure({ kind: 'generate', dir, batch: 64, tokens: 128, products: 'int8' });
    const distance = await measureDistance(
      checkpoint,
      await quantizeModel(checkpoint, new AbortController().signal),
      32,
      1,
    );
    emit({
      figure: 'int8 64x128',
      tokensPerSecond: int8.tokensPerSecond,
      tokensPerCpuSecond: int8.tokensPerCpuSecond,
      peakMegabytes: ownMegabytes(int8),
      peakMegabytesWhenRounding: ownMegabytes(first),
      ...distance,
    });
  } finally {
    delete process.env.XDG_CACHE_HOME;
    rmSync(cache, { recursive: true, force: true });
  }
}

/** The published sampling takes the whole vocabulary in its first steps. */
async function benchWhatIsPicked(emit: Emit, dir: string): Promise<void> {
  const rules = { 'top-k 40': {}, 'top-k 0': { topK: 0 }, 'top-p 0.9': { topK: 0, topP: 0.9 } };
  for (const at of [dir, DEMO]) {
    for (const [name, rule] of Object.entries(rules)) {
      const { tokensPerCpuSecond } = await measure({
        kind: 'generate',
        dir: at,
        batch: 64,
        tokens: 64,
        ...rule,
      });
      emit({ figure: `${basename(at)} 64x64, ${name}`, tokensPerCpuSecond });
    }
  }
}

/** Why a run begins with 64 rows at once. */
async function benchBatches(emit: Emit, dir: string): Promise<void> {
  for (const batch of [8, 16, 32, 64, 128]) {
    const { tokensPerSecond, tokensPerCpuSecond } = await measure({
      kind: 'generate',
      dir,
      batch,
      tokens: 64,
    });
    emit({ figure: `${basename(dir)}, batch ${batch}`, tokensPerSecond, tokensPerCpuSecond });
  }
}
