// How fast an extraction map reads training data, at the size of CodeParrot-small with random weights: against the
// runtime's own matrix products of the same shapes and a plain PyTorch loop, all in this run. And whether the map's
// probabilities are those that the sampler draws with. VERBATIM_PYTHON names a Python with torch and transformers,
// VERBATIM_WINDOWS fewer windows than 200, and VERBATIM_THREADS=1 one thread, for a machine that has other work. Cards are
// measured where there are any. VERBATIM_BENCH_PARTS=calibration runs that part alone.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureCalibration } from '../../server/answers/maps/measure-calibration.ts';
import { defaultMap } from '../../server/plan/plan.ts';
import { mapBatch, openMapper } from '../../server/sampling/forms/map/map-batch.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { runStudy } from '../../server/study/run-study.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../support/demo.ts';
import { modelPlan } from '../support/plans.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { benchCards } from './discover-gpu.ts';
import { fastestRound } from './fastest-round.ts';
import { runParts } from './run-parts.ts';
import { measureRoofline } from './sampler-roofline.ts';

const CODEPARROT_SMALL = {
  ...{ n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, vocab_size: 32768 },
  ...{ bos_token_id: 0, eos_token_id: 0 },
};
/** With one thread no processor time goes into waiting for the other: on a machine that has other work, that is what to compare. */
const N_THREADS = Number(process.env.VERBATIM_THREADS ?? 2);
const RULE = { temperature: 1, topK: 40 } as const;
/** Every position is wanted, so that the products are those of the reference; then what a map runs. */
const SHAPES = [
  { name: 'all positions', nTokens: 513, nKnown: 1, nRows: 1 },
  { name: 'running', nTokens: 513, nKnown: 256, nRows: 1 },
  { name: 'exact 50 + 50', nTokens: 100, nKnown: 50, nRows: 5 },
];

type Emit = (figure: object) => void;

export async function run(emit: Emit): Promise<void> {
  await runParts({
    shapes: () => benchShapes(emit),
    cards: () => benchCards(emit),
    calibration: () => benchCalibration(emit),
  });
}

async function benchShapes(emit: Emit): Promise<void> {
  const dir = join(tmpdir(), 'verbatim-bench', 'codeparrot-small-plain');
  mkdirSync(dir, { recursive: true });
  if (!existsSync(join(dir, 'model.safetensors'))) writeRandomCheckpoint(dir, { config: CODEPARROT_SMALL });
  const checkpoint = await openCheckpoint(dir);
  for (const shape of SHAPES) await benchShape(emit, checkpoint, shape);
  benchPyTorch(emit, dir);
}

async function benchCalibration(emit: Emit): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'verbatim-bench-')), 'calibrated.sqlite');
  const calibrate = Number(process.env.VERBATIM_WINDOWS ?? 200);
  const plan = {
    ...modelPlan(DEMO_MODEL, [join(DEMO_CORPUS, 'shard-0001.json.gz')], RULE),
    source: { kind: 'map', model: DEMO_MODEL },
    map: { ...defaultMap, stride: 500, examine: 0, calibrate },
  } as const;
  const signal = new AbortController().signal;
  const execution = { provider: 'cpu', batch: 64, workers: N_THREADS } as const;
  await runStudy({ file, plan, upTo: 'analyse', signal, report: () => {}, execution });
  using db = openForReading(file);
  const { byProbability, windows, ...verdict } = measureCalibration(db)!;
  emit({ figure: 'calibration', ...verdict, minChance: 0.001 });
}

async function benchShape(
  emit: Emit,
  checkpoint: Checkpoint,
  { name, nTokens, nKnown, nRows }: (typeof SHAPES)[number],
): Promise<void> {
  const session = { provider: 'cpu', nThreads: N_THREADS, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, RULE, session);
  const rows = Array.from({ length: nRows }, (_, document) => ({
    ...{ document, start: nKnown, nKnown },
    tokens: Int32Array.from({ length: nTokens }, (_, i) => (i * 7919 + document * 104_729) % 32_768),
  }));
  const { seconds, cpuSeconds } = await fastestRound(() => mapBatch(measure, RULE, rows));
  const nRead = nRows * (nTokens - 1);
  const products = await measureRoofline(checkpoint, nRead, N_THREADS);
  emit({
    ...{
      figure: `tokens a second, ${name}`,
      tokensPerSecond: nRead / seconds,
      tokensPerCpuSecond: nRead / cpuSeconds,
    },
    ofProducts: products.seconds / seconds,
    ofProductsByCpuTime: nRead / cpuSeconds / products.tokensPerCpuSecond,
    minOfProducts: 0.6,
  });
}

function benchPyTorch(emit: Emit, dir: string): void {
  const python = process.env.VERBATIM_PYTHON;
  if (python === undefined) {
    emit({ figure: 'PyTorch', skipped: 'VERBATIM_PYTHON names no Python' });
    return;
  }
  const script = join(import.meta.dirname, 'discover-reference.py');
  const out = execFileSync(python, [script, dir, String(N_THREADS)], { encoding: 'utf8' });
  emit({ figure: 'PyTorch, 8 rows of 512 tokens', ...JSON.parse(out.trim().split('\n').at(-1)!) });
}
