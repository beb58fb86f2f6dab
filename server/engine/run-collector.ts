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
  /** Places of these lines, but for repeats. */
  #rawLines = new Uint32Array(1 << 10);
  #starts = new Float64Array(1 << 10);
  #ends = new Float64Array(1 << 10);
  /** Repeats of the line before: the first of them, how many, and the bytes from one to the next. */
  readonly #repeats: { readonly first: number; readonly nLines: number; readonly stride: number }[] = [];
  /** The first of them that is not written yet. */
  #nextRepeat = 0;

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
    this.#lines.fill(this.#lines[first - 1]!, first, this.#nLines);
    this.#repeats.push({ first, nLines, stride });
  }

  /** The row cannot be read to its end: nothing of it counts. */
  dropRow(): void {
    this.#nLines = 0;
    this.#runStarts.truncate(0);
    this.#repeats.length = 0;
    this.#nextRepeat = 0;
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
    if (count < PLACE_CAP) this.#writePlaces(first, end);
    while ((this.#repeats[this.#nextRepeat]?.first ?? end) < end) this.#nextRepeat++;
  }

  /** How far each line is from the one before, in lines and in bytes, and its own bytes. */
  #writePlaces(first: number, end: number): void {
    const out = this.#documents;
    const rawLines = this.#rawLines;
    const starts = this.#starts;
    const ends = this.#ends;
    let lastRawLine = 0;
    let lastEnd = 0;
    let nBytes = 0;
    let i = first;
    for (let next = this.#nextRepeat; i < end; next++) {
      const repeat = this.#repeats[next];
      const nextRepeat = Math.min(end, repeat?.first ?? end);
      for (; i < nextRepeat; i++) {
        const rawLine = rawLines[i]!;
        const lineStart = starts[i]!;
        const lineEnd = ends[i]!;
        nBytes = lineEnd - lineStart;
        out.writeThree(rawLine - lastRawLine, lineStart - lastEnd, nBytes);
        lastRawLine = rawLine;
        lastEnd = lineEnd;
      }
      if (repeat === undefined || i === end) return;
      out.writeThreeOften(repeat.nLines, 1, repeat.stride - nBytes, nBytes);
      lastRawLine += repeat.nLines;
      lastEnd += repeat.nLines * repeat.stride;
      i += repeat.nLines;
    }
  }
}

function filled<T extends Uint32Array | Float64Array>(larger: T, values: T): T {
  larger.set(values);
  return larger;
}
