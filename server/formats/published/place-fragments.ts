// What the logs found, as fragments of the study: each with its places brought from the merged file back to the
// samples, its text as the profile sees it, and its family.

import type { Profile } from '../../../protocol/study.ts';
import {
  type CoveredRange,
  type Fragment,
  PLACE_CAP,
  type SamplePlace,
  type TrainPlace,
} from '../../engine/detection.ts';
import { coverSample, Families } from './families-and-coverage.ts';
import type { ImportedCounts } from './import-counts.ts';
import type { ImportedDocument, ImportedFragment, ImportedPlaces } from './import-places.ts';
import type { PublishedSamples } from './import-samples.ts';
import type { MergedSample } from './merged-sample.ts';
import { normaliseLines } from './normalise-lines.ts';
import { PackedPlaces } from './packed-places.ts';
import { placesBySample } from './places-by-sample.ts';

export interface PlacedFragments {
  readonly nFragments: number;
  /** In the study file's order, each made when it is asked for: all their places would not fit into memory. */
  readonly fragments: Iterable<Fragment>;
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

type Figures = Omit<Fragment, 'family' | 'text' | 'trainPlaces' | 'samplePlaces'>;

/** A fragment whose places are still numbers. */
interface PlacedFragment extends Figures {
  /** Its index among those of the logs. */
  readonly number: number;
  readonly firstPlace: MergedPlace;
}

interface MergedPlace {
  readonly part: MergedSample;
  /** In the merged file. */
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
  const numbers = placed.map(({ number }) => number);
  const families = new Families(placed.length);
  const covered: CoveredRange[] = [];
  for (const { index, places } of placesBySample(inSamples, numbers, samples.length)) {
    const { sampleId, text } = samples[index]!;
    families.join(places);
    for (const range of coverSample(sampleId, text, places, profile)) covered.push(range);
  }
  const family = families.numbers();
  function* fragments(): Generator<Fragment> {
    for (const [rank, { number, firstPlace, ...figures }] of placed.entries()) {
      const { part, firstLine, lastLine } = firstPlace;
      const text = normaliseLines(part.lines(firstLine, lastLine), profile);
      const samplePlaces: SamplePlace[] = [];
      inSamples.each(number, (index, firstLine, lastLine) => {
        const { sampleId } = samples[index]!;
        samplePlaces.push({ sampleId, firstLine, lastLine, byteOffset: 0, nBytes: 0 });
      });
      yield {
        ...figures,
        family: family[rank]!,
        text,
        trainPlaces: trainPlaces(places, number),
        samplePlaces,
      };
    }
  }
  return { nFragments: placed.length, fragments: { [Symbol.iterator]: fragments }, covered, nLostPlaces };
}

/** The fragments that lie in samples. A place's `whose` is then the index of its sample. */
function bringBack(
  places: ImportedPlaces,
  { samples, merged }: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
): { placed: PlacedFragment[]; inSamples: PackedPlaces; nLostPlaces: number } {
  const starts = new Map(
    [...merged].map(([name, parts]) => [name, Float64Array.from(parts, (part) => part.start)]),
  );
  const indexOf = new Map(samples.map(({ sampleId }, index) => [sampleId, index]));
  const placed: PlacedFragment[] = [];
  const inSamples = new PackedPlaces();
  let nLostPlaces = 0;
  for (const [number, fragment] of places.fragments.entries()) {
    const foundIn: number[] = [];
    let firstPlace: MergedPlace | undefined;
    for (const [name, lines] of places.samplePlaces(number)) {
      const parts = merged.get(name) ?? [];
      const partStarts = starts.get(name) ?? new Float64Array();
      for (const [firstLine, lastLine] of lines) {
        const part = partAt(parts, partStarts, firstLine, lastLine);
        if (!part) {
          nLostPlaces++;
          continue;
        }
        firstPlace ??= { part, firstLine, lastLine };
        const index = indexOf.get(part.sampleId)!;
        if (foundIn.push(index) > PLACE_CAP) continue;
        inSamples.push(index, part.lineOf(firstLine), part.lineOf(lastLine));
      }
    }
    if (!firstPlace) continue;
    inSamples.keepRun(number);
    const exact = counts.get(fragment.fingerprint);
    const figures = exact
      ? figuresOf(fragment, exact)
      : countFigures(fragment, documentsOf(places, number), foundIn);
    placed.push({ ...figures, number, firstPlace });
  }
  return { placed, inSamples, nLostPlaces };
}

/** The sample that holds these lines of the merged file; undefined when they leave it. `starts` are those of the parts. */
function partAt(
  parts: readonly MergedSample[],
  starts: Float64Array,
  firstLine: number,
  lastLine: number,
): MergedSample | undefined {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= firstLine) low = middle + 1;
    else high = middle;
  }
  const part = parts[low - 1];
  return part && lastLine < part.start + part.nLines ? part : undefined;
}

/** Bytes are not known of a place that was found elsewhere. */
function trainPlaces(places: ImportedPlaces, number: number): readonly TrainPlace[] {
  const kept: TrainPlace[] = [];
  places.visitTrainPlaces(
    number,
    (document, firstLine, lastLine) => {
      const { shard, row } = places.documents[document]!;
      kept.push({ shard, row, firstLine, lastLine, byteOffset: 0, nBytes: 0 });
    },
    PLACE_CAP,
  );
  return kept;
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
  foundIn: readonly number[],
): Figures {
  const distinct = (keys: readonly unknown[]) => new Set(keys).size;
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
export function describeCounts(all: readonly ImportedCounts[], profile: Profile): readonly Fragment[] {
  const nothing = {
    nDocuments: 0,
    nRepositories: 0,
    nSamples: 0,
    clipped: false,
    trainPlaces: [],
    samplePlaces: [],
  };
  return all
    .map(({ lines, ...counts }) => ({ ...nothing, ...counts, text: normaliseLines(lines, profile) }))
    .sort(byRank)
    .map((fragment, family) => ({ ...fragment, family }));
}

type Ranked = Pick<Fragment, 'train' | 'extract' | 'nLines' | 'fingerprint'>;

/** The study file's order: train, extract, lines, fingerprint. */
const byRank = (a: Ranked, b: Ranked) =>
  b.train - a.train ||
  b.extract - a.extract ||
  b.nLines - a.nLines ||
  (a.fingerprint < b.fingerprint ? -1 : 1);
