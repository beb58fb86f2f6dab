// The answers to the protocol's questions about a study file. Each opens the file, reads and closes it:
// nothing is held between requests.

import type {
  DocumentText,
  FragmentRow,
  Page,
  PageRequest,
  SampleOccurrence,
  SampleText,
  TrainOccurrence,
} from '../../protocol/fragments.ts';
import type { ClosedFolders } from '../../protocol/requests.ts';
import type { StudyId, StudySummary } from '../../protocol/study.ts';
import { Undisclosed } from '../answers/undisclosed.ts';
import { UserError } from '../errors.ts';
import { openLoopSamples } from '../store/loop-fragments.ts';
import { readSampleText } from '../store/samples-table.ts';
import { type Database, openForReading, reading } from '../store/study-file.ts';
import * as views from '../store/views.ts';
import { openDocument } from '../study/open-document.ts';
import { maskLabels, maskText, withText } from './mask-texts.ts';
import { summaryOf } from './study-summary.ts';

export const getStudy = (study: StudyId): StudySummary => reading(study, (db) => summaryOf(db, study));

export const getFragment = (study: StudyId, fingerprint: string): Undisclosed<FragmentWithText> =>
  reading(study, (db) => {
    const { fragmentId: _, text, ...row } = fragmentOf(db, study, fingerprint);
    return new Undisclosed({ ...row, text: new TextDecoder().decode(text) }, async (fragment) => {
      const [labelled] = await maskLabels(study, [await maskText(fragment)]);
      return labelled!;
    });
  });

type FragmentWithText = FragmentRow & { readonly text: string };

type OccurrenceRequest = PageRequest & { readonly study: StudyId; readonly fingerprint: string };

export const listTrainPage = (request: OccurrenceRequest): Page<TrainOccurrence> =>
  reading(request.study, (db) => {
    const { fragmentId, train } = fragmentOf(db, request.study, request.fingerprint);
    const items = views.listTrainOccurrences(db, fragmentId, request);
    return { items, offset: request.offset, total: train };
  });

export const listSamplePage = (request: OccurrenceRequest): Page<SampleOccurrence> =>
  reading(request.study, (db) => {
    const { fragmentId, extract } = fragmentOf(db, request.study, request.fingerprint);
    const items = views.listSampleOccurrences(db, fragmentId, request);
    return { items, offset: request.offset, total: extract };
  });

export const getSample = (study: StudyId, sampleId: number): Undisclosed<SampleText> =>
  reading(study, (db) => {
    const text = readSampleText(db, sampleId);
    if (!text) throw new UserError(`${study} has no sample ${sampleId}`);
    const marks = views.listSampleMarks(db, sampleId);
    return withText({
      sampleId,
      isLoop: openLoopSamples(db)(sampleId),
      text: new TextDecoder().decode(text),
      marks,
    });
  });

export async function getDocument(
  study: StudyId,
  documentId: number,
  signal: AbortSignal,
  closed?: ClosedFolders,
): Promise<Undisclosed<DocumentText>> {
  using db = openForReading(study);
  return withText(await openDocument(db, documentId, signal, closed));
}

export function fragmentOf(db: Database, study: StudyId, fingerprint: string) {
  const fragment = views.findFragment(db, fingerprint);
  if (!fragment) {
    throw new UserError(`${study} has no fragment ${fingerprint}`, { action: 'Refresh the view.' });
  }
  return fragment;
}
