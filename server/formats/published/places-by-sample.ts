// Places of fragments, sample by sample instead of fragment by fragment.

import type { PlacesInSample } from './families-and-coverage.ts';
import type { PackedPlaces } from './packed-places.ts';

/**
 * The places in each sample that has some, in order of the samples. `numbers` are the fragments that are meant: what is given back
 * names them by their index in it. A place's `whose` is the index of its sample. What is given holds until the next is asked for.
 */
export function* placesBySample(
  places: PackedPlaces,
  numbers: Uint32Array,
  nSamples: number,
): Generator<{ readonly index: number; readonly places: PlacesInSample }> {
  const starts = new Uint32Array(nSamples + 1);
  const count = (index: number) => {
    starts[index + 1]!++;
  };
  for (const number of numbers) places.each(number, count);
  let most = 0;
  for (let i = 0; i < nSamples; i++) {
    most = Math.max(most, starts[i + 1]!);
    starts[i + 1]! += starts[i]!;
  }
  const ends = starts.slice();
  const unsorted = columns(starts[nSamples]!);
  for (const [fragment, number] of numbers.entries()) {
    places.each(number, (index, firstLine, lastLine) => {
      const at = ends[index]!++;
      unsorted.fragments[at] = fragment;
      unsorted.firstLines[at] = firstLine;
      unsorted.lastLines[at] = lastLine;
    });
  }
  const sorted = columns(most);
  for (let index = 0; index < nSamples; index++) {
    const [start, end] = [starts[index]!, starts[index + 1]!];
    if (start === end) continue;
    sortByLine(part(unsorted, start, end), sorted);
    yield { index, places: part(sorted, 0, end - start) };
  }
}

const columns = (n: number): PlacesInSample => ({
  fragments: new Uint32Array(n),
  firstLines: new Uint32Array(n),
  lastLines: new Uint32Array(n),
});

const part = ({ fragments, firstLines, lastLines }: PlacesInSample, start: number, end: number) => ({
  fragments: fragments.subarray(start, end),
  firstLines: firstLines.subarray(start, end),
  lastLines: lastLines.subarray(start, end),
});

/** Those that begin in one line keep their order. A sample has few lines, so places are counted by them. */
function sortByLine(places: PlacesInSample, sorted: PlacesInSample): void {
  const { fragments, firstLines, lastLines } = places;
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const line of firstLines) {
    least = Math.min(least, line);
    greatest = Math.max(greatest, line);
  }
  const ends = new Uint32Array(greatest - least + 2);
  for (const line of firstLines) ends[line - least + 1]!++;
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  for (let i = 0; i < firstLines.length; i++) {
    const at = ends[firstLines[i]! - least]!++;
    sorted.fragments[at] = fragments[i]!;
    sorted.firstLines[at] = firstLines[i]!;
    sorted.lastLines[at] = lastLines[i]!;
  }
}
