// What a map's plan asks of a model: for the stage that makes it, and for whoever tells how long that takes.

import type { Execution, MapPlan, StudyPlan } from '../../../protocol/study.ts';
import type { Shard } from '../../corpus/shard.ts';
import { UserError } from '../../errors.ts';
import { positionsAtOnce } from '../../sampling/forms/score/windows.ts';
import type { MapQuestion } from '../../sampling/map-model.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';

/** Throws a `UserError` where a window does not fit into the context: its last token is asked for and not read. */
export function checkWindow({ config }: Checkpoint | ExportedModel, { prefix, suffix, bos }: MapPlan): void {
  const nRead = prefix + suffix - 1 + (bos ? 1 : 0);
  if (nRead <= config.nPositions) return;
  throw new UserError(
    `A prefix of ${prefix} and a suffix of ${suffix} tokens need a context of ${nRead}, and the model has ${config.nPositions}`,
    { action: 'Choose a shorter --prefix or --suffix.' },
  );
}

export function mapQuestion(
  { map, sampling: { topK, temperature } }: StudyPlan,
  execution: Execution,
  checkpoint: Checkpoint | ExportedModel,
  shards: readonly Pick<Shard, 'nBytes'>[],
  signal: AbortSignal,
): MapQuestion {
  const { prefix, suffix, stride, bos, context } = map!;
  const isExact = context === 'exact';
  const nTokens = shards.reduce((sum, { nBytes }) => sum + nBytes, 0) / BYTES_A_TOKEN;
  return {
    checkpoint,
    rule: { topK, temperature },
    execution,
    longest: isExact ? prefix + suffix - 1 + (bos ? 1 : 0) : positionsAtOnce(checkpoint.config),
    nPositions: nTokens * (isExact ? (prefix + suffix) / stride : 2),
    signal,
  };
}

/** About how many bytes of training data a token takes. */
const BYTES_A_TOKEN = 3;
