// What every report says, whatever its form: the study, its answers, and its fragments one after the other.
// The forms only write it down. Sensitive parts are masked here, so no form can forget to.

import { compose, joinForeign } from '../../guard/text/compose.ts';
import { type Foreign, foreign, rawText } from '../../guard/text/foreign.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import type { StudySummary } from '../../protocol/study.ts';
import type { Category } from '../../protocol/views.ts';
import type { SensitiveKind, SensitiveRange } from '../analysis/sensitive.ts';
import {
  countKinds,
  describeFragments,
  discloseText,
  type FragmentFacts,
  type KindCount,
} from '../answers/describe-fragments.ts';
import { disclosedNames, disclosedWords, type ShowPlace } from '../answers/disclosed-names.ts';
import { measureControls, type StudyControls } from '../answers/measure-controls.ts';
import { measureParts } from '../answers/measure-parts.ts';
import { measureStudy, type StudyMeasures } from '../answers/measure-study.ts';
import { type PredictorAnswer, rankPredictors } from '../answers/rank-predictors.ts';
import {
  findInSamples,
  listFindings,
  type SampleFinding,
  type SensitiveFinding,
} from '../answers/sensitive-findings.ts';
import type { Disclosure } from '../answers/undisclosed.ts';
import { listFamilies } from '../store/families.ts';
import { openPlaceReader, type PlaceReader, readFirstSamples } from '../store/place-reader.ts';
import { readProblems } from '../store/problems.ts';
import { isDone } from '../store/stages-table.ts';
import { openFragmentReader, readFragmentPage, type StoredFragment } from '../store/stored-fragments.ts';
import { type Database, readAllOver } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import type { Baseline } from './baseline-file.ts';

export interface ReportOptions {
  /** Fragments to list, in the order of train; left out: all. */
  readonly top?: number;
  /** Places listed a fragment and side; the study file keeps more. */
  readonly places: number;
  readonly disclosure: Disclosure;
  readonly baseline: Baseline | null;
}

export interface ReportContent {
  readonly db: Database;
  readonly summary: StudySummary;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly options: ReportOptions;
  /** The first of what could not be read. */
  readonly problems: readonly string[];
  /** Null until the study has been analysed. */
  readonly answers: Answers | null;
}

export interface Answers {
  readonly measures: StudyMeasures;
  readonly controls: StudyControls;
  readonly predictors: readonly PredictorAnswer[];
  readonly kinds: readonly KindCount[];
  readonly sensitive: {
    readonly inFragments: readonly SensitiveFinding[];
    readonly inSamples: readonly SampleFinding[];
  };
  readonly facts: FragmentFacts;
  readonly showPlace: ShowPlace;
  /** The places of sensitive content, by sample; only samples with something in them. */
  readonly sampleRanges: ReadonlyMap<number, readonly SensitiveRange[]>;
}

export async function gatherReport(
  db: Database,
  summary: StudySummary,
  options: ReportOptions,
): Promise<ReportContent> {
  const { environment } = readStudy(db)!;
  const content = { ...(await discloseTroubles(db, summary, options.disclosure)), db, environment, options };
  if (summary.nFragments === null || !isDone(db, 'measure')) return { ...content, answers: null };
  readAllOver(db);
  const facts = await describeFragments(db);
  const showPlace = await disclosedNames(db, options.disclosure);
  const sampleRanges = new Map<number, readonly SensitiveRange[]>();
  const { profile } = summary.plan.rule;
  const ofSamples = measureParts(db);
  return {
    ...content,
    answers: {
      measures: measureStudy(db, ofSamples),
      controls: measureControls(db, ofSamples),
      predictors: rankPredictors(db, ofSamples.rows),
      kinds: countKinds(facts),
      sensitive: {
        inFragments: [...listFindings(db, facts, profile, options.disclosure, showPlace)],
        inSamples: await findInSamples(db, options.disclosure, sampleRanges),
      },
      facts,
      showPlace,
      sampleRanges,
    },
  };
}

const PROBLEMS_SHOWN = 5;

/** What went wrong is told with names out of the training data. */
export async function discloseTroubles(
  db: Database,
  summary: StudySummary,
  disclosure: Disclosure,
): Promise<{ readonly summary: StudySummary; readonly problems: readonly string[] }> {
  const { failure } = summary;
  const words = [...readProblems(db, PROBLEMS_SHOWN), ...(failure === null ? [] : [rawText(failure)])];
  const shown = await disclosedWords(words, disclosure);
  return failure === null
    ? { summary, problems: shown }
    : { summary: { ...summary, failure: foreign(shown.at(-1)!) }, problems: shown.slice(0, -1) };
}

