// Places of fragments, sample by sample instead of fragment by fragment.

import type { PlacesInSample } from './families-and-coverage.ts';
import type { PackedPlaces } from './packed-places.ts';

/**
 * The places in each sample that has some, in order of the samples. `numbers` are the fragments that are meant: what is given back
 * names them by their index in it. A place's `whose` is the index of its sample. Only one sample's places are objects at a time.
 */
export function* placesBySample(
  places: PackedPlaces,
  numbers: readonly number[],
  nSamples: number,
): Generator<{ readonly index: number; readonly places: PlacesInSample }> {
  const starts = new Uint32Array(nSamples + 1);
  const count = (index: number) => {
    starts[index + 1]!++;
  };
  for (const number of numbers) places.each(number, count);
  for (let i = 0; i < nSamples; i++) starts[i + 1]! += starts[i]!;
  const ends = starts.slice();
  const nPlaces = starts[nSamples]!;
  const [fragments, firstLines, lastLines] = [nPlaces, nPlaces, nPlaces].map((n) => new Uint32Array(n));
  for (const [fragment, number] of numbers.entries()) {
    places.each(number, (index, firstLine, lastLine) => {
      const at = ends[index]!++;
      fragments![at] = fragment;
      firstLines![at] = firstLine;
      lastLines![at] = lastLine;
    });
  }
  for (let index = 0; index < nSamples; index++) {
    const found: PlacesInSample[number][] = [];
    for (let at = starts[index]!; at < starts[index + 1]!; at++)
      found.push({ fragment: fragments![at]!, firstLine: firstLines![at]!, lastLine: lastLines![at]! });
    if (found.length > 0) yield { index, places: found.sort((a, b) => a.firstLine - b.firstLine) };
  }
}
