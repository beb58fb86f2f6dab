// Which imported fragments belong together, and which parts of the samples they cover: told by their places.

import type { Profile } from '../../../protocol/study.ts';
import { significantLineStarts } from '../../analysis/significant-lines.ts';
import { lowerBound } from '../../analysis/text-tokens.ts';
import type { CoveredRange } from '../../engine/detection.ts';
import { lineBeginnings } from '../../engine/line-numbers.ts';

/** Places in one sample, in order of their first lines. Fragments are indexes. */
export interface PlacesInSample {
  readonly fragments: Uint32Array;
  readonly firstLines: Uint32Array;
  readonly lastLines: Uint32Array;
}

/** Fragments whose places share lines of a sample are one family. */
export class Families {
  readonly #parent: Uint32Array;

  constructor(nFragments: number) {
    this.#parent = Uint32Array.from({ length: nFragments }, (_, i) => i);
  }

  join({ fragments, firstLines, lastLines }: PlacesInSample): void {
    let openFragment = 0;
    let openLastLine = -1;
    for (let i = 0; i < firstLines.length; i++) {
      if (firstLines[i]! <= openLastLine) {
        this.#joinTwo(openFragment, fragments[i]!);
        openLastLine = Math.max(openLastLine, lastLines[i]!);
      } else {
        openFragment = fragments[i]!;
        openLastLine = lastLines[i]!;
      }
    }
  }

  #joinTwo(a: number, b: number): void {
    const [topA, topB] = [this.#top(a), this.#top(b)];
    this.#parent[Math.max(topA, topB)] = Math.min(topA, topB);
  }

  /** For each fragment its family: they are numbered in the order of their first fragments. */
  numbers(): Uint32Array {
    const known = new Map<number, number>();
    return this.#parent.map((_, i) => {
      const root = this.#top(i);
      const number = known.get(root) ?? known.size;
      known.set(root, number);
      return number;
    });
  }

  #top(fragment: number): number {
    const parent = this.#parent;
    let at = fragment;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  }
}

/** The union of the places in a sample; ranges that touch are one. */
export function coverSample(
  sampleId: number,
  bytes: Uint8Array,
  { firstLines, lastLines }: PlacesInSample,
  profile: Profile,
): readonly CoveredRange[] {
  const ranges: { firstLine: number; lastLine: number }[] = [];
  let last: { firstLine: number; lastLine: number } | undefined;
  for (let i = 0; i < firstLines.length; i++) {
    const [firstLine, lastLine] = [firstLines[i]!, lastLines[i]!];
    if (last && firstLine <= last.lastLine + 1) last.lastLine = Math.max(last.lastLine, lastLine);
    else {
      last = { firstLine, lastLine };
      ranges.push(last);
    }
  }
  const beginnings = lineBeginnings(bytes);
  const significant = significantLineStarts(bytes, profile);
  return ranges.map(({ firstLine, lastLine }) => {
    const byteOffset = beginnings[firstLine - 1]!;
    const end = endOfLine(bytes, beginnings[lastLine] ?? bytes.length);
    const nLines = lowerBound(significant, end) - lowerBound(significant, byteOffset);
    return { sampleId, firstLine, lastLine, byteOffset, nBytes: end - byteOffset, nLines, nWindows: null };
  });
}

/** The end of the line before `next`, without its line end. */
function endOfLine(bytes: Uint8Array, next: number): number {
  if (bytes[next - 1] === CR) return next - 1;
  if (bytes[next - 1] !== LF) return next;
  return bytes[next - 2] === CR ? next - 2 : next - 1;
}

const LF = 0x0a;
const CR = 0x0d;
