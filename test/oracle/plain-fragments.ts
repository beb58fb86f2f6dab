// The plain form of `findFragments`: from the runs of all shards to the fragments, by enumeration.

import { createHash } from 'node:crypto';
import {
  type Fragment,
  PLACE_CAP,
  type SamplePlace,
  type TrainPlace,
} from '../../server/engine/detection.ts';
import type { FragmentRequest } from '../../server/engine/find-fragments.ts';
import { type NumberedSample, numberLines } from './plain-numbers.ts';
import { decodeRuns, type PlainRun } from './plain-runs.ts';

/** In order: train, extract and lines descending, then fingerprint. */
export function plainFragments(request: Omit<FragmentRequest, 'index'>): Fragment[] {
  const { rule } = request;
  const numbered = numberLines(request.samples, rule.profile);
  const runs = [...request.results]
    .sort((a, b) => a.shard - b.shard)
    .flatMap(({ shard, result }) => {
      const repositories = new Map(Array.from(result.documents, (d) => [d.row, d.repository]));
      return decodeRuns(result.partial).map((run) => ({
        ...run,
        shard,
        repository: repositories.get(run.row)!,
      }));
    });
  const contents = findMaximalMatches(numbered.samples, runs, rule.minLines);
  const drafts = [...contents.values()].map((classes) => draftFragment(classes, numbered, runs));
  const families = joinFamilies(drafts);
  return drafts
    .map(({ places, ...fragment }, i) => ({ ...fragment, family: families[i]! }))
    .sort(
      (a, b) =>
        b.train - a.train ||
        b.extract - a.extract ||
        b.nLines - a.nLines ||
        (a.fingerprint < b.fingerprint ? -1 : 1),
    )
    .map(renumberFamily(new Map()));
}

interface ShardRun extends PlainRun {
  readonly shard: number;
  readonly repository: string;
}

type Numbered = ReturnType<typeof numberLines>;

function findMaximalMatches(
  samples: readonly NumberedSample[],
  runs: readonly ShardRun[],
  minLines: number,
): Map<string, readonly number[]> {
  const windows = new Map<string, { sample: NumberedSample; at: number }[]>();
  for (const sample of samples) {
    for (let at = 0; at + minLines <= sample.classes.length; at++) {
      const key = sample.classes.slice(at, at + minLines).join();
      const known = windows.get(key);
      if (known) known.push({ sample, at });
      else windows.set(key, [{ sample, at }]);
    }
  }
  const contents = new Map<string, readonly number[]>();
  for (const { classes } of runs) {
    for (let j = 0; j + minLines <= classes.length; j++) {
      for (const { sample, at } of windows.get(classes.slice(j, j + minLines).join()) ?? []) {
        if (j > 0 && at > 0 && classes[j - 1] === sample.classes[at - 1]) continue;
        let n = minLines;
        while (
          j + n < classes.length &&
          at + n < sample.classes.length &&
          classes[j + n] === sample.classes[at + n]
        ) {
          n++;
        }
        const content = classes.slice(j, j + n);
        contents.set(content.join(), content);
      }
    }
  }
  return contents;
}

type Draft = Omit<Fragment, 'family'> & {
  /** Every place in the samples, by significant line. */
  readonly places: readonly { sample: number; first: number; last: number }[];
};

function draftFragment(classes: readonly number[], numbered: Numbered, runs: readonly ShardRun[]): Draft {
  const nLines = classes.length;
  const text = Uint8Array.from(classes.map((id) => numbered.keys[id]!).join('\n'), (c) => c.charCodeAt(0));
  const trainPlaces: TrainPlace[] = [];
  const documents = new Set<string>();
  const repositories = new Set<string>();
  let train = 0;
  for (const run of runs) {
    for (const at of startsOf(classes, run.classes)) {
      train++;
      documents.add(`${run.shard}:${run.row}`);
      repositories.add(run.repository);
      if (train <= PLACE_CAP)
        trainPlaces.push({ shard: run.shard, row: run.row, ...placeAt(run, at, nLines) });
    }
  }
  const samplePlaces: SamplePlace[] = [];
  const places: { sample: number; first: number; last: number }[] = [];
  let clipped = false;
  for (const [index, sample] of numbered.samples.entries()) {
    for (const at of startsOf(classes, sample.classes)) {
      places.push({ sample: index, first: at, last: at + nLines - 1 });
      clipped ||= sample.cut && at + nLines === sample.classes.length;
      if (places.length <= PLACE_CAP)
        samplePlaces.push({ sampleId: sample.sampleId, ...placeAt(sample, at, nLines) });
    }
  }
  return {
    fingerprint: createHash('md5').update(text).digest('hex'),
    nLines,
    text,
    train,
    nDocuments: documents.size,
    nRepositories: repositories.size,
    extract: places.length,
    nSamples: new Set(places.map((place) => place.sample)).size,
    clipped,
    trainPlaces,
    samplePlaces,
    places,
  };
}

function* startsOf(needle: readonly number[], lines: readonly number[]): Generator<number> {
  for (let at = 0; at + needle.length <= lines.length; at++) {
    if (needle.every((id, i) => lines[at + i] === id)) yield at;
  }
}

function placeAt(lines: Pick<PlainRun, 'rawLines' | 'starts' | 'ends'>, at: number, nLines: number) {
  const last = at + nLines - 1;
  const byteOffset = lines.starts[at]!;
  return {
    firstLine: lines.rawLines[at]!,
    lastLine: lines.rawLines[last]!,
    byteOffset,
    nBytes: lines.ends[last]! - byteOffset,
  };
}

/** Fragments whose places in a sample share a line belong together; so do theirs. */
function joinFamilies(drafts: readonly Draft[]): number[] {
  const family = drafts.map((_, i) => i);
  const find = (i: number): number => {
    while (family[i] !== i) i = family[i]!;
    return i;
  };
  const places = drafts
    .flatMap((draft, i) => draft.places.map((place) => ({ ...place, draft: i })))
    .sort((a, b) => a.sample - b.sample || a.first - b.first);
  let current: { sample: number; last: number; draft: number } | undefined;
  for (const place of places) {
    if (current && current.sample === place.sample && place.first <= current.last) {
      family[find(place.draft)] = find(current.draft);
      current.last = Math.max(current.last, place.last);
    } else current = { ...place };
  }
  return drafts.map((_, i) => find(i));
}

/** Numbers families from 0 in the order of their first fragment. */
function renumberFamily(numbers: Map<number, number>) {
  return (fragment: Fragment): Fragment => {
    const family = numbers.get(fragment.family) ?? numbers.size;
    numbers.set(fragment.family, family);
    return { ...fragment, family };
  };
}
