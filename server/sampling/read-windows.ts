// Reads windows of texts under a model, on devices or in threads: the door of scoring. Results come as batches finish.

import type { Execution } from '../../protocol/study.ts';
import { EnvironmentError } from '../errors.ts';
import { type RowPacker, ShapePacker, StreamPacker } from './forms/map/pack-rows.ts';
import type { MapRow } from './forms/map/rows.ts';
import type { WindowResult } from './forms/score/score-batch.ts';
import { batchByLength, positionsAtOnce, type WindowRequest } from './forms/score/windows.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import { type ChosenReaders, chooseReaders } from './run/choose-readers.ts';
import { chooseRowsAtOnce } from './run/choose-rows-at-once.ts';
import { runOnDevices } from './run/device-pool.ts';
import { planScoring } from './run/plan-execution.ts';
import { rowsOfRun } from './run/rows-of-run.ts';
import { scoredModel } from './run/scored-model.ts';
import { runBatches } from './run/worker-pool.ts';

interface WindowQuestion {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly execution: Execution;
  /** About how many positions will be read in all; 0 where nobody knows, and then only a device that is named is used. */
  readonly nPositions: number;
  readonly signal: AbortSignal;
}

/** Devices' processes end with it. */
export interface WindowReader extends Disposable {
  /** Windows that arrive together are cut into batches together. */
  read(windows: AsyncIterable<readonly WindowRequest[]>): AsyncGenerator<readonly WindowResult[]>;
}

/** Throws an EnvironmentError where a provider was named and cannot be used, or the weights are beyond this machine. */
export async function openWindowReader(question: WindowQuestion): Promise<WindowReader> {
  const { checkpoint, signal } = question;
  if (checkpoint.kind === 'weights') {
    const longest = positionsAtOnce(checkpoint.config);
    const rule = { temperature: 1, topK: 0 };
    const { chosen } = await chooseReaders({ ...question, checkpoint, rule, longest });
    if (chosen !== null) return onDevices(chosen, signal);
  }
  return onProcessor(question);
}

function onDevices({ form, devices, proven, end }: ChosenReaders, signal: AbortSignal): WindowReader {
  const openPacker = (): RowPacker =>
    form.kind === 'cuda' ? new StreamPacker(form.nPositions) : new ShapePacker(rowsOfRun(form));
  async function* cut(
    windows: AsyncIterable<readonly WindowRequest[]>,
  ): AsyncGenerator<readonly MapRow[], undefined> {
    const packer = openPacker();
    for await (const some of windows) {
      for (const { text, start, tokens, nKnown } of some) {
        const full = packer.add({ document: text, start, tokens: Int32Array.from(tokens), nKnown });
        if (full) yield full;
      }
    }
    yield* packer.rest();
  }
  return {
    async *read(windows) {
      for await (const rows of runOnDevices<'read'>(devices, cut(windows), signal, proven, 'read'))
        yield rows.map(({ document, start, plain }) => ({ text: document, start, logprobs: plain }));
    },
    [Symbol.dispose]: end,
  };
}

async function onProcessor({ checkpoint, execution, signal }: WindowQuestion): Promise<WindowReader> {
  const { provider, workers, nThreads, idle } = planScoring(execution, checkpoint);
  const { model, weightFolder } = await scoredModel(checkpoint, signal);
  const session = { provider, nThreads, idle, weightFolder };
  const rows = await chooseRowsAtOnce(checkpoint, signal);
  // Read as it is sampled, by the graph that takes a past.
  const isAlone = rows === 'alone' && checkpoint.kind === 'exported';
  const read = isAlone ? { ...model, decoder: checkpoint.decoder } : model;
  const start = { session, task: { kind: 'score', model: read, rows } as const };
  const most = rows === 'alone' ? 1 : POSITIONS_AT_ONCE;
  async function* cut(
    windows: AsyncIterable<readonly WindowRequest[]>,
  ): AsyncGenerator<readonly WindowRequest[], undefined> {
    for await (const some of windows) yield* batchByLength(some, most);
  }
  return {
    read: (windows) => runBatches<'score'>(start, workers, cut(windows), signal, refuseBatch),
    [Symbol.dispose]: () => {},
  };
}

/** Positions of one run: enough for full speed, and little enough to be cancelled within a second. */
const POSITIONS_AT_ONCE = 512;

/** Runs are small already: what does not fit then will not fit in parts either. */
function refuseBatch(): never {
  throw new EnvironmentError('There is not enough memory to score texts under this model.', {
    action: 'Close other programs, or use fewer workers.',
  });
}
