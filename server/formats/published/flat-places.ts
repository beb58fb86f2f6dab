// The places in samples of all fragments, flat: there they are brought back to the samples, where they lie.

import type { ImportedPlaces } from './import-places.ts';

/** Places of fragments, which are numbered from 0. */
export interface FlatPlaces {
  /** The first place of each fragment, and the end of the last one's. */
  readonly starts: Uint32Array;
  /** For each place the number of the file or sample that has it. */
  readonly whose: Uint32Array;
  readonly firstLines: Uint32Array;
  readonly lastLines: Uint32Array;
}

export interface SamplePlaces extends FlatPlaces {
  /** Names of merged files; `whose` are their indexes. */
  readonly files: readonly string[];
}

/** Takes the distinct places in samples: they cannot be asked for any more. */
export function takeSamplePlaces(places: ImportedPlaces): SamplePlaces {
  const files = new Map<string, number>();
  const starts = new Uint32Array(places.fragments.length + 1);
  const most = places.nSamplePlaces;
  const [whose, firstLines, lastLines] = [
    new Uint32Array(most),
    new Uint32Array(most),
    new Uint32Array(most),
  ];
  let n = 0;
  let lastFile = '';
  let known = 0;
  for (const number of places.fragments.keys()) {
    places.visitSamplePlaces(number, (file, firstLine, lastLine) => {
      if (file !== lastFile) {
        known = files.get(file) ?? files.size;
        if (known === files.size) files.set(file, known);
        lastFile = file;
      }
      whose[n] = known;
      firstLines[n] = firstLine;
      lastLines[n] = lastLine;
      n++;
    });
    starts[number + 1] = n;
  }
  places.forgetSamplePlaces();
  return { files: [...files.keys()], starts, whose, firstLines, lastLines };
}
