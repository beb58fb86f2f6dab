// Measures rows of training data under a model: the map's one door to it. Results come as batches finish, in any order.

import type { Execution } from '../../protocol/study.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import type { Checkpoint, ExportedModel } from './checkpoint.ts';
import type { DrawingRule } from './forms/map/drawing-rule.ts';
import type { MapRow, MapRowResult, RowShape } from './forms/map/rows.ts';
import { chooseRowsAtOnce } from './run/choose-rows-at-once.ts';
import { planScoring } from './run/plan-execution.ts';
import { scoredModel } from './run/scored-model.ts';
import { runBatches } from './run/worker-pool.ts';

/** Positions of one run: enough for full speed, and little enough to be cancelled within a second. */
const POSITIONS_AT_ONCE = 512;

export interface MapRequest {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly rule: DrawingRule;
  readonly execution: Execution;
  /** Rows of one shape together, as many as `rowsAtOnce` says or fewer. */
  readonly batches: AsyncIterator<readonly MapRow[]>;
  readonly signal: AbortSignal;
}

/** How many rows of a shape make a batch. */
export const rowsAtOnce =
  ({ batch }: Execution) =>
  ({ nTokens }: RowShape): number =>
    batch === 'auto' ? Math.max(1, Math.floor(POSITIONS_AT_ONCE / nTokens)) : batch;

/** What computes, for the study's record. */
export const mapEnvironment = ({ execution, checkpoint }: Pick<MapRequest, 'execution' | 'checkpoint'>) => {
  const { provider, workers } = planScoring(execution, checkpoint);
  return { provider, workers, form: checkpoint.kind === 'exported' ? 'exported' : 'map' };
};

export async function* mapRows(request: MapRequest): AsyncGenerator<readonly MapRowResult[]> {
  const { checkpoint, rule, execution, batches, signal } = request;
  const { provider, workers, nThreads } = planScoring(execution, checkpoint);
  if ((await chooseRowsAtOnce(checkpoint, signal)) === 'alone') {
    throw new UserError(
      `${checkpoint.dir} is an exported graph whose rows and positions change each other’s rounding, so what it says of a window depends on others.`,
      { action: 'Choose a folder with model.safetensors in it, or export it in 32-bit floats.' },
    );
  }
  const { model, weightFolder } = scoredModel(checkpoint);
  const task = { kind: 'map', model, rule } as const;
  const start = { session: { provider, nThreads, weightFolder }, task };
  yield* runBatches<'map'>(start, workers, batches, signal, refuseBatch);
}

function refuseBatch(): never {
  throw new EnvironmentError('There is not enough memory to read that many rows at once.', {
    action: 'Close other programs, use fewer workers, or a smaller --batch.',
  });
}
