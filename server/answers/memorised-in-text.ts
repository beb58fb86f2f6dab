// Which fragments of a study stand in a text, by the detector itself: the text is the only sample, and the fragments
// that may share lines with it are the documents. So lines are equal exactly when the study's rule says so.

import type { FoundMark } from '../../protocol/find-memorised.ts';
import type { SampleMark, TextRange } from '../../protocol/fragments.ts';
import type { MatchRule, StudyId } from '../../protocol/study.ts';
import type { Fragment, MatchedDocument } from '../engine/detection.ts';
import { findFragments } from '../engine/find-fragments.ts';
import { RunCollector } from '../engine/run-collector.ts';
import type { Steps } from '../engine/steps.ts';
import { throwIfAborted } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { ScanKernel } from '../kernel/scan-kernel.ts';
import { shareSamples } from '../kernel/share-index.ts';
import { countFragments } from '../store/counts.ts';
import { readBytesOf, readFragmentBytes } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import { findFragment, markOfFragment } from '../store/views.ts';
import { fragmentsByWords } from './fragments-by-words.ts';

export interface TextSearch {
  /** Sorted by line, the longest first. */
  readonly marks: readonly FoundMark[];
  readonly nFragments: number;
  /** `early`: the deadline came before the last fragment. */
  readonly ended: 'complete' | 'early';
}

/** Milliseconds after which other requests get their turn. */
const TURN_MS = 25;

/** The study has been analysed. `deadline` is in milliseconds of the performance clock. */
export async function memorisedInText(
  db: Database,
  study: StudyId,
  rule: MatchRule,
  text: Uint8Array,
  deadline: number,
  signal: AbortSignal,
): Promise<TextSearch> {
  throwIfAborted(signal);
  return inTurns(search(db, study, rule, text, deadline), signal, TURN_MS);
}

function* search(
  db: Database,
  study: StudyId,
  rule: MatchRule,
  text: Uint8Array,
  deadline: number,
): Steps<TextSearch> {
  const sample = { sampleId: 0, text, cut: false };
  const { index, lines } = shareSamples([sample], rule);
  const kernel = new ScanKernel(index);
  const collector = new RunCollector();
  const listener = {
    onLine: collector.addLine.bind(collector),
    onRepeats: collector.addRepeats.bind(collector),
    onRow: () => {},
  };
  const documents: MatchedDocument[] = [];
  const near = yield* fragmentsByWords(db, rule, text);
  const fragments = near === undefined ? readFragmentBytes(db) : readBytesOf(db, near);
  let nRead = 0;
  let ended: TextSearch['ended'] = 'complete';
  for (const { fragmentId, text: fragment } of fragments) {
    kernel.beginText(listener);
    kernel.appendText(fragment);
    kernel.endText();
    if (collector.keepRow(fragmentId)) documents.push({ ...NOWHERE, row: fragmentId });
    nRead++;
    yield;
    if (performance.now() > deadline) {
      ended = 'early';
      break;
    }
  }
  const result = { partial: collector.encode(), documents };
  const found = findFragments({ samples: [sample], rule, results: [{ shard: 0, result }], index: lines });
  // The others share no words with it, so that they are looked through too.
  const nFragments = ended === 'early' ? nRead : countFragments(db);
  return { marks: toMarks(db, study, [...found]), nFragments, ended };
}

const NOWHERE = { repository: '', path: '', license: '', byteOffset: 0 };

/** Whole fragments wherever they stand, as in a sample; parts only where no longer piece says more. */
function toMarks(db: Database, study: StudyId, found: readonly Fragment[]): readonly FoundMark[] {
  const pieces = found.flatMap(({ fingerprint, samplePlaces, trainPlaces }): Piece[] => {
    const whole = findFragment(db, fingerprint)?.fragmentId;
    // Fragments are numbered by how often they occur: of those that hold this part, the first says most.
    const fragmentId =
      whole ?? trainPlaces.reduce((least, { row }) => Math.min(least, row), Number.POSITIVE_INFINITY);
    const extent = whole === undefined ? 'part' : 'whole';
    return samplePlaces.map(({ firstLine, lastLine }) => ({ fragmentId, extent, firstLine, lastLine }));
  });
  pieces.sort(
    (a, b) =>
      a.firstLine - b.firstLine ||
      b.lastLine - a.lastLine ||
      b.extent.localeCompare(a.extent) ||
      a.fragmentId - b.fragmentId,
  );
  const known = new Map<number, SampleMark>();
  const marks: FoundMark[] = [];
  let furthest = 0;
  for (const { fragmentId, ...piece } of pieces) {
    if (piece.extent === 'part' && piece.lastLine <= furthest) continue;
    furthest = Math.max(furthest, piece.lastLine);
    const mark = known.get(fragmentId) ?? markOfFragment(db, fragmentId);
    known.set(fragmentId, mark);
    marks.push({ ...mark, ...piece, study });
  }
  return marks;
}

interface Piece extends TextRange {
  readonly fragmentId: number;
  readonly extent: FoundMark['extent'];
}
