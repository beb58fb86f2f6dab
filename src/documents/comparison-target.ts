// What is compared: a fragment with the places to show of it; how the server is asked for that, and by which addresses
// both sides open.

import { Uri, workspace } from 'vscode';
import type {
  ComparedDocument,
  ComparedSample,
  ComparisonRequest,
  OpenText,
} from '../../protocol/comparison.ts';
import type { Provenance, SampleOccurrence, TextRange, TrainOccurrence } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import { type Highlight, sampleUri, trainUri } from './text-ref.ts';

/** A fragment, and the place to show on either side; where none is given, whichever shows most of what agrees. */
export interface ComparisonTarget {
  readonly study: StudyId;
  readonly fingerprint: string;
  readonly sample?: Pick<SampleOccurrence, 'sampleId' | 'firstLine'>;
  readonly train?: Pick<TrainOccurrence, 'documentId' | 'firstLine'>;
  /** An open text to show in the sample's place. */
  readonly text?: PlaceInText;
}

export interface PlaceInText extends TextRange {
  readonly uri: string;
}

/** What the server is asked for the target. An open text is sent as it stands now. */
export async function requestOf(
  { study, fingerprint, sample, train, text }: ComparisonTarget,
  marks: Pick<TextMarks, 'tracked'>,
): Promise<ComparisonRequest> {
  return {
    study,
    fingerprint,
    ...(sample ? { sample: { sampleId: sample.sampleId, firstLine: sample.firstLine } } : {}),
    ...(train ? { train: { documentId: train.documentId, firstLine: train.firstLine } } : {}),
    ...(text ? { text: await openText(study, text, marks) } : {}),
  };
}

async function openText(
  study: StudyId,
  { uri, firstLine, lastLine }: PlaceInText,
  marks: Pick<TextMarks, 'tracked'>,
): Promise<OpenText> {
  const document = await workspace.openTextDocument(Uri.parse(uri, true));
  const holding = (marks.tracked(document) ?? [])
    .filter((mark) => mark.from === 'study' && mark.study === study && mark.extent === 'whole')
    .filter((mark) => mark.firstLine <= firstLine && mark.lastLine >= lastLine)
    .sort((a, b) => b.lastLine - b.firstLine - (a.lastLine - a.firstLine));
  const longest = holding[0]?.fingerprint;
  return { text: document.getText(), firstLine, lastLine, ...(longest === undefined ? {} : { longest }) };
}

/** The text on the left: an open one, or the sample. `beside` is the document that it is shown with. */
export function leftUri(
  { study, text }: ComparisonTarget,
  { sampleId }: ComparedSample,
  source: Provenance,
  highlight: Highlight,
  beside?: number,
): Uri {
  if (text !== undefined) return Uri.parse(text.uri, true);
  return sampleUri(study, sampleId!, source, highlight, beside);
}

/** The training document on the right. */
export function documentUri(
  study: StudyId,
  fingerprint: string,
  { documentId, provenance, lines }: ComparedDocument,
  { sampleId }: ComparedSample,
): Uri {
  const highlight = { fingerprint, ...lines.fragment };
  return trainUri(study, documentId, provenance, highlight, sampleId ?? undefined);
}
