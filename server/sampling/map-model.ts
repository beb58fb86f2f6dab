// Measures rows of training data under a model: the map's one door to it. Results come as batches finish, in any order.

import type { Execution, Provider } from '../../protocol/study.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import type { DrawingRule } from './forms/map/drawing-rule.ts';
import { type RowPacker, ShapePacker, StreamPacker } from './forms/map/pack-rows.ts';
import type { MapRow, MapRowResult, RowShape } from './forms/map/rows.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import { type ChosenReaders, chooseReaders } from './run/choose-readers.ts';
import { chooseRowsAtOnce } from './run/choose-rows-at-once.ts';
import { runOnDevices } from './run/device-pool.ts';
import { planScoring } from './run/plan-execution.ts';
import { rowsOfRun } from './run/rows-of-run.ts';
import { scoredModel } from './run/scored-model.ts';
import { packedNote } from './run/weights-in-memory.ts';
import { runBatches } from './run/worker-pool.ts';

/** Positions of one run on the processor: enough for full speed, and little enough to be cancelled within a second. */
const POSITIONS_AT_ONCE = 512;

export interface MapQuestion {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly rule: DrawingRule;
  readonly execution: Execution;
  /** Positions of the longest row. */
  readonly longest: number;
  /** About how many positions will be read in all. */
  readonly nPositions: number;
  readonly signal: AbortSignal;
}

/** A model that is ready to measure, once. Devices' processes end with it. */
export interface MapReader extends Disposable {
  readonly provider: Provider;
  readonly workers: number;
  /** What the numbers depend on beside the model. */
  readonly form: string;
  /** Why something slower than asked for runs, in sentences. */
  readonly fallbacks: readonly string[];
  /** Puts rows together as they are read at once. */
  openPacker(): RowPacker;
  read(batches: AsyncIterator<readonly MapRow[]>): AsyncGenerator<readonly MapRowResult[]>;
}

/** Throws an EnvironmentError where a provider was named and cannot be used, or the weights are beyond this machine. */
export async function openMapReader(question: MapQuestion): Promise<MapReader> {
  const { checkpoint, execution, signal } = question;
  if (checkpoint.kind === 'exported') {
    const isOther = execution.provider !== 'auto' && execution.provider !== 'cpu';
    return openOnProcessor(question, isOther ? [exportedNote(execution.provider)] : []);
  }
  const { chosen, fallbacks } = await chooseReaders({ ...question, checkpoint });
  return chosen === null ? openOnProcessor(question, fallbacks) : openOnDevices(chosen, fallbacks, signal);
}

/** Measures rows that arrive one by one, wherever the question says; the devices end with it. */
export async function* mapRows(
  question: MapQuestion,
  rows: AsyncIterable<MapRow> | Iterable<MapRow>,
): AsyncGenerator<readonly MapRowResult[]> {
  using reader = await openMapReader(question);
  async function* batches(): AsyncGenerator<readonly MapRow[], undefined> {
    const packer = reader.openPacker();
    for await (const row of rows) {
      const full = packer.add(row);
      if (full) yield full;
    }
    yield* packer.rest();
  }
  yield* reader.read(batches());
}

const exportedNote = (provider: string): string =>
  `The provider ${provider} does not run exported models: the CPU is used.`;

function openOnDevices(
  { provider, form, formName, devices, proven, end }: ChosenReaders,
  fallbacks: readonly string[],
  signal: AbortSignal,
): MapReader {
  return {
    ...{ provider, workers: devices.length, form: formName, fallbacks },
    [Symbol.dispose]: end,
    openPacker: () =>
      form.kind === 'cuda' ? new StreamPacker(form.nPositions) : new ShapePacker(rowsOfRun(form)),
    read: (batches) => runOnDevices<'read'>(devices, batches, signal, proven, 'read'),
  };
}

async function openOnProcessor(
  { checkpoint, rule, execution, signal }: MapQuestion,
  fallbacks: readonly string[],
): Promise<MapReader> {
  const { provider, workers, nThreads, idle } = planScoring(execution, checkpoint);
  if ((await chooseRowsAtOnce(checkpoint, signal)) === 'alone') {
    throw new UserError(
      `${checkpoint.dir} is an exported graph whose rows and positions change each other’s rounding, so what it says of a window depends on others.`,
      { action: 'Choose a folder with model.safetensors in it, or export it in 32-bit floats.' },
    );
  }
  const { model, weightFolder, held } = await scoredModel(checkpoint, signal);
  const start = {
    session: { provider, nThreads, idle, weightFolder },
    task: { kind: 'map', model, rule } as const,
  };
  return {
    ...{ provider, workers },
    fallbacks:
      held === 'packed' && checkpoint.kind === 'weights'
        ? [...fallbacks, packedNote(checkpoint.weights)]
        : fallbacks,
    [Symbol.dispose]: () => {},
    form: checkpoint.kind === 'exported' ? 'exported' : held === 'packed' ? 'map-packed' : 'map',
    openPacker: () => new ShapePacker(rowsAtOnce(execution)),
    read: (batches) => runBatches<'map'>(start, workers, batches, signal, refuseBatch),
  };
}

const rowsAtOnce =
  ({ batch }: Execution) =>
  ({ nTokens }: RowShape): number =>
    batch === 'auto' ? Math.max(1, Math.floor(POSITIONS_AT_ONCE / nTokens)) : batch;

function refuseBatch(): never {
  throw new EnvironmentError('There is not enough memory to read that many rows at once.', {
    action: 'Close other programs, use fewer workers, or a smaller --batch.',
  });
}
