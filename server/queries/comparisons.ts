// Answers a click with a whole comparison: chooses the pair, opens its training document once, and says which lines
// agree. Nothing is held between requests.

import { foreign } from '../../guard/text/foreign.ts';
import type {
  ComparedDocument,
  ComparedFragment,
  ComparedPlaces,
  ComparedSample,
  Comparison,
  ComparisonRequest,
  EqualLines,
} from '../../protocol/comparison.ts';
import type { TextRange } from '../../protocol/fragments.ts';
import type { MatchRule, StudyId } from '../../protocol/study.ts';
import { compareTexts, type TextToCompare } from '../answers/compare-texts.ts';
import { Undisclosed } from '../answers/undisclosed.ts';
import { UserError } from '../errors.ts';
import { maskAll } from '../sensitive/mask-all.ts';
import { type ComparedPair, choosePair, type Fragment, nextPair } from '../store/compared-places.ts';
import { readSampleText } from '../store/samples-table.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { listTrainOccurrences } from '../store/views.ts';
import { DocumentOpener } from '../study/open-document.ts';
import { maskLabels } from './mask-texts.ts';
import { fragmentOf } from './study-queries.ts';

/** Texts that one answer brings along, in characters. */
const MAX_TEXT_LENGTH = 16 << 20;

export async function getComparison(
  request: ComparisonRequest,
  signal: AbortSignal,
): Promise<Undisclosed<Comparison>> {
  using db = openForReading(request.study);
  const study = lookUp(db, request);
  const pair = request.step
    ? nextPair(db, study.fragment, request, request.step)
    : choosePair(db, study.fragment, longestKnown(db, request) ?? study.fragment, request);
  const left = leftOf(db, request, pair);
  using opener = new DocumentOpener(db, signal, request.closed);
  const opened = await opener.open(pair.train.documentId);
  const { nEqualLines, left: lines, document } = compare(study, left.side, pair, opened);
  const comparison: Comparison = {
    fragment: describe(study.fragment),
    nEqualLines,
    sample: { ...left.shown, lines },
    document,
  };
  return new Undisclosed(comparison, (shown) => maskComparison(request.study, shown));
}

async function maskComparison(study: StudyId, comparison: Comparison): Promise<Comparison> {
  const { fragment, sample, document } = comparison;
  const [sampleText = null, documentText = null] = await maskAll([sample.text, document.text]);
  return {
    ...comparison,
    fragment: await maskLabel(study, fragment),
    sample: { ...sample, text: sampleText },
    document: { ...document, text: documentText },
  };
}

export async function getComparisons(
  { limit, ...request }: Omit<ComparisonRequest, 'train' | 'step'> & { readonly limit: number },
  signal: AbortSignal,
): Promise<Undisclosed<ComparedPlaces>> {
  using db = openForReading(request.study);
  const study = lookUp(db, request);
  const { fragment } = study;
  const pair = choosePair(db, fragment, longestKnown(db, request) ?? fragment, request);
  const left = leftOf(db, request, pair);
  const documents: ComparedDocument[] = [];
  using opener = new DocumentOpener(db, signal, request.closed);
  let place = left.side.place;
  let length = 0;
  for (const train of listTrainOccurrences(db, fragment.fragmentId, { offset: 0, limit })) {
    const { documentId, provenance } = train;
    if (length >= MAX_TEXT_LENGTH) {
      const lines = { fragment: rangeOf(train), others: [] };
      documents.push({ documentId, provenance, text: null, problem: null, lines });
      continue;
    }
    const opened = await opener.open(documentId);
    const at = { sample: pair.at.sample, train: train.firstLine };
    const compared = compare(study, left.side, { train, at }, opened);
    if (documents.length === 0) place = compared.left.fragment;
    length += compared.document.text?.length ?? 0;
    documents.push(compared.document);
  }
  const places: ComparedPlaces = {
    fragment: describe(fragment),
    sample: { ...left.shown, lines: { fragment: place, others: [] } },
    documents,
    total: fragment.train,
  };
  return new Undisclosed(places, (shown) => maskPlaces(request.study, shown));
}

async function maskPlaces(study: StudyId, places: ComparedPlaces): Promise<ComparedPlaces> {
  const { fragment, sample, documents } = places;
  const [sampleText = null, ...texts] = await maskAll([sample.text, ...documents.map(({ text }) => text)]);
  return {
    ...places,
    fragment: await maskLabel(study, fragment),
    sample: { ...sample, text: sampleText },
    documents: documents.map((document, i) => ({ ...document, text: texts[i] ?? null })),
  };
}

function longestKnown(db: Database, { study, text }: ComparisonRequest): Fragment | undefined {
  return text?.longest === undefined ? undefined : fragmentOf(db, study, text.longest);
}

interface LeftSide {
  readonly shown: Omit<ComparedSample, 'lines'>;
  readonly side: TextToCompare;
}

function leftOf(db: Database, { study, text }: ComparisonRequest, { sample, at }: ComparedPair): LeftSide {
  if (text) {
    const bytes = new TextEncoder().encode(text.text);
    const side = { bytes, chosenLine: text.firstLine, place: rangeOf(text) };
    return { shown: { sampleId: null, text: null }, side };
  }
  const bytes = readSampleText(db, sample.sampleId);
  if (!bytes) throw new UserError(`${study} has no sample ${sample.sampleId}`);
  const side = { bytes, chosenLine: at.sample, place: rangeOf(sample) };
  return { shown: { sampleId: sample.sampleId, text: decode(bytes) }, side };
}

interface Compared {
  readonly nEqualLines: number;
  readonly left: EqualLines;
  readonly document: ComparedDocument;
}

/** `opened` is the document, or why it could not be opened: the fragment's own text is shown then. */
function compare(
  { rule, fragment }: OpenStudy,
  left: TextToCompare,
  { train, at }: Pick<ComparedPair, 'train' | 'at'>,
  opened: Uint8Array | string,
): Compared {
  const isWhole = typeof opened !== 'string';
  const bytes = isWhole ? opened : fragment.text;
  const compared = compareTexts(rule, fragment.text, left, {
    bytes,
    chosenLine: isWhole ? at.train : undefined,
    place: rangeOf(train),
  });
  const { documentId, provenance } = train;
  const problem = isWhole ? null : foreign(opened);
  const document = { documentId, provenance, text: decode(bytes), problem, lines: compared.right };
  return { nEqualLines: compared.nEqualLines, left: compared.left, document };
}

interface OpenStudy {
  readonly rule: MatchRule;
  readonly fragment: Fragment;
}

function lookUp(db: Database, { study, fingerprint }: ComparisonRequest): OpenStudy {
  return { rule: readStudy(db)!.plan.rule, fragment: fragmentOf(db, study, fingerprint) };
}

const describe = ({ fingerprint, nLines, train, extract, firstLine }: Fragment): ComparedFragment => ({
  fingerprint,
  nLines,
  train,
  extract,
  firstLine,
});

async function maskLabel(study: StudyId, fragment: ComparedFragment): Promise<ComparedFragment> {
  const [masked] = await maskLabels(study, [fragment]);
  return masked!;
}

const rangeOf = ({ firstLine, lastLine }: TextRange): TextRange => ({ firstLine, lastLine });

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
