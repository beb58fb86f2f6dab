// The detector's partial result for one shard: the runs of document lines whose windows all occur in the
// samples. Whatever a match touches lies inside one run, so nothing else of a shard is ever needed.
// Equal runs are kept once, and their places PLACE_CAP times: a fragment inside a run then has its first
// PLACE_CAP places among those kept.

import { PLACE_CAP } from './detection.ts';
import { type DistinctRuns, findOrAddRun, newDistinctRuns } from './distinct-runs.ts';
import { GrowingUint32 } from './growing-array.ts';
import { VarintWriter } from './varint.ts';

/** Changes with the format, so that a stored result of an older one is never misread. */
export const PARTIAL_VERSION = 1;

export class RunCollector {
  readonly #runs: DistinctRuns = newDistinctRuns();
  /** Occurrences of each distinct run so far. */
  readonly #counts = new GrowingUint32();
  readonly #documents = new VarintWriter();
  #nDocuments = 0;
  #lastRow = 0;

  // The lines found in the row that is being read, and where in them its runs start.
  readonly #lines = new GrowingUint32();
  readonly #runStarts = new GrowingUint32();
  readonly #rawLines = new GrowingUint32();
  #starts = new Float64Array(1 << 10);
  #ends = new Float64Array(1 << 10);

  /** A line of a run: its number among the samples' lines, its 1-based raw line, its bytes in the document. */
  addLine(line: number, rawLine: number, start: number, end: number, beginsRun: 0 | 1): void {
    const n = this.#lines.length;
    if (n === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    if (beginsRun) this.#runStarts.push(n);
    this.#lines.push(line);
    this.#rawLines.push(rawLine);
    this.#starts[n] = start;
    this.#ends[n] = end;
  }

  /** The row cannot be read to its end: nothing of it counts. */
  dropRow(): void {
    this.#lines.truncate(0);
    this.#rawLines.truncate(0);
    this.#runStarts.truncate(0);
  }

  /** The row is complete. Rows must come in ascending order; returns whether anything was found in it. */
  keepRow(row: number): boolean {
    const nRuns = this.#runStarts.length;
    if (nRuns === 0) return false;
    const out = this.#documents;
    out.write(row - this.#lastRow);
    out.write(nRuns);
    this.#lastRow = row;
    this.#nDocuments++;
    for (let i = 0; i < nRuns; i++) {
      const first = this.#runStarts.get(i);
      this.#writeRun(first, i + 1 < nRuns ? this.#runStarts.get(i + 1) : this.#lines.length);
    }
    this.dropRow();
    return true;
  }

  /** Everything so far, as bytes that depend on the shard and the samples alone. */
  encode(): Uint8Array {
    const out = new VarintWriter();
    const { starts, lines } = this.#runs;
    out.write(PARTIAL_VERSION);
    out.write(starts.length - 1);
    for (let run = 0; run + 1 < starts.length; run++) {
      out.write(starts.get(run + 1) - starts.get(run));
      let expected = 0;
      for (let i = starts.get(run); i < starts.get(run + 1); i++) {
        out.writeSigned(lines.get(i) - expected);
        expected = lines.get(i) + 1;
      }
    }
    out.write(this.#nDocuments);
    out.append(this.#documents.written());
    return out.written().slice();
  }

  #writeRun(first: number, end: number): void {
    const run = findOrAddRun(this.#runs, this.#lines.view().subarray(first, end));
    const out = this.#documents;
    if (run === this.#counts.length) this.#counts.push(0);
    const count = this.#counts.get(run);
    this.#counts.set(run, count + 1);
    out.write(run);
    if (count >= PLACE_CAP) return;
    const rawLines = this.#rawLines.view();
    const starts = this.#starts;
    const ends = this.#ends;
    let lastRawLine = 0;
    let lastEnd = 0;
    for (let i = first; i < end; i++) {
      const rawLine = rawLines[i]!;
      const lineStart = starts[i]!;
      const lineEnd = ends[i]!;
      out.write(rawLine - lastRawLine);
      out.write(lineStart - lastEnd);
      out.write(lineEnd - lineStart);
      lastRawLine = rawLine;
      lastEnd = lineEnd;
    }
  }
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}
