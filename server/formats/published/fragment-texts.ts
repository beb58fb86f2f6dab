// A fragment's lines as its first sample has them, blank lines left out.

import { openPlaceReader, type PlaceReader } from '../../store/place-reader.ts';
import type { Database } from '../../store/study-file.ts';
import type { MergedPlaces } from './export-samples.ts';

export class FragmentTexts {
  readonly #places: PlaceReader;
  readonly #merged: MergedPlaces;

  constructor(db: Database, merged: MergedPlaces) {
    this.#places = openPlaceReader(db, 1);
    this.#merged = merged;
  }

  lines(fragmentId: number): readonly string[] {
    const [place] = this.#places.samples(fragmentId);
    return place ? this.#merged.of(place.sampleId).lines(place.firstLine, place.lastLine) : [];
  }
}
