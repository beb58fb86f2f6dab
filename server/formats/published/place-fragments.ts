// What the logs found, as fragments of the study: each with its places brought from the merged file back to the
// samples, its text as the profile sees it, and its family.

import type { Profile } from '../../../protocol/study.ts';
import { type CoveredRange, type FragmentFigures, PLACE_CAP } from '../../engine/detection.ts';
import { GrowingUint32 } from '../../engine/growing-array.ts';
import type { WritePlace } from '../../store/fragments-table.ts';
import { documentId } from '../../store/schema.ts';
import { coverSample, Families } from './families-and-coverage.ts';
import type { ImportedCounts } from './import-counts.ts';
import type { ImportedDocument, ImportedFragment, ImportedPlaces } from './import-places.ts';
import type { PublishedSamples } from './import-samples.ts';
import { linesOfSample, type MergedSample } from './merged-sample.ts';
import { normaliseLines } from './normalise-lines.ts';
import { PackedPlaces } from './packed-places.ts';
import { placesBySample } from './places-by-sample.ts';

export interface PlacedFragments {
  readonly nFragments: number;
  /** In the study file's order, each made when it is asked for. */
  readonly fragments: Iterable<FragmentFigures>;
  /** Their places, fragment by fragment: they are in no lists, which would not fit into memory. */
  writeTrainPlaces(write: WritePlace): void;
  writeSamplePlaces(write: WritePlace): void;
  readonly covered: readonly CoveredRange[];
  /** Places that could not be brought back to a sample. */
  readonly nLostPlaces: number;
}

/** What the places that a log lists cannot tell; only our own exports have it. */
export interface ExactCounts {
  readonly train: number;
  readonly extract: number;
  readonly documents: number;
  readonly repositories: number;
  readonly samples: number;
  readonly clipped: boolean;
}

type Figures = Omit<FragmentFigures, 'family' | 'text'>;

/** A fragment whose places are still numbers. */
interface PlacedFragment extends Figures {
  /** Its index among those of the logs. */
  readonly number: number;
  readonly firstPlace: FirstPlace;
}

/** The sample that holds a fragment's text, and where. */
interface FirstPlace {
  readonly sample: MergedSample;
  readonly firstLine: number;
  readonly lastLine: number;
}

export function placeFragments(
  places: ImportedPlaces,
  published: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
  profile: Profile,
): PlacedFragments {
  const { samples } = published;
  const { placed, inSamples, nLostPlaces } = bringBack(places, published, counts);
  places.forgetSamplePlaces();
  placed.sort(byRank);
  const numbers = Uint32Array.from(placed, ({ number }) => number);
  const families = new Families(placed.length);
  const covered: CoveredRange[] = [];
  for (const { index, places } of placesBySample(inSamples, numbers, samples.length)) {
    const { sampleId, text } = samples[index]!;
    families.join(places);
    for (const range of coverSample(sampleId, text, places, profile)) covered.push(range);
  }
  const family = families.numbers();
  function* fragments(): Generator<FragmentFigures> {
    for (const [rank, { number, firstPlace, ...figures }] of placed.entries()) {
      const { sample, firstLine, lastLine } = firstPlace;
      const text = normaliseLines(linesOfSample(sample, firstLine, lastLine), profile);
      yield { ...figures, family: family[rank]!, text };
    }
  }
  return {
    nFragments: placed.length,
    fragments: { [Symbol.iterator]: fragments },
    writeTrainPlaces(write) {
      const ids = Float64Array.from(places.documents, ({ shard, row }) => documentId(shard, row));
      for (const [rank, number] of numbers.entries()) {
        let ordinal = 0;
        places.visitTrainPlaces(
          number,
          (document, firstLine, lastLine) => write(rank, ordinal++, ids[document]!, firstLine, lastLine),
          PLACE_CAP,
        );
      }
    },
    writeSamplePlaces(write) {
      const ids = Float64Array.from(samples, ({ sampleId }) => sampleId);
      for (const [rank, number] of numbers.entries()) {
        let ordinal = 0;
        inSamples.each(number, (index, firstLine, lastLine) =>
          write(rank, ordinal++, ids[index]!, firstLine, lastLine),
        );
      }
    },
    covered,
    nLostPlaces,
  };
}

