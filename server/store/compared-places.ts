// Which sample and which training document of a fragment to show beside each other: those that agree on most lines
// around it, by the longer fragments that hold it. Such a one is in the study, since the longest agreement of a pair
// is a fragment itself (docs/method.md, section 1).

import type { ComparisonRequest } from '../../protocol/comparison.ts';
import type { SampleOccurrence, TextRange, TrainOccurrence } from '../../protocol/fragments.ts';
import { UserError } from '../errors.ts';
import { openFragmentReader } from './stored-fragments.ts';
import type { Database } from './study-file.ts';
import { type findFragment, listSampleOccurrences, listTrainOccurrences } from './views.ts';

export type Fragment = NonNullable<ReturnType<typeof findFragment>>;

export interface ComparedPair {
  readonly sample: SampleOccurrence;
  readonly train: TrainOccurrence;
  /** The fragment's first lines where they were named; elsewhere its place in the text is still to be found. */
  readonly at: { readonly sample: number | undefined; readonly train: number | undefined };
}

type Wanted = Pick<ComparisonRequest, 'sample' | 'train'>;

/** `known` holds the fragment, and is where to look when no side is named: the fragment itself, or a longer one. */
export function choosePair(db: Database, fragment: Fragment, known: Fragment, wanted: Wanted): ComparedPair {
  const { sample, train } = findWanted(db, fragment, wanted);
  const longest =
    sample && train ? fragment.fragmentId : longestHolding(db, fragment, known, { sample, train });
  return knownPair(
    sample ?? listSampleOccurrences(db, longest, FIRST)[0],
    train ?? listTrainOccurrences(db, longest, FIRST)[0],
    {
      sample: wanted.sample?.firstLine === undefined ? undefined : sample?.firstLine,
      train: wanted.train?.firstLine === undefined ? undefined : train?.firstLine,
    },
  );
}

/** From one pair to the fragment's next place in the training data, or else in the samples; around either end. */
export function nextPair(db: Database, fragment: Fragment, wanted: Wanted, step: 1 | -1): ComparedPair {
  const { samples, trains, sample, train } = findWanted(db, fragment, wanted);
  const next = <T>(places: readonly T[], from: T | undefined): T | undefined =>
    places[(Math.max(0, places.indexOf(from!)) + step + places.length) % places.length];
  const to =
    trains.length > 1
      ? { sample: sample ?? samples[0], train: next(trains, train) }
      : { sample: next(samples, sample), train: trains[0] };
  return knownPair(to.sample, to.train, { sample: to.sample?.firstLine, train: to.train?.firstLine });
}

/** All places that a study keeps of a fragment. */
const ALL = { offset: 0, limit: 1000 };
const FIRST = { offset: 0, limit: 1 };

function findWanted(db: Database, { fragmentId }: Fragment, { sample, train }: Wanted) {
  const samples = listSampleOccurrences(db, fragmentId, ALL);
  const trains = listTrainOccurrences(db, fragmentId, ALL);
  return {
    samples,
    trains,
    sample: sample && placeAt(samples, ({ sampleId }) => sampleId === sample.sampleId, sample.firstLine),
    train: train && placeAt(trains, ({ documentId }) => documentId === train.documentId, train.firstLine),
  };
}

/** That at the line. An excerpt has lines of its own, and then the first place in that text is meant. */
function placeAt<Place extends TextRange>(
  places: readonly Place[],
  isThere: (place: Place) => boolean,
  firstLine: number | undefined,
): Place | undefined {
  return places.find((place) => isThere(place) && place.firstLine === firstLine) ?? places.find(isThere);
}

function knownPair(
  sample: SampleOccurrence | undefined,
  train: TrainOccurrence | undefined,
  at: ComparedPair['at'],
): ComparedPair {
  if (sample && train) return { sample, train, at };
  throw new UserError('No place of this fragment is known on one side', {
    action: 'Run the study to its end.',
  });
}

/** The id of the longest fragment that holds this one: at the place that is named, or else anywhere. */
function longestHolding(
  db: Database,
  fragment: Fragment,
  known: Fragment,
  {
    sample,
    train,
  }: { readonly sample: SampleOccurrence | undefined; readonly train: TrainOccurrence | undefined },
): number {
  if (sample) return longestAt(db, 'sample', sample.sampleId, sample) ?? fragment.fragmentId;
  if (train) return longestAt(db, 'train', train.documentId, train) ?? fragment.fragmentId;
  return longestInFamily(db, known);
}

const HOLDERS = {
  sample: 'SELECT fragment_id FROM sample_occurrences JOIN fragments USING (fragment_id) WHERE sample_id = ?',
  train: 'SELECT fragment_id FROM train_occurrences JOIN fragments USING (fragment_id) WHERE document_id = ?',
};

function longestAt(
  db: Database,
  side: keyof typeof HOLDERS,
  id: number,
  { firstLine, lastLine }: TextRange,
): number | undefined {
  const row = db
    .prepare(
      `${HOLDERS[side]} AND first_line <= ? AND last_line >= ? ORDER BY n_lines DESC, fragment_id LIMIT 1`,
    )
    .get(id, firstLine, lastLine);
  return row && Number(row.fragment_id);
}

/** Found by texts, since only so many places of each fragment are kept. Fragments that lie inside one another are a family. */
function longestInFamily(db: Database, { fragmentId, family, nLines, text }: Fragment): number {
  const lines = framed(text);
  const longer = db
    .prepare(
      'SELECT fragment_id FROM fragments WHERE family = ? AND n_lines > ? ORDER BY n_lines DESC, fragment_id',
    )
    .all(family, nLines)
    .map((row) => Number(row.fragment_id));
  const read = openFragmentReader(db);
  return longer.find((id) => framed(read(id).text).includes(lines)) ?? fragmentId;
}

/** Between line ends, so that only whole lines are found in it. */
const framed = (text: Uint8Array) => `\n${Buffer.from(text).toString('latin1')}\n`;
