// What the logs found, as fragments of the study: each with its places brought from the merged file back to the
// samples, its text as the profile sees it, and its family.

import type { Profile } from '../../../protocol/study.ts';
import { type CoveredRange, type FragmentFigures, PLACE_CAP } from '../../engine/detection.ts';
import { collectGarbage } from '../../spare-memory.ts';
import type { NewPlaces, PlacesOfTables } from '../../store/pages/place-tables.ts';
import { documentId } from '../../store/schema.ts';
import { coverSample, Families } from './families-and-coverage.ts';
import { type FlatPlaces, type SamplePlaces, takeSamplePlaces } from './flat-places.ts';
import type { ImportedCounts } from './import-counts.ts';
import type { ImportedPlaces } from './import-places.ts';
import type { PublishedSamples } from './import-samples.ts';
import { linesOfSample, type MergedSample } from './merged-sample.ts';
import { normaliseLines } from './normalise-lines.ts';
import { placesBySample } from './places-by-sample.ts';

export interface PlacedFragments {
  readonly nFragments: number;
  /** In the study file's order, each made when it is asked for. */
  readonly fragments: Iterable<FragmentFigures>;
  /** Their places: they are in no lists, which would not fit into memory. */
  readonly places: PlacesOfTables;
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
interface PlacedFragment {
  /** Its index among those of the logs. */
  readonly number: number;
  readonly firstPlace: FirstPlace;
  readonly extract: number;
  readonly nSamples: number;
}

/** The sample that holds a fragment's text, and where. */
interface FirstPlace {
  readonly sample: MergedSample;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Fragments in the study file's order, whose places still lie one behind the other. */
interface RankedFragments {
  readonly ranked: readonly (PlacedFragment & Figures)[];
  /** Those of all fragments of the logs, where they lie in the samples. */
  readonly inSamples: FlatPlaces;
  readonly nLostPlaces: number;
}

/**
 * The places in samples and the merged files cannot be asked for any more. `counts`, by fingerprint, are believed; the others are
 * counted.
 */
export function rankFragments(
  places: ImportedPlaces,
  published: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
): RankedFragments {
  const inSamples = takeSamplePlaces(places);
  // What logs were read into is not needed any more.
  collectGarbage();
  const { placed, nLostPlaces } = bringBack(inSamples, published);
  published.merged.clear();
  const ranked = placed
    .map((fragment) => ({ ...fragment, ...figuresOf(fragment, places, counts) }))
    .sort(byRank);
  return { ranked, inSamples, nLostPlaces };
}

export function placeFragments(
  { ranked, inSamples, nLostPlaces }: RankedFragments,
  places: ImportedPlaces,
  samples: PublishedSamples['samples'],
  profile: Profile,
): PlacedFragments {
  // What came before is not needed any more, and what follows takes as much.
  collectGarbage();
  const numbers = Uint32Array.from(ranked, ({ number }) => number);
  const families = new Families(ranked.length);
  const covered: CoveredRange[] = [];
  for (const { index, places } of placesBySample(inSamples, numbers, samples.length)) {
    const { sampleId, text } = samples[index]!;
    families.join(places);
    for (const range of coverSample(sampleId, text(), places, profile)) covered.push(range);
  }
  const family = families.numbers();
  function* inOrder(): Generator<FragmentFigures> {
    for (const [rank, { number, firstPlace, ...figures }] of ranked.entries()) {
      const { sample, firstLine, lastLine } = firstPlace;
      const text = normaliseLines(linesOfSample(sample, firstLine, lastLine), profile);
      yield { ...figures, family: family[rank]!, text };
    }
  }
  return {
    nFragments: ranked.length,
    fragments: { [Symbol.iterator]: inOrder },
    places: {
      train_occurrences: placesInTrain(places, numbers),
      sample_occurrences: placesInSamples(inSamples, numbers, samples),
    },
    covered,
    nLostPlaces,
  };
}

/** `numbers` are the fragments in the study file's order. */
const placesInTrain = (places: ImportedPlaces, numbers: Uint32Array): NewPlaces => ({
  ids: new Float64Array(places.documents.length).map((_, number) =>
    documentId(places.documents.shardOf(number), places.documents.rowOf(number)),
  ),
  visit(write) {
    for (const [rank, number] of numbers.entries()) {
      let ordinal = 0;
      places.visitTrainPlaces(
        number,
        (document, firstLine, lastLine) => write(rank, ordinal++, document, firstLine, lastLine),
        PLACE_CAP,
      );
    }
  },
});

const placesInSamples = (
  { starts, whose, firstLines, lastLines }: FlatPlaces,
  numbers: Uint32Array,
  samples: PublishedSamples['samples'],
): NewPlaces => ({
  ids: new Float64Array(samples.length).map((_, index) => samples[index]!.sampleId),
  visit(write) {
    for (const [rank, number] of numbers.entries()) {
      const start = starts[number]!;
      const end = starts[number + 1]!;
      for (let i = start; i < end; i++) write(rank, i - start, whose[i]!, firstLines[i]!, lastLines[i]!);
    }
  },
});

/**
 * The fragments that lie in samples. Their places become those in samples, where they lie: `whose` is then the index of the sample,
 * and what is lost or beyond the cap is left out.
 */
function bringBack(
  { files, starts, whose, firstLines, lastLines }: SamplePlaces,
  { samples, merged }: PublishedSamples,
): { placed: PlacedFragment[]; nLostPlaces: number } {
  const linesOf = files.map((file) => merged.get(file));
  const placed: PlacedFragment[] = [];
  /** For each sample the last fragment that was found in it, counted from 1. */
  const lastIn = new Uint32Array(samples.length);
  let nLostPlaces = 0;
  let nKept = 0;
  for (let number = 0; number + 1 < starts.length; number++) {
    const [start, end] = [starts[number]!, starts[number + 1]!];
    starts[number] = nKept;
    let firstPlace: FirstPlace | undefined;
    let extract = 0;
    let nSamples = 0;
    for (let i = start; i < end; i++) {
      const lines = linesOf[whose[i]!];
      const sample = lines?.partAt(firstLines[i]!, lastLines[i]!);
      if (!lines || !sample) {
        nLostPlaces++;
        continue;
      }
      const { index } = sample;
      const [firstLine, lastLine] = [lines.rawLineOf(firstLines[i]!), lines.rawLineOf(lastLines[i]!)];
      firstPlace ??= { sample, firstLine, lastLine };
      if (lastIn[index] !== number + 1) {
        lastIn[index] = number + 1;
        nSamples++;
      }
      if (++extract > PLACE_CAP) continue;
      whose[nKept] = index;
      firstLines[nKept] = firstLine;
      lastLines[nKept] = lastLine;
      nKept++;
    }
    if (firstPlace) placed.push({ number, firstPlace, extract, nSamples });
  }
  starts[starts.length - 1] = nKept;
  return { placed, nLostPlaces };
}

function figuresOf(
  { number, extract, nSamples }: PlacedFragment,
  places: ImportedPlaces,
  counts: ReadonlyMap<string, ExactCounts>,
): Figures {
  const { fingerprint, nLines } = places.fragments[number]!;
  const exact = counts.get(fingerprint);
  if (exact === undefined) {
    return { fingerprint, nLines, ...countInTrain(places, number), extract, nSamples, clipped: false };
  }
  const { train, documents: nDocuments, repositories: nRepositories, clipped } = exact;
  const inSamples = { extract: exact.extract, nSamples: exact.samples };
  return { fingerprint, nLines, train, nDocuments, nRepositories, ...inSamples, clipped };
}

function countInTrain(
  places: ImportedPlaces,
  number: number,
): Pick<Figures, 'train' | 'nDocuments' | 'nRepositories'> {
  let train = 0;
  const documents = new Set<number>();
  const repositories = new Set<number>();
  places.visitTrainPlaces(number, (document) => {
    train++;
    documents.add(document);
    const repository = places.documents.repositoryOf(document);
    if (repository >= 0) repositories.add(repository);
  });
  return { train, nDocuments: documents.size, nRepositories: repositories.size };
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
