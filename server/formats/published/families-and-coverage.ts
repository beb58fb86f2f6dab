// Which imported fragments belong together, and which parts of the samples they cover: told by their places.

import type { Profile } from '../../../protocol/study.ts';
import type { CoveredRange, Fragment } from '../../engine/detection.ts';
import { normaliseLines } from './normalise-lines.ts';

/** Places in one sample, by first line; `fragment` is an index. */
interface PlacesInSample {
  readonly sampleId: number;
  readonly places: readonly {
    readonly fragment: number;
    readonly firstLine: number;
    readonly lastLine: number;
  }[];
}

/** In order of the samples. Sorted sample by sample: there may be millions of places. */
export function placesBySample(
  fragments: readonly Pick<Fragment, 'samplePlaces'>[],
): readonly PlacesInSample[] {
  const bySample = new Map<number, { fragment: number; firstLine: number; lastLine: number }[]>();
  for (const [fragment, { samplePlaces }] of fragments.entries()) {
    for (const { sampleId, firstLine, lastLine } of samplePlaces) {
      const place = { fragment, firstLine, lastLine };
      const known = bySample.get(sampleId);
      if (known) known.push(place);
      else bySample.set(sampleId, [place]);
    }
  }
  return [...bySample]
    .sort(([a], [b]) => a - b)
    .map(([sampleId, places]) => ({ sampleId, places: places.sort((a, b) => a.firstLine - b.firstLine) }));
}

/** Fragments whose places share lines of a sample are one family, numbered by rank. */
export function joinFamilies(nFragments: number, samples: readonly PlacesInSample[]): readonly number[] {
  const parent = Array.from({ length: nFragments }, (_, i) => i);
  const top = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  for (const { places } of samples) {
    let open: { lastLine: number; fragment: number } | undefined;
    for (const { firstLine, lastLine, fragment } of places) {
      if (open && firstLine <= open.lastLine) {
        const [a, b] = [top(open.fragment), top(fragment)];
        parent[Math.max(a, b)] = Math.min(a, b);
        open.lastLine = Math.max(open.lastLine, lastLine);
      } else open = { lastLine, fragment };
    }
  }
  const numbers = new Map<number, number>();
  return parent.map((_, i) => {
    const root = top(i);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root)!;
  });
}

/** The union of the places in each sample; ranges that touch are one. */
export function coverSamples(
  samples: readonly PlacesInSample[],
  texts: ReadonlyMap<number, string>,
  profile: Profile,
): readonly CoveredRange[] {
  return samples.flatMap(({ sampleId, places }) => {
    const ranges: { sampleId: number; firstLine: number; lastLine: number }[] = [];
    for (const { firstLine, lastLine } of places) {
      const last = ranges.at(-1);
      if (last && firstLine <= last.lastLine + 1) last.lastLine = Math.max(last.lastLine, lastLine);
      else ranges.push({ sampleId, firstLine, lastLine });
    }
    return ranges.map((range) => ({ ...range, ...measureRange(texts.get(sampleId)!, range, profile) }));
  });
}

function measureRange(
  text: string,
  { firstLine, lastLine }: { readonly firstLine: number; readonly lastLine: number },
  profile: Profile,
): Pick<CoveredRange, 'byteOffset' | 'nBytes' | 'nLines' | 'nWindows'> {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length)];
  const byteOffset = starts[firstLine - 1]!;
  const end = starts[lastLine] ?? text.length;
  const part = text.slice(byteOffset, end).replace(/(?:\r\n|\r|\n)$/, '');
  const nLines = part.split(/\r\n|\r|\n/).filter((line) => normaliseLines([line], profile).length > 0).length;
  return { byteOffset, nBytes: part.length, nLines, nWindows: null };
}
