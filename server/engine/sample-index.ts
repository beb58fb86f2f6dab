// The samples' lines as numbers, in order of first appearance: equal lines, equal numbers, so that everything that
// follows speaks of numbers alone. The same samples always get the same, which is why a shard's partial result can be
// stored and merged later. The kernel makes them (server/kernel/number-samples.ts).

/** Stands in the sequence where a sample ends. No line has this number. */
export const EDGE = 0xffffffff;

export interface SampleIndex {
  /** Distinct lines: normalised bytes of line `id` are lineBytes[lineStarts[id], lineStarts[id + 1]). */
  readonly nLines: number;
  readonly lineBytes: Uint8Array;
  readonly lineStarts: Uint32Array;
  /** Line numbers of all samples, one after the other, an EDGE after each. A place in it is a position. */
  readonly sequence: Uint32Array;
  /** First position of each sample; one more entry for the end. */
  readonly sampleStarts: Uint32Array;
}

/** How many significant lines each sample has. */
export const linesOfSamples = ({ sampleStarts }: SampleIndex): Uint32Array =>
  Uint32Array.from(
    { length: sampleStarts.length - 1 },
    (_, i) => sampleStarts[i + 1]! - sampleStarts[i]! - 1,
  );

/** Gives back the memory of one array at once. */
export function release({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
