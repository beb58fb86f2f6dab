// How fast a card reads training data for a map, beside PyTorch on the same card in the same run: 110 million parameters in
// 16 bits, running context, what is kept of every token with top-k 40. VERBATIM_BENCH_MODELS names larger models of the bench
// "gpu" to be read as well. Needs a card; what cannot run is said and left out.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapBatch, openMapper } from '../../server/sampling/forms/map/map-batch.ts';
import type { MapRow } from '../../server/sampling/forms/map/rows.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { chooseReaders } from '../../server/sampling/run/choose-readers.ts';
import { runOnDevices } from '../../server/sampling/run/device-pool.ts';
import { findSystem } from '../../server/sampling/run/find-system.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { BENCH_MODELS, BENCH_PYTHON, type BenchModel, lastLine, makeModel } from './gpu-models.ts';

type Emit = (figure: object) => void;

const GPT2_110M = {
  ...{ model_type: 'gpt2', n_layer: 12, n_embd: 768, n_head: 12, n_positions: 1024, vocab_size: 32768 },
  ...{ bos_token_id: 0, eos_token_id: null, tie_word_embeddings: true },
};
const RULE = { temperature: 1, topK: 40 } as const;
/** Pieces of a long document in running context, and windows of the field's usual size. */
const SHAPES = [
  { name: 'running', nTokens: 1025, nKnown: 512 },
  { name: 'exact 50 + 50', nTokens: 100, nKnown: 50 },
] as const;
const TARGET = 600_000;
const N_BATCHES = 60;
const N_WARM = 6;

export async function benchCards(emit: Emit): Promise<void> {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return emit({ figure: 'on cards', skipped: found.reason });
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-discover-'));
  try {
    const checkpoint = await openCheckpoint(
      writeRandomCheckpoint(folder, { config: GPT2_110M, dtype: 'F16' }),
    );
    let running = 0;
    for (const shape of SHAPES) {
      const rates: number[] = [];
      for (let nDevices = 1; nDevices <= found.devices.length; nDevices++) {
        rates.push(await measure(checkpoint, shape, nDevices, emit));
        if (rates.length > 1)
          emit({ figure: `on cards, ${shape.name}`, nDevices, ofOne: rates.at(-1)! / rates[0]! });
      }
      if (shape.name === 'running') running = rates[0]!;
    }
    comparePeers(folder, running, emit);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const words = process.env.VERBATIM_BENCH_MODELS?.split(',') ?? [];
  for (const one of BENCH_MODELS.filter(({ name }) => words.some((word) => name.includes(word))))
    await benchLarger(one, (figure) => emit({ model: one.name, ...figure }));
}

async function benchLarger({ config }: BenchModel, emit: Emit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-discover-'));
  try {
    const failure = makeModel(folder, config);
    if (failure !== null) return emit({ figure: 'on cards', skipped: failure });
    await measure(await openCheckpoint(folder), SHAPES[0], 1, emit);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  checkpoint: Checkpoint,
  { name, nTokens, nKnown }: (typeof SHAPES)[number],
  nDevices: number,
  emit: Emit,
): Promise<number> {
  const { signal } = new AbortController();
  const execution = { provider: 'cuda', batch: 'auto', workers: nDevices } as const;
  const question = { execution, checkpoint, rule: RULE, longest: nTokens - 1, nPositions: Infinity, signal };
  const askedAt = performance.now();
  const { chosen } = await chooseReaders(question);
  const startSeconds = (performance.now() - askedAt) / 1000;
  const { devices, form, formName, end } = chosen!;
  const nRows = Math.floor(form.nPositions / (nTokens - 1));
  const rows: readonly MapRow[] = Array.from({ length: nRows }, (_, document) => ({
    ...{ document, start: nKnown, nKnown },
    tokens: Int32Array.from({ length: nTokens }, (_, i) => (i * 7919 + document * 104_729) % 32_768),
  }));
  const isSmall = checkpoint.weightBytes <= MOST_ON_CPU;
  const most = await distance(isSmall ? checkpoint : null, rows[0]!, async () => {
    for await (const some of runOnDevices<'read'>(
      [devices[0]!],
      [[rows[0]!]].values(),
      signal,
      undefined,
      'read',
    ))
      return some;
    throw new Error('The card read nothing');
  });
  end();
  const again = (await chooseReaders(question)).chosen!;
  const nBatches = N_BATCHES * nDevices;
  const batches = Array.from({ length: nBatches }, () => rows);
  let nDone = 0;
  let startedAt = 0;
  for await (const _ of runOnDevices<'read'>(again.devices, batches.values(), signal, undefined, 'read'))
    if (++nDone === N_WARM * nDevices) startedAt = performance.now();
  const seconds = (performance.now() - startedAt) / 1000;
  again.end();
  const nRead = (nBatches - N_WARM * nDevices) * nRows;
  const tokensPerSecond = Math.round((nRead * (nTokens - 1)) / seconds);
  emit({
    figure: `on cards, ${name}`,
    ...{ nDevices, form: formName, startSeconds, tokensPerSecond, ...(isSmall ? { target: TARGET } : {}) },
    measuredTokensPerSecond: Math.round((nRead * (nTokens - nKnown)) / seconds),
    mostNatsFromCpu: most,
  });
  return tokensPerSecond;
}

/** Bytes of weights that are compared with the CPU: larger models would take it minutes. */
const MOST_ON_CPU = 1e9;

async function distance(
  checkpoint: Checkpoint | null,
  row: MapRow,
  read: () => Promise<readonly { readonly plain: Float32Array }[]>,
): Promise<number | null> {
  if (checkpoint === null) return null;
  const session = { provider: 'cpu', nThreads: 8, weightFolder: checkpoint.weightFolder } as const;
  const [expected] = await mapBatch(await openMapper(checkpoint, RULE, session), RULE, [row]);
  const [actual] = await read();
  return expected!.plain.reduce((most, value, i) => Math.max(most, Math.abs(value - actual!.plain[i]!)), 0);
}

function comparePeers(model: string, own: number, emit: Emit): void {
  const script = join(import.meta.dirname, 'discover-peers.py');
  const { status, stdout, stderr } = spawnSync(BENCH_PYTHON, [script, model], { encoding: 'utf8' });
  if (status !== 0) {
    emit({ figure: 'PyTorch on the card', skipped: lastLine(stderr) });
    return;
  }
  const peers = stdout
    .trim()
    .split('\n')
    .map((line): { tokensPerSecond: number; what: string } => JSON.parse(line));
  for (const peer of peers) emit({ figure: 'PyTorch on the card', ...peer });
  const best = peers.reduce((a, b) => ((a.tokensPerSecond ?? 0) >= (b.tokensPerSecond ?? 0) ? a : b));
  emit({ figure: 'of the best PyTorch', best: best.what, ratio: own / best.tokensPerSecond, target: 3 });
}