/** The fragments that lie in samples. A place's `whose` is then the index of its sample. */
function bringBack(
  places: ImportedPlaces,
  { samples, merged }: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
): { placed: PlacedFragment[]; inSamples: PackedPlaces; nLostPlaces: number } {
  const indexOf = new Map(samples.map(({ sampleId }, index) => [sampleId, index]));
  const placed: PlacedFragment[] = [];
  const inSamples = new PackedPlaces();
  const foundIn = new GrowingUint32();
  let nLostPlaces = 0;
  for (const [number, fragment] of places.fragments.entries()) {
    let firstPlace: FirstPlace | undefined;
    foundIn.truncate(0);
    places.visitSamplePlaces(number, (file, firstMerged, lastMerged) => {
      const lines = merged.get(file);
      const sample = lines?.partAt(firstMerged, lastMerged);
      if (!lines || !sample) {
        nLostPlaces++;
        return;
      }
      const index = indexOf.get(sample.sampleId)!;
      const firstLine = lines.rawLineOf(firstMerged);
      const lastLine = lines.rawLineOf(lastMerged);
      firstPlace ??= { sample, firstLine, lastLine };
      foundIn.push(index);
      if (foundIn.length <= PLACE_CAP) inSamples.push(index, firstLine, lastLine);
    });
    if (!firstPlace) continue;
    inSamples.keepRun(number);
    const exact = counts.get(fragment.fingerprint);
    const figures = exact
      ? figuresOf(fragment, exact)
      : countFigures(fragment, documentsOf(places, number), foundIn.view());
    placed.push({ ...figures, number, firstPlace });
  }
  return { placed, inSamples, nLostPlaces };
}

const figuresOf = ({ fingerprint, nLines }: ImportedFragment, exact: ExactCounts): Figures => ({
  fingerprint,
  nLines,
  train: exact.train,
  nDocuments: exact.documents,
  nRepositories: exact.repositories,
  extract: exact.extract,
  nSamples: exact.samples,
  clipped: exact.clipped,
});

/** One for each of its places in training files. */
function documentsOf(places: ImportedPlaces, number: number): readonly ImportedDocument[] {
  const documents: ImportedDocument[] = [];
  places.visitTrainPlaces(number, (document) => documents.push(places.documents[document]!));
  return documents;
}

/** `foundIn` are the samples of its places. */
function countFigures(
  { fingerprint, nLines }: ImportedFragment,
  documents: readonly ImportedDocument[],
  foundIn: Uint32Array,
): Figures {
  const distinct = (keys: Iterable<unknown>) => new Set(keys).size;
  return {
    fingerprint,
    nLines,
    train: documents.length,
    nDocuments: distinct(documents),
    nRepositories: distinct(documents.flatMap(({ repository }) => repository || [])),
    extract: foundIn.length,
    nSamples: distinct(foundIn),
    clipped: false,
  };
}

/** Fragments without a place: their own families. */
export function describeCounts(all: readonly ImportedCounts[], profile: Profile): readonly FragmentFigures[] {
  const nothing = { nDocuments: 0, nRepositories: 0, nSamples: 0, clipped: false };
  return all
    .map(({ lines, ...counts }) => ({ ...nothing, ...counts, text: normaliseLines(lines, profile) }))
    .sort(byRank)
    .map((fragment, family) => ({ ...fragment, family }));
}

type Ranked = Pick<FragmentFigures, 'train' | 'extract' | 'nLines' | 'fingerprint'>;

/** The study file's order: train, extract, lines, fingerprint. */
const byRank = (a: Ranked, b: Ranked) =>
  b.train - a.train ||
  b.extract - a.extract ||
  b.nLines - a.nLines ||
  (a.fingerprint < b.fingerprint ? -1 : 1);
