// Sampling on graphics processors, beside transformers' `generate` on the same card in the same run. The model
// has CodeParrot-small's size and random weights: speed does not depend on their values. Needs a card; what cannot
// run here is said and left out. The headline run, a study's 20,000 samples, goes through the command line.
//
//   npm run bench -- gpu        VERBATIM_BENCH_PYTHON names a Python with torch and transformers

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/checkpoint.ts';
import {
  chooseDeviceForm,
  type DeviceProvider,
  nameDeviceForm,
} from '../../server/sampling/forms/device/device-form.ts';
import { findSystem } from '../../server/sampling/run/choose-devices.ts';
import type { DeviceStart } from '../../server/sampling/run/device-messages.ts';
import {
  type Device,
  proveDevice,
  runOnDevices,
  startDevice,
} from '../../server/sampling/run/device-pool.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';

type Emit = (figure: object) => void;

const SIZE = { n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, vocab_size: 32768, bos_token_id: 0 };
const N_TOKENS = 512;
const HEADLINE_SAMPLES = 20_000;
const BATCHES: Readonly<Record<DeviceProvider, readonly number[]>> = {
  cuda: [64, 256, 512, 1024, 2048],
  webgpu: [64, 256, 1024],
  dml: [64],
  coreml: [64],
};

export async function run(emit: Emit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-gpu-'));
  try {
    // Without an end token every sample has all its tokens, here and there.
    const config = { ...SIZE, eos_token_id: null };
    const model = writeRandomCheckpoint(join(folder, 'model'), { config: config as never });
    const checkpoint = await openCheckpoint(model);
    const reference = measureReference(model, emit);
    for (const provider of ['cuda', 'webgpu'] as const) {
      await measureProvider(provider, checkpoint, reference, emit);
    }
    measureHeadline(model, folder, emit);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The best of all precisions and batches, in tokens a second; null where it cannot run. */
function measureReference(model: string, emit: Emit): number | null {
  const python = process.env.VERBATIM_BENCH_PYTHON ?? 'python3';
  const script = join(import.meta.dirname, 'gpu-reference.py');
  const { status, stdout, stderr } = spawnSync(python, [script, model, String(N_TOKENS)], {
    encoding: 'utf8',
  });
  const figures = (stdout ?? '').split('\n').filter((line) => line.startsWith('{'));
  for (const figure of figures) emit(JSON.parse(figure));
  if (status !== 0 || figures.length === 0) {
    emit({ what: 'transformers generate', skipped: (stderr ?? '').trim().split('\n').at(-1) ?? 'no Python' });
    return null;
  }
  return Math.max(...figures.map((line) => JSON.parse(line).tokensPerSecond));
}

async function measureProvider(
  provider: DeviceProvider,
  checkpoint: Checkpoint,
  reference: number | null,
  emit: Emit,
): Promise<void> {
  const found = findSystem(provider);
  if (found.kind === 'missing') {
    emit({ what: provider, skipped: found.reason });
    return;
  }
  const { config, weights, weightFolder } = checkpoint;
  const form = chooseDeviceForm(provider, config);
  const startOn = (deviceId: number, nRows: number): DeviceStart => ({
    model: { config, weights, weightFolder },
    rule: { topK: 40, topP: 1, greedy: false },
    settings: { seed: 0, maxTokens: N_TOKENS, schedule: { kind: 'constant', temperature: 1 } },
    form: { ...form, size: { nRows, nPositions: 1 + N_TOKENS } },
    system: found.system,
    deviceId,
  });
  const { signal } = new AbortController();
  const proved = await proveDevice(startOn(0, 1), 'right', signal);
  if (proved.kind === 'unfit') {
    emit({ what: provider, skipped: proved.reason });
    return;
  }
  emit({ what: provider, device: found.devices[0]?.name, ...proved.proof });
  const measure = async (nDevices: number, batch: number) => {
    const ids = Array.from({ length: nDevices }, (_, deviceId) => deviceId);
    const started = await Promise.all(ids.map((id) => startDevice(startOn(id, batch), signal)));
    const devices = started.flatMap((one) => (one.kind === 'ready' ? [one.device] : []));
    const unfit = started.find((one) => one.kind === 'unfit');
    const what = { what: provider, devices: nDevices, form: nameDeviceForm(form, batch), batch };
    if (unfit?.kind === 'unfit') {
      for (const device of devices) device.end();
      emit({ ...what, skipped: unfit.reason });
      return 0;
    }
    const elapsedMs = await timeOfABatch(devices, batch);
    const tokensPerSecond = Math.round((1000 * nDevices * batch * N_TOKENS) / elapsedMs);
    emit({
      ...what,
      tokens: N_TOKENS,
      tokensPerSecond,
      stepMs: Number((elapsedMs / N_TOKENS).toFixed(3)),
      ratio: reference === null ? null : Number((tokensPerSecond / reference).toFixed(2)),
      bandwidthMs: Number(bandwidthMs(config, batch, form.precision === 'float16' ? 2 : 4).toFixed(3)),
    });
    return tokensPerSecond;
  };
  let [best, bestBatch] = [0, 0];
  for (const batch of BATCHES[provider]) {
    const tokensPerSecond = await measure(1, batch);
    if (tokensPerSecond > best) [best, bestBatch] = [tokensPerSecond, batch];
  }
  const nDevices = found.devices.length;
  if (nDevices < 2 || best === 0) return;
  const together = await measure(nDevices, bestBatch);
  emit({ what: provider, devices: nDevices, batch: bestBatch, ofOne: Number((together / best).toFixed(2)) });
}

/** Seconds of a batch, in wall time while all devices work, without the first one on each device, which also allocates. */
async function timeOfABatch(devices: readonly Device[], batch: number): Promise<number> {
  const rows = Array.from({ length: batch }, (_, sampleId) => ({ sampleId, prompt: [SIZE.bos_token_id] }));
  const batches = Array.from({ length: 2 * devices.length }, () => rows);
  let nDone = 0;
  let before = 0;
  for await (const _ of runOnDevices(devices, batches[Symbol.iterator](), new AbortController().signal)) {
    if (++nDone === devices.length) before = performance.now();
  }
  return performance.now() - before;
}

/** An H200 copies 4.3 TB/s, read and written bytes counted. */
const BYTES_PER_MS = 4.3e9;

/** The least that an average step must move: the weights and every position's keys and values, once. */
function bandwidthMs(
  { nLayers, width, vocabularySize }: Checkpoint['config'],
  batch: number,
  bytesPerValue: number,
): number {
  const weights = 12 * nLayers * width * width * bytesPerValue + 4 * vocabularySize * width;
  const cache = batch * 2 * nLayers * width * bytesPerValue * ((N_TOKENS + 1) / 2);
  return (weights + cache) / BYTES_PER_MS;
}

/** A study's sampling end to end: the process's start, the proof, loading, sampling, and every sample in its file. */
function measureHeadline(model: string, folder: string, emit: Emit): void {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return;
  const cli = join(import.meta.dirname, '../../server/cli.ts');
  let firstSeconds = 0;
  for (let nDevices = 1; nDevices <= found.devices.length; nDevices++) {
    const out = join(folder, `headline-${nDevices}.sqlite`);
    const plan = ['--model', model, '--samples', String(HEADLINE_SAMPLES), '--max-tokens', String(N_TOKENS)];
    const how = ['--provider', 'cuda', '--workers', String(nDevices), '--out', out];
    const startedAt = performance.now();
    const { status } = spawnSync(process.execPath, [cli, 'sample', ...plan, ...how], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const seconds = (performance.now() - startedAt) / 1000;
    if (nDevices === 1) firstSeconds = seconds;
    if (status !== 0 || !existsSync(out)) {
      emit({ what: 'headline', devices: nDevices, failed: status });
      return;
    }
    emit({
      what: 'headline',
      devices: nDevices,
      samples: HEADLINE_SAMPLES,
      tokens: N_TOKENS,
      seconds: Number(seconds.toFixed(2)),
      tokensPerSecond: Math.round((HEADLINE_SAMPLES * N_TOKENS) / seconds),
      ofOne: Number((firstSeconds / seconds).toFixed(2)),
      samplesSha256: digestSamples(out),
    });
  }
}

/** Every token of every sample, with its log-probability: two files with the same digest hold the same samples. */
function digestSamples(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  const hash = createHash('sha256');
  const rows = database
    .prepare('SELECT sample_id AS id, tokens, logprobs FROM samples ORDER BY sample_id')
    .iterate();
  for (const { id, tokens, logprobs } of rows) {
    hash.update(`${id}:`);
    hash.update(tokens as Uint8Array);
    hash.update(logprobs as Uint8Array);
  }
  database.close();
  return hash.digest('hex');
}