/** A fragment as reports show it. */
export interface FragmentEntry {
  readonly fingerprint: string;
  /** Significant lines. */
  readonly nLines: number;
  readonly train: number;
  readonly documents: number;
  readonly repositories: number;
  readonly extract: number;
  readonly samples: number;
  readonly clipped: boolean;
  /** All samples that hold it only repeat themselves, among the places that are kept. */
  readonly onlyInLoops: boolean;
  readonly family: number;
  readonly kind: Category;
  readonly spdxId: string | null;
  /** The label that all annotators gave; null without one, or where they differ. */
  readonly handLabel: string | null;
  /** The reason in the baseline; null where the fragment is not in it. */
  readonly accepted: string | null;
  readonly sensitive: readonly SensitiveKind[];
  readonly text: string;
  readonly trainPlaces: readonly (Provenance & { readonly firstLine: number; readonly lastLine: number })[];
  readonly samplePlaces: readonly {
    readonly sample: number;
    readonly firstLine: number;
    readonly lastLine: number;
  }[];
}

const PAGE = 500;
const decoder = new TextDecoder();

/** The first sample place's sample of each fragment that is listed; fragments without one are left out. */
export function* firstSamples({ db, options }: ReportContent): Generator<number> {
  yield* readFirstSamples(db, options.top);
}

/** Read as they are asked for: a study's fragments never lie in memory together. */
export function* fragmentEntries(content: ReportContent): Generator<FragmentEntry> {
  const { db, options, answers } = content;
  if (!answers) return;
  const reader = openPlaceReader(db, options.places);
  // Pages, and no open cursor: who writes the report may pause between two fragments for long.
  let left = options.top ?? Number.MAX_SAFE_INTEGER;
  for (let next = 0; left > 0; ) {
    const rows = readFragmentPage(db, next, Math.min(PAGE, left));
    for (const row of rows) yield fragmentEntry(reader, content, answers, row);
    if (rows.length === 0) return;
    left -= rows.length;
    next = rows.at(-1)!.fragmentId + 1;
  }
}

export interface FamilyEntry extends FragmentEntry {
  readonly nFamily: number;
  /** Occurrences in the corpus of the most frequent fragment that overlaps with it. */
  readonly coreTrain: number;
}

/** The longest fragment of each family, with how many the family has and how often its most frequent one repeats. */
export function* familyEntries(content: ReportContent, top: number): Generator<FamilyEntry> {
  const { db, answers, options } = content;
  if (!answers) return;
  const reader = openPlaceReader(db, options.places);
  const fragmentOf = openFragmentReader(db);
  for (const { fragmentId, nFragments, coreId } of listFamilies(db, top)) {
    yield {
      ...fragmentEntry(reader, content, answers, fragmentOf(fragmentId)),
      nFamily: nFragments,
      coreTrain: fragmentOf(coreId).train,
    };
  }
}

function fragmentEntry(
  reader: PlaceReader,
  { options }: ReportContent,
  { facts, showPlace }: Answers,
  fragment: StoredFragment,
): FragmentEntry {
  const { fragmentId, fingerprint } = fragment;
  const text = decoder.decode(fragment.text);
  const { kind, spdxId } = facts.kinds[fragmentId]!;
  return {
    fingerprint,
    nLines: fragment.nLines,
    train: fragment.train,
    documents: fragment.nDocuments,
    repositories: fragment.nRepositories,
    extract: fragment.extract,
    samples: fragment.nSamples,
    clipped: fragment.clipped,
    onlyInLoops: reader.isOnlyInLoops(fragmentId),
    family: fragment.family,
    kind,
    spdxId,
    handLabel: facts.handLabels.get(fingerprint) ?? null,
    accepted: options.baseline?.accepted.get(fingerprint) ?? null,
    sensitive: [...new Set((facts.sensitive.get(fragmentId) ?? []).map((range) => range.kind))],
    text: discloseText(facts, fragmentId, text, options.disclosure),
    trainPlaces: reader.train(fragmentId).map((place) => ({
      ...showPlace(place.provenance),
      firstLine: place.firstLine,
      lastLine: place.lastLine,
    })),
    samplePlaces: reader.samples(fragmentId).map((place) => ({
      sample: place.sampleId,
      firstLine: place.firstLine,
      lastLine: place.lastLine,
    })),
  };
}

/** "owner/repo · path:12-20 (mit)" */
export function describeTrainPlace(place: FragmentEntry['trainPlaces'][number]): Foreign {
  const named = joinForeign([place.repository, place.path], ' · ');
  const name = rawText(named) === '' ? compose`${place.shard} row ${place.row}` : named;
  const license = rawText(place.license) === '' ? '' : compose` (${place.license})`;
  return compose`${name}:${place.firstLine}-${place.lastLine}${license}`;
}
