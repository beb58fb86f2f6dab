// Places of fragments, sample by sample instead of fragment by fragment.

import type { PlacesInSample } from './families-and-coverage.ts';
import type { FlatPlaces } from './flat-places.ts';

/** So many places are turned at once, or a sample's: all of them would be there twice. */
const MOST_AT_ONCE = 1 << 18;

/**
 * The places in each sample that has some, in order of the samples. `numbers` are the fragments that are meant: what is given back
 * names them by their index in it. A place's `whose` is the index of its sample. What is given holds until the next is asked for.
 */
export function* placesBySample(
  places: FlatPlaces,
  numbers: Uint32Array,
  nSamples: number,
  mostAtOnce = MOST_AT_ONCE,
): Generator<{ readonly index: number; readonly places: PlacesInSample }> {
  const starts = startsOfSamples(places, numbers, nSamples);
  const turned = new Scratch();
  const sorted = new Scratch();
  for (let first = 0; first < nSamples; ) {
    let end = first + 1;
    while (end < nSamples && starts[end + 1]! - starts[first]! <= mostAtOnce) end++;
    const unsorted = turned.roomFor(starts[end]! - starts[first]!);
    turn(places, numbers, starts, first, end, unsorted);
    for (let index = first; index < end; index++) {
      const [from, to] = [starts[index]! - starts[first]!, starts[index + 1]! - starts[first]!];
      if (from === to) continue;
      yield { index, places: sortByLine(part(unsorted, from, to), sorted.roomFor(to - from)) };
    }
    first = end;
  }
}

/** The first place of each sample, and the end of the last one's, were they in order. */
function startsOfSamples(places: FlatPlaces, numbers: Uint32Array, nSamples: number): Uint32Array {
  const starts = new Uint32Array(nSamples + 1);
  for (const number of numbers) {
    const end = places.starts[number + 1]!;
    for (let i = places.starts[number]!; i < end; i++) starts[places.whose[i]! + 1]!++;
  }
  for (let i = 0; i < nSamples; i++) starts[i + 1]! += starts[i]!;
  return starts;
}

/** Puts the places in the samples from `first` to before `end` into `unsorted`, sample by sample. */
function turn(
  places: FlatPlaces,
  numbers: Uint32Array,
  starts: Uint32Array,
  first: number,
  end: number,
  unsorted: PlacesInSample,
): void {
  const { whose, firstLines, lastLines } = places;
  const base = starts[first]!;
  const ends = starts.slice(first, end);
  for (let fragment = 0; fragment < numbers.length; fragment++) {
    const number = numbers[fragment]!;
    const placesEnd = places.starts[number + 1]!;
    for (let i = places.starts[number]!; i < placesEnd; i++) {
      const sample = whose[i]! - first;
      if (sample < 0 || sample >= ends.length) continue;
      const at = ends[sample]!++ - base;
      unsorted.fragments[at] = fragment;
      unsorted.firstLines[at] = firstLines[i]!;
      unsorted.lastLines[at] = lastLines[i]!;
    }
  }
}

/** Room for some places after others: made anew for each, it would be there until somebody collects it. */
class Scratch {
  #columns = columns(0);

  roomFor(n: number): PlacesInSample {
    if (n > this.#columns.fragments.length)
      this.#columns = columns(Math.max(n, 2 * this.#columns.fragments.length));
    return part(this.#columns, 0, n);
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
function sortByLine(
  { fragments, firstLines, lastLines }: PlacesInSample,
  sorted: PlacesInSample,
): PlacesInSample {
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
  return sorted;
}
