// The detector's partial result: the runs of document lines whose windows all occur in the samples, and
// their bytes. Whatever a match touches lies inside one run, so nothing else of a shard is ever needed.

/** Consecutive significant lines of one document, as long as every window of them occurs in the samples. */
export interface MatchedRun {
  readonly row: number;
  /** Ids of distinct sample lines, numbered by first appearance over the samples in order. */
  readonly classes: readonly number[];
  /** Per line, as in `SignificantLine`. */
  readonly rawLines: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Runs must come in document order: numbers are written as differences, seven bits a byte. */
export function encodeRuns(runs: readonly MatchedRun[]): Uint8Array {
  const bytes: number[] = [];
  const write = (value: number) => {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  };
  write(runs.length);
  let row = 0;
  for (const run of runs) {
    write(run.row - row);
    row = run.row;
    write(run.classes.length);
    let rawLine = 0;
    let end = 0;
    for (let i = 0; i < run.classes.length; i++) {
      write(run.classes[i]!);
      write(run.rawLines[i]! - rawLine);
      write(run.starts[i]! - end);
      write(run.ends[i]! - run.starts[i]!);
      rawLine = run.rawLines[i]!;
      end = run.ends[i]!;
    }
  }
  return Uint8Array.from(bytes);
}

export function decodeRuns(bytes: Uint8Array): MatchedRun[] {
  let at = 0;
  const read = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined)
        throw new RangeError(`A partial result of ${bytes.length} bytes ends too early`);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const runs: MatchedRun[] = [];
  let row = 0;
  for (let left = read(); left > 0; left--) {
    row += read();
    const nLines = read();
    const run = {
      row,
      classes: [] as number[],
      rawLines: [] as number[],
      starts: [] as number[],
      ends: [] as number[],
    };
    let rawLine = 0;
    let end = 0;
    for (let i = 0; i < nLines; i++) {
      run.classes.push(read());
      rawLine += read();
      run.rawLines.push(rawLine);
      const start = end + read();
      run.starts.push(start);
      end = start + read();
      run.ends.push(end);
    }
    runs.push(run);
  }
  return runs;
}
