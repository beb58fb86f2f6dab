// Sampling on graphics processors, beside the best engines that people would use instead, on the same card in the same
// run: transformers with a static cache, compiled, and with continuous batching, and vLLM where the Python has it. Models
// have random weights: speed does not depend on their values. Needs a card; what cannot run here is said and left out.
// The headline run, a study's 20,000 samples, goes through the command line.
//
//   npm run bench -- gpu        VERBATIM_BENCH_PYTHON names a Python with torch, transformers and, perhaps, vllm
//                               VERBATIM_BENCH_MODELS chooses models by words of their names, separated by commas;
//                               "families" proves a small decoder of every architecture; VERBATIM_BENCH_PEERS
//                               chooses peers in the same way: static, continuous, vllm

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  chooseDeviceForm,
  type DeviceProvider,
  nameDeviceForm,
} from '../../server/sampling/forms/device/device-form.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { proveDevice } from '../../server/sampling/run/device-pool.ts';
import { findSystem } from '../../server/sampling/run/find-system.ts';
import { proveFamilies } from './gpu-families.ts';
import { BENCH_MODELS, type BenchModel, makeModel } from './gpu-models.ts';
import { measureCopy, measurePeers, type PeerRate } from './gpu-peers.ts';
import { samplingStart, timeOnDevices } from './gpu-rate.ts';

type Emit = (figure: object) => void;

const N_TOKENS = 512;
const HEADLINE_SAMPLES = 20_000;

export async function run(emit: Emit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-gpu-'));
  const words = process.env.VERBATIM_BENCH_MODELS?.split(',') ?? [''];
  const chosen = BENCH_MODELS.filter(({ name }) => words.some((word) => name.includes(word)));
  try {
    if (words.some((word) => 'families'.includes(word))) await proveFamilies(emit);
    for (const one of chosen) await measureModel(one, folder, emit);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureModel(one: BenchModel, folder: string, emit: Emit): Promise<void> {
  const emitOfModel: Emit = (figure) => emit({ model: one.name, ...figure });
  const path = join(folder, 'model');
  const failure = makeModel(path, one.config);
  if (failure !== null) return emitOfModel({ skipped: failure });
  const checkpoint = await openCheckpoint(path);
  const copied = measureCopy(path, emitOfModel);
  for (const provider of ['cuda', 'webgpu'] as const) {
    const rows = one.rows[provider];
    if (rows.length > 0)
      await measureProvider(provider, checkpoint, rows, copied, emitOfModel, () =>
        provider === 'cuda' ? measurePeers(path, N_TOKENS, one.rows, emitOfModel) : [],
      );
  }
  if (one.isHeadline) measureHeadline(path, folder, emitOfModel);
  rmSync(path, { recursive: true });
}

async function measureProvider(
  provider: DeviceProvider,
  checkpoint: Checkpoint,
  batches: readonly number[],
  copied: number | null,
  emit: Emit,
  peers: () => readonly PeerRate[],
): Promise<void> {
  const found = findSystem(provider);
  if (found.kind === 'missing') {
    emit({ what: provider, skipped: found.reason });
    return;
  }
  const { config } = checkpoint;
  const form = chooseDeviceForm(provider, config);
  const startOn = (deviceId: number, nRows: number) =>
    samplingStart(provider, checkpoint, found.system, deviceId, nRows, N_TOKENS);
  const { signal } = new AbortController();
  const provingSince = performance.now();
  const proved = await proveDevice(startOn(0, 1), 'right', signal);
  if (proved.kind === 'unfit') {
    emit({ what: provider, skipped: proved.reason });
    return;
  }
  const provingSeconds = Number(((performance.now() - provingSince) / 1000).toFixed(2));
  emit({
    what: provider,
    device: found.devices[0]?.name,
    startAndProofSeconds: provingSeconds,
    ...proved.proof,
  });
  const measure = async (nDevices: number, batch: number) => {
    const ids = Array.from({ length: nDevices }, (_, deviceId) => deviceId);
    const starts = ids.map((id) => startOn(id, batch));
    const what = { what: provider, devices: nDevices, form: nameDeviceForm(form, batch), rows: batch };
    const elapsedMs = await timeOnDevices(starts, batch, config.bosToken);
    if (typeof elapsedMs !== 'number') {
      emit({ ...what, ...elapsedMs });
      return 0;
    }
    const tokensPerSecond = Math.round((1000 * nDevices * batch * N_TOKENS) / elapsedMs);
    const floorMs =
      copied === null
        ? null
        : (1000 * bytesOfAStep(checkpoint, batch, form.precision === 'float16' ? 2 : 4)) / copied;
    const stepMs = elapsedMs / N_TOKENS;
    emit({
      ...what,
      tokens: N_TOKENS,
      tokensPerSecond,
      stepMs: Number(stepMs.toFixed(3)),
      ...(floorMs === null
        ? {}
        : { floorMs: Number(floorMs.toFixed(3)), ofFloor: Number((floorMs / stepMs).toFixed(2)) }),
    });
    return tokensPerSecond;
  };
  const rates = new Map<number, number>();
  for (const batch of batches) rates.set(batch, await measure(1, batch));
  const best = Math.max(...rates.values());
  // The devices have ended: peers have the card for themselves.
  compareWithPeers(rates, peers(), emit);
  const nDevices = found.devices.length;
  if (nDevices < 2 || best === 0) return;
  const bestBatch = [...rates].find(([, rate]) => rate === best)![0];
  const together = await measure(nDevices, bestBatch);
  emit({ what: provider, devices: nDevices, rows: bestBatch, ofOne: Number((together / best).toFixed(2)) });
}

/** Best against best, and at each number of rows that a peer was measured with. */
function compareWithPeers(rates: ReadonlyMap<number, number>, peers: readonly PeerRate[], emit: Emit): void {
  const best = peers.reduce<PeerRate | null>(
    (a, b) => (a && a.tokensPerSecond >= b.tokensPerSecond ? a : b),
    null,
  );
  if (best === null) return;
  const ratio = (rate: number, peer: PeerRate) => Number((rate / peer.tokensPerSecond).toFixed(2));
  emit({
    what: 'best of each',
    bestPeer: best.what,
    precision: best.precision,
    rows: best.rows,
    ratio: ratio(Math.max(...rates.values()), best),
  });
  for (const [rows, rate] of rates) {
    const equal = peers
      .filter((peer) => peer.rows === rows)
      .sort((a, b) => b.tokensPerSecond - a.tokensPerSecond)[0];
    if (equal && rate > 0)
      emit({
        what: 'equal rows',
        rows,
        bestPeer: equal.what,
        precision: equal.precision,
        ratio: ratio(rate, equal),
      });
  }
}

/** The least that an average step must move: weights, which are stored in 16 bits, and every position's keys and values. */
function bytesOfAStep(checkpoint: Checkpoint, batch: number, bytesPerValue: number): number {
  const { weightBytes, cacheBytesPerPosition } = checkpoint;
  return (
    (bytesPerValue / 2) * weightBytes +
    (bytesPerValue / 4) * batch * cacheBytesPerPosition * ((N_TOKENS + 1) / 2)
  );
}

/** A study's sampling end to end: the process's start, the proof, loading, sampling, and every sample in its file. */
function measureHeadline(model: string, folder: string, emit: Emit): void {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return;
  const files = [BUNDLED, '../../server/cli.ts'].map((file) => join(import.meta.dirname, file));
  const cli = files.find((file) => existsSync(file))!;
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

/** What users run, where it was built. */
const BUNDLED = '../../dist/cli.js';

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
