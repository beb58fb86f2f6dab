// From the samples and the partial results of all shards to the fragments (docs/method.md, section 1): exact counts,
// places and families. Time grows with the samples and with what matched, never with the corpus. Why this is
// right and linear is derived in docs/detector.md.

import { countDocumentsAndRepositories, countTrain } from './count-fragments.ts';
import type { CoveredSamples } from './covered-samples.ts';
import { type Fragment, PLACE_CAP } from './detection.ts';
import { findSamplePlaces, findTrainPlaces, PlaceBatch } from './fragment-places.ts';
import { FragmentTexts, fingerprintTexts } from './fragment-text.ts';
import { findEvents } from './match-events.ts';
import { type FragmentTree, findMaximal } from './maximal-fragments.ts';
import {
  type FragmentRequest,
  type PreparedRequest,
  prepareInSteps,
  type ScannedShard,
} from './prepare-request.ts';
import { describeSampleSide } from './sample-side.ts';
import { type ShardRuns, visitRuns } from './shard-runs.ts';
import { finish, type Steps } from './steps.ts';
import { SuffixAutomaton } from './suffix-automaton.ts';

export type { FragmentRequest, ScannedShard };

/** Places that are held at a time, some 50 bytes each. */
const BATCH_PLACES = 1 << 17;

/** In order: train, extract and lines descending, then fingerprint. The same input gives the same bytes. */
export const findFragments = (request: FragmentRequest): Generator<Fragment> =>
  finish(countInSteps(finish(prepareInSteps(request))));

/** Does what `findFragments` does, in steps: all but the places is known when they are done. */
export function* countInSteps(request: PreparedRequest): Steps<Generator<Fragment>> {
  const { samples, minLines, index, covered } = request;
  const automaton = new SuffixAutomaton(covered.sequence);
  yield;
  const weighted = [];
  for (const { runs, result } of request.shards) {
    weighted.push({ runs, counts: countRuns(runs, result.partial) });
    yield;
  }
  const { events, runEvents } = findEvents(automaton, weighted, minLines);
  yield;
  const tree = findMaximal(automaton, events, minLines);
  yield;
  const shards = request.shards.map((shard, i) => ({ ...shard, runEvents: runEvents[i]! }));
  const train = countTrain(tree, events);
  const { nDocuments, nRepositories } = yield* countDocumentsAndRepositories(tree, events, shards);
  const side = describeSampleSide(tree, automaton, covered, index, samples);
  yield;
  const places = firstPlaces(tree, automaton, covered);
  const fingerprints = fingerprintTexts(index, places);
  yield;
  const extract = (f: number) => automaton.occurrences[tree.state[f]!]!;
  const ranked = Uint32Array.from(tree.length, (_, f) => f).sort(
    (a, b) =>
      train[b]! - train[a]! ||
      extract(b) - extract(a) ||
      tree.length[b]! - tree.length[a]! ||
      (fingerprints[a]! < fingerprints[b]! ? -1 : 1),
  );
  const families = numberFamilies(ranked, side.family);
  const nPlaces = (f: number) => Math.min(train[f]!, PLACE_CAP) + Math.min(extract(f), PLACE_CAP);
  return withPlaces();

  function* withPlaces(): Generator<Fragment> {
    const texts = new FragmentTexts(index);
    for (const fragments of inBatches(ranked, nPlaces)) {
      const batch = new PlaceBatch(tree, fragments);
      const samplePlaces = findSamplePlaces(batch, tree, automaton, covered, samples);
      const trainPlaces = findTrainPlaces(batch, tree, events, train, shards, minLines);
      for (const f of fragments) {
        yield {
          fingerprint: fingerprints[f]!,
          nLines: tree.length[f]!,
          text: texts.textOf(places[f]!),
          train: train[f]!,
          nDocuments: nDocuments[f]!,
          nRepositories: nRepositories[f]!,
          extract: extract(f),
          nSamples: side.nSamples[f]!,
          clipped: side.clipped[f] === 1,
          family: families[f]!,
          trainPlaces: trainPlaces(f),
          samplePlaces: samplePlaces(f),
        };
      }
    }
  }
}

/** Occurrences of each run in its shard. */
function countRuns(runs: ShardRuns, partial: Uint8Array): Float64Array {
  const counts = new Float64Array(runs.starts.length - 1);
  visitRuns(runs, partial, (_, run) => {
    counts[run]!++;
  });
  return counts;
}

/** First place of each fragment in the samples. */
function firstPlaces(tree: FragmentTree, automaton: SuffixAutomaton, covered: CoveredSamples) {
  return Array.from(tree.length, (nLines, f) => {
    const last = automaton.firstEnd[tree.state[f]!]!;
    return { first: covered.positions[last]! - nLines + 1, nLines };
  });
}

/** Families from 0, in the order of their first fragment. */
function numberFamilies(ranked: Uint32Array, family: Int32Array): Int32Array {
  const numbers = new Int32Array(family.length);
  const known = new Map<number, number>();
  for (const f of ranked) {
    const number = known.get(family[f]!) ?? known.size;
    known.set(family[f]!, number);
    numbers[f] = number;
  }
  return numbers;
}

function* inBatches(ranked: Uint32Array, nPlaces: (fragment: number) => number): Generator<Uint32Array> {
  let first = 0;
  let held = 0;
  for (let i = 0; i < ranked.length; i++) {
    held += nPlaces(ranked[i]!);
    if (held < BATCH_PLACES && i + 1 < ranked.length) continue;
    yield ranked.subarray(first, i + 1);
    first = i + 1;
    held = 0;
  }
}
