// A map's windows as JSON lines, as `verbatim discover --json` streams them.

import { forJson } from '../../guard/text/for-json.ts';
import type { MapPlan } from '../../protocol/study.ts';
import { readMapDocuments } from '../store/map-reader.ts';
import type { Database } from '../store/study-file.ts';

/** All windows of a shard, in order. */
export function* mapLines(db: Database, shardId: number, { suffix, stride }: MapPlan): Generator<string> {
  for (const { provenance, side, logp, logpPlain, nArgmax } of readMapDocuments(db, shardId)) {
    const { shard, row } = provenance;
    for (const [window, one] of logp.entries()) {
      yield forJson({
        shard,
        row,
        start: window * stride,
        logp: one === -Infinity ? null : one,
        logpPlain: logpPlain[window]!,
        greedy: nArgmax[window] === suffix,
        argmaxShare: nArgmax[window]! / suffix,
        ...(side === 'control' ? { control: true } : {}),
      });
    }
  }
}
