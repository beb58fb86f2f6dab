// Which imported fragments belong together, and which parts of the samples they cover: told by their places.

import type { Profile } from '../../../protocol/study.ts';
import type { CoveredRange, Fragment } from '../../engine/detection.ts';
import { normaliseLines } from './normalise-lines.ts';

/** Fragments whose places share lines of a sample are one family, numbered by rank. */
export function joinFamilies(fragments: readonly Omit<Fragment, 'family'>[]): readonly number[] {
  const parent = fragments.map((_, i) => i);
  const top = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const places = fragments
    .flatMap(({ samplePlaces }, i) => samplePlaces.map((place) => ({ ...place, i })))
    .sort((a, b) => a.sampleId - b.sampleId || a.firstLine - b.firstLine);
  let open: { sampleId: number; lastLine: number; i: number } | undefined;
  for (const { sampleId, firstLine, lastLine, i } of places) {
    if (open && open.sampleId === sampleId && firstLine <= open.lastLine) {
      const [a, b] = [top(open.i), top(i)];
      parent[Math.max(a, b)] = Math.min(a, b);
      open.lastLine = Math.max(open.lastLine, lastLine);
    } else open = { sampleId, lastLine, i };
  }
  const numbers = new Map<number, number>();
  return fragments.map((_, i) => {
    const root = top(i);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root)!;
  });
}

/** The union of the places in each sample; ranges that touch are one. */
export function coverSamples(
  fragments: readonly Omit<Fragment, 'family'>[],
  texts: ReadonlyMap<number, string>,
  profile: Profile,
): readonly CoveredRange[] {
  const places = fragments
    .flatMap(({ samplePlaces }) => samplePlaces)
    .sort((a, b) => a.sampleId - b.sampleId || a.firstLine - b.firstLine);
  const ranges: { sampleId: number; firstLine: number; lastLine: number }[] = [];
  for (const { sampleId, firstLine, lastLine } of places) {
    const last = ranges.at(-1);
    if (last?.sampleId === sampleId && firstLine <= last.lastLine + 1)
      last.lastLine = Math.max(last.lastLine, lastLine);
    else ranges.push({ sampleId, firstLine, lastLine });
  }
  return ranges.map((range) => ({ ...range, ...measureRange(texts.get(range.sampleId)!, range, profile) }));
}

function measureRange(
  text: string,
  { firstLine, lastLine }: { readonly firstLine: number; readonly lastLine: number },
  profile: Profile,
): Pick<CoveredRange, 'byteOffset' | 'nBytes' | 'nLines'> {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length)];
  const byteOffset = starts[firstLine - 1]!;
  const end = starts[lastLine] ?? text.length;
  const part = text.slice(byteOffset, end).replace(/(?:\r\n|\r|\n)$/, '');
  const nLines = part.split(/\r\n|\r|\n/).filter((line) => normaliseLines([line], profile).length > 0).length;
  return { byteOffset, nBytes: part.length, nLines };
}
