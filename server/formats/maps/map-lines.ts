// A map's windows as JSON lines, as `verbatim discover --json` streams them.

import { forJson } from '../../../guard/text/for-json.ts';
import type { MapPlan } from '../../../protocol/study.ts';
import { windowStarts } from '../../analysis/map-windows.ts';
import { readMapDocuments } from '../../store/maps/map-reader.ts';
import type { Database } from '../../store/study-file.ts';

/** All windows of a shard, in order. */
export function* mapLines(db: Database, shardId: number, map: MapPlan): Generator<string> {
  const { suffix } = map;
  for (const { provenance, side, nTokens, logp, logpPlain, nArgmax } of readMapDocuments(db, shardId)) {
    const { shard, row } = provenance;
    const starts = windowStarts(nTokens, map);
    for (const [window, one] of logp.entries()) {
      yield forJson({
        shard,
        row,
        start: starts[window]!,
        logp: one === -Infinity ? null : one,
        logpPlain: logpPlain[window]!,
        greedy: nArgmax[window] === suffix,
        argmaxShare: nArgmax[window]! / suffix,
        ...(side === 'control' ? { control: true } : {}),
      });
    }
  }
}
