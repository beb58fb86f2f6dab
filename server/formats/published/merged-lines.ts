// The lines of a merged file: which output each is of, and which of the output's lines it is. Flat, because millions of places
// are looked up in it, in no order.

import type { MergedSample, PlacedPart } from './merged-sample.ts';
import { PagedUint32 } from './paged-uint32.ts';

/** For the separators between the outputs. */
const NONE = 0xffffffff;

export class MergedLines {
  #placed: PlacedPart[] = [];
  #parts: readonly MergedSample[] = [];
  /** The index of its part, for each 0-based line. */
  readonly #partOf = new PagedUint32();
  /** The 1-based line of the sample, likewise. */
  readonly #rawLine = new PagedUint32();

  /** Parts come in the order of the file. `rawLines` are the sample's lines that are those of the part; undefined where they are the same. */
  add(part: PlacedPart, rawLines: readonly number[] | undefined): void {
    while (this.#partOf.length < part.start - 1) this.#push(NONE, 0);
    const index = this.#placed.push(part) - 1;
    for (let line = 0; line < part.nLines; line++) this.#push(index, rawLines ? rawLines[line]! : line + 1);
  }

  /** All parts are there: `find` says which sample each is of, and the text of the part. */
  settle(find: (part: PlacedPart) => Pick<MergedSample, 'index' | 'text'>): void {
    this.#parts = this.#placed.map((part) => ({ ...find(part), isMerged: part.isMerged }));
    this.#placed = [];
  }

  /** Once it is settled, the part that holds these lines of the file, 1-based; undefined when they leave it. */
  partAt(firstLine: number, lastLine: number): MergedSample | undefined {
    if (lastLine > this.#partOf.length) return undefined;
    const index = this.#partOf.get(firstLine - 1);
    return index === this.#partOf.get(lastLine - 1) ? this.#parts[index] : undefined;
  }

  /** The 1-based line of its sample that is this line of the file, which some part holds. */
  rawLineOf(mergedLine: number): number {
    return this.#rawLine.get(mergedLine - 1);
  }

  #push(part: number, rawLine: number): void {
    this.#partOf.push(part);
    this.#rawLine.push(rawLine);
  }
}
