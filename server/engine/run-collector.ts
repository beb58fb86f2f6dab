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
  readonly #runStarts = new GrowingUint32();
  #nLines = 0;
  #lines = new Uint32Array(1 << 10);
  #rawLines = new Uint32Array(1 << 10);
  #starts = new Float64Array(1 << 10);
  #ends = new Float64Array(1 << 10);

  /** A line of a run: its number among the samples' lines, its 1-based raw line, its bytes in the document. */
  addLine(line: number, rawLine: number, start: number, end: number, beginsRun: 0 | 1): void {
    const n = this.#nLines++;
    if (n === this.#lines.length) this.#grow();
    if (beginsRun) this.#runStarts.push(n);
    this.#lines[n] = line;
    this.#rawLines[n] = rawLine;
    this.#starts[n] = start;
    this.#ends[n] = end;
  }

  /** The last line again, on the next raw lines, each `stride` bytes behind the one before. */
  addRepeats(nLines: number, stride: number): void {
    const first = this.#nLines;
    this.#nLines += nLines;
    while (this.#nLines > this.#lines.length) this.#grow();
    const rawLines = this.#rawLines;
    const starts = this.#starts;
    const ends = this.#ends;
    const last = first - 1;
    this.#lines.fill(this.#lines[last]!, first, this.#nLines);
    let rawLine = rawLines[last]!;
    let start = starts[last]!;
    const nBytes = ends[last]! - start;
    for (let n = first; n < this.#nLines; n++) {
      start += stride;
      rawLines[n] = ++rawLine;
      starts[n] = start;
      ends[n] = start + nBytes;
    }
  }

  /** The row cannot be read to its end: nothing of it counts. */
  dropRow(): void {
    this.#nLines = 0;
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
      this.#writeRun(first, i + 1 < nRuns ? this.#runStarts.get(i + 1) : this.#nLines);
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

  #grow(): void {
    const nLines = 2 * this.#lines.length;
    this.#lines = filled(new Uint32Array(nLines), this.#lines);
    this.#rawLines = filled(new Uint32Array(nLines), this.#rawLines);
    this.#starts = filled(new Float64Array(nLines), this.#starts);
    this.#ends = filled(new Float64Array(nLines), this.#ends);
  }

  #writeRun(first: number, end: number): void {
    const run = findOrAddRun(this.#runs, this.#lines.subarray(first, end));
    const out = this.#documents;
    if (run === this.#counts.length) this.#counts.push(0);
    const count = this.#counts.get(run);
    this.#counts.set(run, count + 1);
    out.write(run);
    if (count >= PLACE_CAP) return;
    const rawLines = this.#rawLines;
    const starts = this.#starts;
    const ends = this.#ends;
    let lastRawLine = 0;
    let lastEnd = 0;
    for (let i = first; i < end; i++) {
      const rawLine = rawLines[i]!;
      const lineStart = starts[i]!;
      const lineEnd = ends[i]!;
      out.writeThree(rawLine - lastRawLine, lineStart - lastEnd, lineEnd - lineStart);
      lastRawLine = rawLine;
      lastEnd = lineEnd;
    }
  }
}

function filled<T extends Uint32Array | Float64Array>(larger: T, values: T): T {
  larger.set(values);
  return larger;
}
