// Which imported fragments belong together, and which parts of the samples they cover: told by their places.

import type { Profile } from '../../../protocol/study.ts';
import { significantLineStarts } from '../../analysis/significant-lines.ts';
import { lowerBound } from '../../analysis/text-tokens.ts';
import type { CoveredRange } from '../../engine/detection.ts';
import { lineBeginnings } from '../../engine/line-numbers.ts';

/** Places in one sample, in order of their first lines; `fragment` is an index. */
export type PlacesInSample = readonly {
  readonly fragment: number;
  readonly firstLine: number;
  readonly lastLine: number;
}[];

/** Fragments whose places share lines of a sample are one family. */
export class Families {
  readonly #parent: Uint32Array;

  constructor(nFragments: number) {
    this.#parent = Uint32Array.from({ length: nFragments }, (_, i) => i);
  }

  join(places: PlacesInSample): void {
    let open: { lastLine: number; fragment: number } | undefined;
    for (const { firstLine, lastLine, fragment } of places) {
      if (open && firstLine <= open.lastLine) {
        const [a, b] = [this.#top(open.fragment), this.#top(fragment)];
        this.#parent[Math.max(a, b)] = Math.min(a, b);
        open.lastLine = Math.max(open.lastLine, lastLine);
      } else open = { lastLine, fragment };
    }
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

/** The union of the places in a sample; ranges that touch are one. `text` holds one character a byte. */
export function coverSample(
  sampleId: number,
  text: string,
  places: PlacesInSample,
  profile: Profile,
): readonly CoveredRange[] {
  const ranges: { firstLine: number; lastLine: number }[] = [];
  for (const { firstLine, lastLine } of places) {
    const last = ranges.at(-1);
    if (last && firstLine <= last.lastLine + 1) last.lastLine = Math.max(last.lastLine, lastLine);
    else ranges.push({ firstLine, lastLine });
  }
  const bytes = Buffer.from(text, 'latin1');
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
