// Opens the documents that an index proposes, and lets the scan's kernel say what they hold of the samples: the result
// of a shard is then the one that a scan of it would have, whatever the index proposed too much.

import type { Columns } from '../corpus/columns.ts';
import { reopenRows } from '../corpus/reopen-rows.ts';
import type { Shard } from '../corpus/shard.ts';
import type { MatchedDocument, RestartPoint, ShardResult } from '../engine/detection.ts';
import { RunCollector } from '../engine/run-collector.ts';
import { throwIfAborted } from '../errors.ts';
import type { KernelListener, ScanKernel } from '../kernel/scan-kernel.ts';
import type { CorpusIndex, IndexedPlace, ProposedDocument } from './corpus-index.ts';

export interface Verification {
  readonly result: ShardResult;
  /** Sentences: documents that are not what was indexed. */
  readonly changed: readonly string[];
  /** Fewer than were proposed where the limit came first. */
  readonly nOpened: number;
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
  /** In milliseconds of the performance clock. */
  readonly deadline?: number;
}

const CHANGES_NAMED = 20;

/** `kernel` scans for the samples; `shard` is where the place's shard lies now. */
export async function verify(
  index: CorpusIndex,
  kernel: ScanKernel,
  place: IndexedPlace,
  shard: Shard,
  documents: readonly ProposedDocument[],
  { signal, onProgress, deadline = Number.POSITIVE_INFINITY }: VerifyOptions,
): Promise<Verification> {
  const { segment, entry } = place;
  const { columns, reading, restarts, problems } = segment.facts(place.shard);
  const collector = new RunCollector();
  const listener: KernelListener = {
    onLine: collector.addLine.bind(collector),
    onRepeats: collector.addRepeats.bind(collector),
    onRow() {},
  };
  const matched: MatchedDocument[] = [];
  const changed: string[] = [];
  let next = 0;
  const rows = reopenRows(shard, documents, {
    columns: columns as Columns | null,
    restarts: segment.startsOf(place.shard),
    signal,
    onProgress,
  });
  for await (const { text } of rows) {
    throwIfAborted(signal);
    onProgress();
    const { digest, keys, ...document } = documents[next++]!;
    if (!text || index.digestOf(text) !== digest) {
      if (changed.length < CHANGES_NAMED)
        changed.push(`row ${document.row} of ${shard.path} is not what was indexed`);
    }
    if (text) {
      kernel.beginText(listener);
      kernel.appendText(text);
      kernel.endText();
      if (collector.keepRow(document.row)) matched.push(document);
    }
    if (performance.now() > deadline) break;
  }
  const points = restarts.map((stored) => ({ ...stored, open: () => segment.restart(stored) }));
  const { nRows, contentBytes, nProblems } = entry;
  const result: ShardResult = {
    ...{ nRows, contentBytes, documents: matched, partial: collector.encode(), problems, nProblems },
    ...reading,
    ...(columns && { restartPoints: usefulPoints(points, matched) }),
  };
  return { result, changed, nOpened: next };
}

interface LazyPoint {
  readonly byteOffset: number;
  readonly row: number;
  readonly open: () => RestartPoint;
}

/** Those that a scan would have kept: of several behind the last match, the last one. */
function usefulPoints(points: readonly LazyPoint[], matched: readonly MatchedDocument[]): RestartPoint[] {
  const kept: LazyPoint[] = [];
  let n = 0;
  for (const point of points) {
    // What had ended when the scan came by.
    while (n < matched.length && matched[n]!.row < point.row) n++;
    const before = kept.at(-1);
    const last = matched[n - 1];
    if (before && (last === undefined || last.byteOffset < before.byteOffset)) kept.pop();
    kept.push(point);
  }
  return kept.map((point) => {
    const { diskOffset, byteOffset, window } = point.open();
    return { diskOffset, byteOffset, window };
  });
}
