// The peers' side of the measurement on a card: one Python process an engine, so that each has the card for itself.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BENCH_PYTHON, type BenchRows, lastLine } from './gpu-models.ts';

export interface PeerRate {
  readonly what: string;
  readonly precision: string;
  readonly rows: number;
  readonly tokensPerSecond: number;
}

type Emit = (figure: object) => void;

/** An engine that has told nothing after so long is given up. */
const LIMIT_MS = 4 * 60_000;

/** Bytes that the card copies in a second, read and written ones counted; null without a Python that can tell. */
export function measureCopy(model: string, emit: Emit): number | null {
  const [figure] = ask(model, 1, ['copy'], emit);
  return typeof figure?.bytesPerSecond === 'number' ? figure.bytesPerSecond : null;
}

export function measurePeers(
  model: string,
  nTokens: number,
  rows: BenchRows,
  emit: Emit,
): readonly PeerRate[] {
  const precisions = ['float16', 'bfloat16'];
  const engines = [
    ...rows.transformers.flatMap((n) => precisions.map((precision) => `static:${precision}:${n}`)),
    ...rows.transformers.slice(-1).map((n) => `continuous:bfloat16:${n}`),
    ...(rows.vllm.length === 0 ? [] : [`vllm:float16:${rows.vllm.join(',')}`]),
  ];
  const words = process.env.VERBATIM_BENCH_PEERS?.split(',') ?? [''];
  return engines
    .filter((engine) => words.some((word) => engine.includes(word)))
    .flatMap((engine) => ask(model, nTokens, [engine], emit))
    .filter((figure): figure is Figure & PeerRate => typeof figure.tokensPerSecond === 'number');
}

type Figure = Readonly<Record<string, unknown>>;

function ask(model: string, nTokens: number, whats: readonly string[], emit: Emit): readonly Figure[] {
  const script = join(import.meta.dirname, 'gpu-peers.py');
  const { stdout, stderr, status } = spawnSync(BENCH_PYTHON, [script, model, String(nTokens), ...whats], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: {
      ...{ HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', DO_NOT_TRACK: '1' },
      // Its faster runner, which is not yet its default.
      VLLM_USE_V2_MODEL_RUNNER: '1',
      ...process.env,
    },
  });
  const lines = (stdout ?? '').split('\n').filter((line) => line.startsWith('{"what"'));
  const figures = lines.map((line): Figure => JSON.parse(line));
  for (const figure of figures) emit(figure);
  if (figures.length === 0)
    emit({ what: whats.join(' '), skipped: status === null ? 'it took too long' : lastLine(stderr) });
  return figures;
}
