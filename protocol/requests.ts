// Every message between the extension and the server, in one place. Requests are stateless: they name a
// study. Paths are absolute; text is sent only where a view shows it.

import type {
  DocumentText,
  FragmentRow,
  Page,
  PageRequest,
  SampleOccurrence,
  SampleText,
  TrainOccurrence,
} from './fragments.ts';
import { message } from './message.ts';
import type { Execution, Progress, StudyId, StudyPlan, StudySummary } from './study.ts';

/** Runs or resumes a study and answers when it ends. Cancelling the request cancels the study, resumably. */
export const runStudy = message<
  {
    readonly study: StudyId;
    /** Null resumes the study with the plan in its file. */
    readonly plan: StudyPlan | null;
    readonly execution: Execution;
    /** `scanned` goes no further than to what the shards hold that were scanned by now; left out: to the end. */
    readonly upTo?: 'scanned';
  },
  StudySummary
>('verbatim/runStudy');

/** Notification, server to client: progress of a running study, at most about five times a second. */
export const studyProgress = message<{ readonly study: StudyId; readonly progress: Progress }, void>(
  'verbatim/studyProgress',
);

/** The studies in a folder, newest first. A file that is no study is left out. */
export const listStudies = message<{ readonly folder: string }, readonly StudySummary[]>(
  'verbatim/listStudies',
);

export const getStudy = message<{ readonly study: StudyId }, StudySummary>('verbatim/getStudy');

/** Deletes a study's file for good, unless some process is writing it. One that is gone already is no failure. */
export const deleteStudy = message<{ readonly study: StudyId }, void>('verbatim/deleteStudy');

/** The plan and the places of the demo that is bundled with the product. */
export const getDemoPlan = message<Record<string, never>, StudyPlan>('verbatim/getDemoPlan');

/** The fragment's normalised text. */
export const getFragment = message<
  { readonly study: StudyId; readonly fingerprint: string },
  FragmentRow & { readonly text: string }
>('verbatim/getFragment');

/** `total` counts all occurrences; only the first 1,000 places are kept, so later pages may be empty. */
export const listTrainOccurrences = message<
  PageRequest & { readonly study: StudyId; readonly fingerprint: string },
  Page<TrainOccurrence>
>('verbatim/listTrainOccurrences');

export const listSampleOccurrences = message<
  PageRequest & { readonly study: StudyId; readonly fingerprint: string },
  Page<SampleOccurrence>
>('verbatim/listSampleOccurrences');

export const getSample = message<{ readonly study: StudyId; readonly sampleId: number }, SampleText>(
  'verbatim/getSample',
);

/** Opens a training document again from its shard; answers with the stored excerpt when it cannot. */
export const getDocument = message<
  { readonly study: StudyId; readonly documentId: number; readonly closed?: ClosedFolders },
  DocumentText
>('verbatim/getDocument');

/** Folders whose files are not opened as training data, but for those in `except`. */
export interface ClosedFolders {
  readonly folders: readonly string[];
  readonly except: readonly string[];
}
