// What the logs found, as fragments of the study: each with its places brought from the merged file back to the
// samples, its text as the profile sees it, and its family.

import type { Profile } from '../../../protocol/study.ts';
import { type CoveredRange, type Fragment, PLACE_CAP, type SamplePlace } from '../../engine/detection.ts';
import { coverSamples, joinFamilies, placesBySample } from './families-and-coverage.ts';
import type { ImportedCounts, ImportedFragment, ImportedPlaces } from './import-places.ts';
import type { MergedSample, PublishedSamples } from './import-samples.ts';
import { normaliseLines } from './normalise-lines.ts';

export interface PlacedFragments {
  readonly fragments: readonly Fragment[];
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

export function placeFragments(
  { fragments }: ImportedPlaces,
  { samples, merged }: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
  profile: Profile,
): PlacedFragments {
  let nLostPlaces = 0;
  const placed: Omit<Fragment, 'family'>[] = [];
  for (const fragment of fragments.values()) {
    const found: SamplePlace[] = [];
    let lines: readonly string[] = [];
    for (const [name, places] of fragment.samplePlaces) {
      for (const [firstLine, lastLine] of places) {
        const part = partAt(merged.get(name) ?? [], firstLine, lastLine);
        if (part && found.length === 0)
          lines = part.lines.slice(firstLine - part.start, lastLine - part.start + 1);
        if (part) found.push(bringBack(part, firstLine, lastLine));
        else nLostPlaces++;
      }
    }
    if (found.length > 0) {
      const text = normaliseLines(lines, profile);
      placed.push(describe(fragment, text, found, counts.get(fragment.fingerprint)));
    }
  }
  placed.sort(byRank);
  const bySample = placesBySample(placed);
  const families = joinFamilies(placed.length, bySample);
  const texts = new Map(samples.map(({ sampleId, text }) => [sampleId, text]));
  return {
    fragments: placed.map((fragment, i) => ({ ...fragment, family: families[i]! })),
    covered: coverSamples(bySample, texts, profile),
    nLostPlaces,
  };
}

/** The sample that holds these lines of the merged file; undefined when they leave it. */
function partAt(
  parts: readonly MergedSample[],
  firstLine: number,
  lastLine: number,
): MergedSample | undefined {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (parts[middle]!.start <= firstLine) low = middle + 1;
    else high = middle;
  }
  const part = parts[low - 1];
  return part && lastLine < part.start + part.nLines ? part : undefined;
}

/** Lines of the merged file as a place in the sample that holds them. */
const bringBack = (
  { sampleId, start, rawLine }: MergedSample,
  firstLine: number,
  lastLine: number,
): SamplePlace => ({
  sampleId,
  firstLine: rawLine[firstLine - start]!,
  lastLine: rawLine[lastLine - start]!,
  byteOffset: 0,
  nBytes: 0,
});

function describe(
  { fingerprint, nLines, trainPlaces }: ImportedFragment,
  text: Uint8Array,
  found: readonly SamplePlace[],
  exact: ExactCounts | undefined,
): Omit<Fragment, 'family'> {
  const distinct = (keys: readonly unknown[]) => new Set(keys).size;
  const documents = trainPlaces.map(({ document }) => document);
  return {
    fingerprint,
    nLines,
    text,
    train: exact?.train ?? trainPlaces.length,
    nDocuments: exact?.documents ?? distinct(documents),
    nRepositories: exact?.repositories ?? distinct(documents.flatMap(({ repository }) => repository || [])),
    extract: exact?.extract ?? found.length,
    nSamples: exact?.samples ?? distinct(found.map(({ sampleId }) => sampleId)),
    clipped: exact?.clipped ?? false,
    trainPlaces: trainPlaces.slice(0, PLACE_CAP).map(({ document: { shard, row }, firstLine, lastLine }) => ({
      shard,
      row,
      firstLine,
      lastLine,
      byteOffset: 0,
      nBytes: 0,
    })),
    samplePlaces: found.slice(0, PLACE_CAP),
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

/** The study file's order: train, extract, lines, fingerprint. */
const byRank = (a: Omit<Fragment, 'family'>, b: Omit<Fragment, 'family'>) =>
  b.train - a.train ||
  b.extract - a.extract ||
  b.nLines - a.nLines ||
  (a.fingerprint < b.fingerprint ? -1 : 1);
