// A study's samples looked through once more, for pieces of another length: where nothing was found, shorter ones tell how
// close it came. Command line, editor and dashboard all offer it.

import type { StudyId, StudyPlan, StudySummary } from './study.ts';

/** So much training data is read again in a moment, right after a run that has read it. */
export const MAX_READ_AGAIN_BYTES = 64e6;

/** Lines of the pieces to look for where none of `minLines` lines was found. */
export const shorterThan = (minLines: number): number => Math.max(2, Math.floor(minLines / 2));

/** Whether a study found nothing where there is something shorter to look for. */
export const canBeCloser = ({
  nFragments,
  nDocuments,
  plan,
}: Pick<StudySummary, 'nFragments' | 'nDocuments' | 'plan'>): boolean =>
  nFragments === 0 && nDocuments > 0 && plan.rule.minLines > 2;

/** The plan of a study of its own, over the samples that another has. */
export const searchAgain = (study: StudyId, { rule, ...rest }: StudyPlan, minLines: number): StudyPlan => ({
  ...rest,
  source: { kind: 'samples', samples: study, model: null },
  rule: { ...rule, minLines },
});
