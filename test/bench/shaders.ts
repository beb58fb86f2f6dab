// Shaders of our own for WebGPU, as prototypes that nothing of the product uses: each part of a step, and whole samples,
// beside what the product itself samples on the same card in the same run, by CUDA and by the runtime's WebGPU. Every
// kernel is checked against plain arithmetic before a figure of it is printed. What came out is in decision 0016.
//
//   npm run bench -- shaders    needs the package `webgpu`, which the project does not depend on
//                               VERBATIM_BENCH_MODELS=tiny runs in minutes on a driver in software, too

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { findSystem } from '../../server/sampling/run/find-system.ts';
import { makeModel } from './gpu-models.ts';
import { samplingStart, timeOnDevices } from './gpu-rate.ts';
import { chooseModels, type ShaderModel } from './shaders-models.ts';
import { HOW_TO_BRING_IT, WEBGPU_PACKAGE } from './shaders-webgpu.ts';

type Emit = (figure: object) => void;

interface Rate {
  readonly products: string;
  readonly rows: number;
  readonly tokensPerSecond: number;
}

export async function run(emit: Emit): Promise<void> {
  if (!isThere(WEBGPU_PACKAGE)) {
    emit({ skipped: `the package ${WEBGPU_PACKAGE} is not there: ${HOW_TO_BRING_IT}` });
    return;
  }
  for (const model of chooseModels(process.env.VERBATIM_BENCH_MODELS)) {
    const emitOfModel: Emit = (figure) => emit({ model: model.name, ...figure });
    const rates = await measureShaders(model, emitOfModel);
    await compareWithProduct(model, rates, emitOfModel);
  }
}

function isThere(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** A process of its own: the card is free again when it has ended. */
async function measureShaders(model: ShaderModel, emit: Emit): Promise<readonly Rate[]> {
  const program = join(import.meta.dirname, 'shaders-child.ts');
  const child = spawn(process.execPath, [program, model.name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const rates: Rate[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const figure = JSON.parse(line);
    emit(figure);
    if (figure.what === 'generation') rates.push(figure);
  }
  const [status, signal] = await ended;
  if (status !== 0) throw new Error(`the shaders of ${model.name} ended with ${status ?? signal}`);
  return rates;
}

async function compareWithProduct(model: ShaderModel, rates: readonly Rate[], emit: Emit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-shaders-'));
  try {
    const failure = makeModel(folder, model.config);
    if (failure !== null) return emit({ skipped: failure });
    const checkpoint = await openCheckpoint(folder);
    for (const provider of ['cuda', 'webgpu'] as const)
      for (const rows of model.rows) {
        const rate = await rateOf(provider, checkpoint, rows, model.nPositions);
        if (typeof rate !== 'number') {
          emit({ what: provider, ...rate });
          break;
        }
        emit({ what: provider, rows, tokensPerSecond: Math.round(rate) });
        for (const one of rates)
          if (one.rows === rows) {
            const ratio = Number((one.tokensPerSecond / rate).toFixed(2));
            emit({ what: `shaders beside ${provider}`, products: one.products, rows, ratio });
          }
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rateOf(
  provider: 'cuda' | 'webgpu',
  checkpoint: Checkpoint,
  nRows: number,
  nTokens: number,
): Promise<number | { readonly skipped: string }> {
  const found = findSystem(provider);
  if (found.kind === 'missing') return { skipped: found.reason };
  const start = samplingStart(provider, checkpoint, found.system, 0, nRows, nTokens);
  const elapsedMs = await timeOnDevices([start], nRows, checkpoint.config.bosToken);
  return typeof elapsedMs === 'number' ? (1000 * nRows * nTokens) / elapsedMs : elapsedMs;
}
