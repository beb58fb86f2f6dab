// The sensitive content of a study as findings: each in a fragment, with the training line that confirms
// it; and those in samples beyond any fragment.

import type { Provenance, TrainOccurrence } from '../../protocol/fragments.ts';
import type { Profile } from '../../protocol/study.ts';
import type { SensitiveRange } from '../analysis/sensitive.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { openMemorisedLines } from '../store/memorised-ranges.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import { splitDocumentId } from '../store/schema.ts';
import { readShards } from '../store/shards-table.ts';
import { openFragmentReader } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import { listTrainOccurrences } from '../store/views.ts';
import type { FragmentFacts } from './describe-fragments.ts';
import type { ShowPlace } from './disclosed-names.ts';
import { type TrainingLinks, trainingLinks } from './training-links.ts';
import type { Disclosure } from './undisclosed.ts';

export interface SensitiveFinding {
  readonly kind: SensitiveRange['kind'];
  readonly rule: string;
  /** The value itself, or its kind and length where it is masked. */
  readonly value: string;
  readonly fingerprint: string;
  /** 1-based line of the fragment. */
  readonly line: number;
  readonly train: number;
  /** The first training place whose bytes are the fragment's; null where the profile compares less. */
  readonly confirmedBy: ConfirmingPlace | null;
}

export type ConfirmingPlace = Provenance &
  TrainingLinks & { readonly firstLine: number; readonly lastLine: number };

export function* listFindings(
  db: Database,
  facts: FragmentFacts,
  profile: Profile,
  disclosure: Disclosure,
  showPlace: ShowPlace = (place) => place,
): Generator<SensitiveFinding> {
  const fragmentOf = openFragmentReader(db);
  const shardPaths = new Map(readShards(db).map(({ index, path }) => [index, path]));
  for (const [fragmentId, ranges] of facts.sensitive) {
    const fragment = fragmentOf(fragmentId);
    const text = new TextDecoder().decode(fragment.text);
    const place =
      profile === 'exact-1' ? listTrainOccurrences(db, fragmentId, { offset: 0, limit: 1 })[0] : undefined;
    const shardPath = place ? shardPaths.get(splitDocumentId(place.documentId).shard)! : '';
    for (const range of ranges) {
      const line = lineAt(text, range.start);
      yield {
        kind: range.kind,
        rule: range.rule,
        value: describeValue(text, range, disclosure),
        fingerprint: fragment.fingerprint,
        line,
        train: fragment.train,
        confirmedBy: place ? confirm(place, showPlace(place.provenance), shardPath, text, line) : null,
      };
    }
  }
}

export interface SampleFinding {
  readonly kind: SensitiveRange['kind'];
  readonly rule: string;
  readonly value: string;
  readonly sample: number;
  /** 1-based raw line of the sample. */
  readonly line: number;
  /** Whether it stands in a memorised part. */
  readonly memorised: boolean;
}

/** `places`, where given, takes in where they stand in each sample, for who writes the samples' texts too. */
export async function findInSamples(
  db: Database,
  disclosure: Disclosure,
  places?: Map<number, readonly SensitiveRange[]>,
): Promise<readonly SampleFinding[]> {
  const findings: SampleFinding[] = [];
  const isMemorised = openMemorisedLines(db);
  for await (const { item, ranges: found } of findSensitive(decodedSamples(db))) {
    const { sampleId, text } = item;
    if (found.length > 0) places?.set(sampleId, found);
    for (const range of found) {
      const line = lineAt(text, range.start);
      findings.push({
        kind: range.kind,
        rule: range.rule,
        value: describeValue(text, range, disclosure),
        sample: sampleId,
        line,
        memorised: isMemorised(sampleId, line),
      });
    }
  }
  return findings;
}

function* decodedSamples(db: Database) {
  const decoder = new TextDecoder();
  for (const { sampleId, text } of readSampleTexts(db)) yield { sampleId, text: decoder.decode(text) };
}

const describeValue = (text: string, { kind, start, end }: SensitiveRange, disclosure: Disclosure) =>
  disclosure === 'shown' ? text.slice(start, end) : `[${kind}: ${end - start} characters]`;

/** The 1-based line of a place in the text. Lines end at LF, CRLF or CR. */
function lineAt(text: string, at: number): number {
  return text.slice(0, at).split(/\r\n|\r|\n/).length;
}

/** A name that is masked makes no address. */
function confirm(
  place: TrainOccurrence,
  shown: Provenance,
  shardPath: string,
  text: string,
  line: number,
): ConfirmingPlace {
  const lines = trainLines(place, text, line);
  const links = trainingLinks(place.provenance, shardPath, lines);
  const isMasked = shown.repository !== place.provenance.repository || shown.path !== place.provenance.path;
  return { ...shown, ...lines, ...links, ...(isMasked ? { guessedUrl: null } : {}) };
}

/** The very line where the place holds no blank lines; else the whole place. */
function trainLines(
  place: { readonly firstLine: number; readonly lastLine: number },
  text: string,
  line: number,
): { readonly firstLine: number; readonly lastLine: number } {
  const { firstLine, lastLine } = place;
  if (lastLine - firstLine + 1 !== text.split('\n').length) return { firstLine, lastLine };
  return { firstLine: firstLine + line - 1, lastLine: firstLine + line - 1 };
}
