// Reads a shard's partial result back: its distinct runs at once, its documents one by one.

import { PLACE_CAP } from './detection.ts';
import { PARTIAL_VERSION } from './run-collector.ts';
import { VarintReader } from './varint.ts';

/** The distinct runs of a shard. */
export interface ShardRuns {
  /** Line numbers of all runs, one after the other. */
  readonly lines: Uint32Array;
  /** Start of each run in `lines`; one more entry for the end. */
  readonly starts: Uint32Array;
  readonly nDocuments: number;
  /** Byte offset of the documents in the partial result. */
  readonly documentsAt: number;
}

export function readShardRuns(partial: Uint8Array): ShardRuns {
  const input = new VarintReader(partial);
  const version = input.read();
  if (version !== PARTIAL_VERSION) {
    throw new RangeError(`A partial result has version ${version}, this is version ${PARTIAL_VERSION}`);
  }
  const nRuns = input.read();
  const starts = new Uint32Array(nRuns + 1);
  // A line takes at least one byte, so the bytes left bound the lines.
  const lines = new Uint32Array(partial.length - input.at);
  let nLines = 0;
  for (let run = 0; run < nRuns; run++) {
    let expected = 0;
    for (let left = input.read(); left > 0; left--) {
      const line = expected + input.readSigned();
      lines[nLines++] = line;
      expected = line + 1;
    }
    starts[run + 1] = nLines;
  }
  const nDocuments = input.read();
  return { lines: lines.slice(0, nLines), starts, nDocuments, documentsAt: input.at };
}

/** Places of one run's lines in its document. Overwritten by the next run. */
export interface RunLayout {
  readonly rawLines: Float64Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** `layout` is null for the occurrences beyond PLACE_CAP of this run in this shard. */
export type RunVisitor = (row: number, run: number, layout: RunLayout | null) => void;

/** Visits every occurrence of every run, in document order. */
export function visitRuns(shard: ShardRuns, partial: Uint8Array, visit: RunVisitor): void {
  const input = new VarintReader(partial, shard.documentsAt);
  const nRuns = shard.starts.length - 1;
  const counts = new Uint32Array(nRuns);
  let longest = 0;
  for (let run = 0; run < nRuns; run++) {
    longest = Math.max(longest, shard.starts[run + 1]! - shard.starts[run]!);
  }
  const layout = {
    rawLines: new Float64Array(longest),
    starts: new Float64Array(longest),
    ends: new Float64Array(longest),
  };
  let row = 0;
  for (let documentsLeft = shard.nDocuments; documentsLeft > 0; documentsLeft--) {
    row += input.read();
    for (let runsLeft = input.read(); runsLeft > 0; runsLeft--) {
      const run = input.read();
      const placed = counts[run]!++ < PLACE_CAP;
      if (placed) readLayout(input, shard.starts[run + 1]! - shard.starts[run]!, layout);
      visit(row, run, placed ? layout : null);
    }
  }
}

function readLayout(input: VarintReader, nLines: number, layout: RunLayout): void {
  let rawLine = 0;
  let end = 0;
  for (let i = 0; i < nLines; i++) {
    rawLine += input.read();
    const start = end + input.read();
    end = start + input.read();
    layout.rawLines[i] = rawLine;
    layout.starts[i] = start;
    layout.ends[i] = end;
  }
}
