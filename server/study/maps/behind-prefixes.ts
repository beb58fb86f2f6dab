// A window's suffix behind a prefix and nothing else, as the sampler would see it: how likely the model finds it there.

import type { MapRow, MapRowResult } from '../../sampling/forms/map/rows.ts';
import { mapRows } from '../../sampling/map-model.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import type { StageContext } from '../stage-context.ts';

export interface SuffixBehind {
  /** What the result is told by. */
  readonly document: number;
  readonly start: number;
  /** Its length, and the suffix's, are the map's. */
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
}

/** The tokens of a prefix as the map has the model begin with them. */
export const promptOf = (
  { plan }: Pick<StageContext, 'plan'>,
  { config }: Checkpoint | ExportedModel,
  prefix: Uint32Array,
): readonly number[] => [...(plan.map!.bos ? [config.bosToken] : []), ...prefix];

/** `n` is how many pairs there are. Results come in any order. */
export function measureBehindPrefixes(
  context: Pick<StageContext, 'plan' | 'execution' | 'signal'>,
  checkpoint: Checkpoint | ExportedModel,
  pairs: Iterable<SuffixBehind>,
  n: number,
): AsyncGenerator<readonly MapRowResult[]> {
  const { plan, execution, signal } = context;
  const { prefix, suffix, bos } = plan.map!;
  const { topK, temperature } = plan.sampling;
  function* rows(): Generator<MapRow> {
    for (const { document, start, ...pair } of pairs) {
      const known = promptOf(context, checkpoint, pair.prefix);
      yield { document, start, tokens: Int32Array.from([...known, ...pair.suffix]), nKnown: known.length };
    }
  }
  const longest = (bos ? 1 : 0) + prefix + suffix - 1;
  const rule = { topK, temperature };
  return mapRows({ checkpoint, rule, execution, longest, nPositions: longest * n, signal }, rows());
}
